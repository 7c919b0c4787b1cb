"""Facts and results for the ledger's tests."""

from datetime import UTC, datetime, timedelta

from prodproof.facts import Observation, Proof, Reason, Subject, Survey, Unseen
from prodproof.facts.declared import EntryPoint
from prodproof.ledger import Ledger, Run
from prodproof.verdicts import Finding, Guarantee, Kind, Result, Row, Verdict, broken, planned

AT = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
HSTS: Guarantee = planned("exposure.hsts", seeds="S-7", proof="outside", severity="high", module="tests")
TLS: Guarantee = planned("exposure.tls-modern", seeds="S-7", proof="outside", severity="high", module="tests")
STEP = "hsts:EntryPoint host:shop.example outside"


def host(name: str) -> Subject:
    return Subject("host", name)


def observation(name: str = "shop.example", at: datetime = AT, purpose: str = "") -> Observation[EntryPoint]:
    """Any fact will do; a declared type is one that always exists."""
    seen = EntryPoint(url=f"https://{name}", purpose=purpose)
    return Observation(host(name), seen, at, "outside", Proof.OUTSIDE)


def survey(*observations: Observation[EntryPoint]) -> Survey[EntryPoint]:
    return Survey(EntryPoint, observations or (observation(),))


def unseen(name: str, why: Reason = Reason.DENIED) -> Observation[EntryPoint]:
    return Observation(host(name), Unseen(why, "nobody let us in"), AT, "outside", Proof.OUTSIDE)


def result(
    guarantee: Guarantee = HSTS, kind: Kind = Kind.HOLDS, evidence: tuple[str, ...] = (), message: str = "a year"
) -> Result:
    reason = Reason.DENIED if kind is Kind.UNKNOWN else None
    finding = Finding("missing", message) if kind is Kind.BROKEN else None
    verdict = broken(finding) if finding else Verdict(kind, message, reason=reason)
    row = Row(host("shop.example"), verdict, finding, "abc123" if finding else None, AT, None, "outside",
              Proof.OUTSIDE, evidence)  # fmt: skip
    return Result(guarantee, kind, reason, message, (row,), AT + timedelta(days=1))


def fill(ledger: Ledger, runs: int = 3, at: datetime = AT) -> Run:
    """A few runs with facts, verdicts and an end: five entries each."""
    run = None
    for number in range(runs):
        moment = at + timedelta(days=number)
        run = ledger.start_run("production", moment, id=f"run-{number}", tool_version="1")
        seen = ledger.append_surveys(run, STEP, [survey(observation(at=moment, purpose=f"run {number}"))])
        evidence = tuple(item.digest for item in seen[0].observations if item.digest)
        ledger.append_results(run, [result(HSTS, evidence=evidence, message=f"run {number}"), result(TLS, Kind.BROKEN)])
        ledger.finish_run(run, moment)
    assert run is not None
    return run
