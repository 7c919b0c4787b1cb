"""The matrix notices what is not as it must be."""

from dataclasses import replace

import pytest

from prodproof.facts import Reason, Subject
from prodproof.guarantees import entry
from prodproof.range import Range, fault_of
from prodproof.range.fault import Fault
from prodproof.verdicts import Kind, Result, broken, holds, unknown
from prodproof.verdicts.engine import Row
from prodproof.verdicts.verdict import Finding, Verdict
from scripts.prove import proof, rows

HSTS, TLS = entry("exposure.hsts").guarantee, entry("exposure.tls-modern").guarantee
PORTS = entry("exposure.ports-justified").guarantee
"""It can be found broken and not hold in this version."""


def nothing(harbour: Range) -> None:
    raise AssertionError("not carried out")


FAULT = Fault(
    guarantee=HSTS.id,
    breaks=nothing,
    withdraws=nothing,
    reason=Reason.UNREACHABLE,
    says="lasts a month",
    subject="host:harbour.example",
    variants=(nothing,),
)


def result(verdict: Verdict, guarantee: object = HSTS, host: str = "harbour.example") -> Result:
    row = Row(Subject("host", host), verdict, next(iter(verdict.findings), None))
    return Result(guarantee, verdict.kind, verdict.reason, verdict.message, (row,))  # type: ignore[arg-type]  # one of two


FOUND = broken(Finding("hsts", "lasts a month"))
HEALTHY = {HSTS.id: result(holds()), TLS.id: result(holds(), TLS)}


def shown(fault: Fault = FAULT, variant: int = 0, **changes: Result) -> tuple[str, ...]:
    after = {HSTS.id: changes.get("hsts", result(FOUND)), TLS.id: changes.get("tls", result(holds(), TLS))}
    return rows.broken(fault, variant, HEALTHY, after).wrong


def test_a_fault_that_is_caught_is_right() -> None:
    assert shown() == ()


@pytest.mark.parametrize("missed", [holds(), unknown(Reason.TIMED_OUT, "silent")])
def test_a_fault_that_is_missed_is_wrong(missed: Verdict) -> None:
    assert shown(hsts=result(missed)) == ("it is not broken",)


def test_another_subject_is_wrong() -> None:
    assert shown(hsts=result(FOUND, host="api.example")) == (
        "the broken subject is host:api.example, not host:harbour.example",
    )


def test_another_cause_is_wrong_for_the_catalogues_own_fault_alone() -> None:
    other = result(broken(Finding("hsts", "is missing")))
    assert shown(hsts=other) == ('no message says "lasts a month"',)
    assert shown(variant=1, hsts=other) == ()


def test_another_verdict_that_changes_is_wrong_unless_it_is_declared() -> None:
    changed = result(unknown(Reason.UNREACHABLE, "closed"), TLS)
    assert shown(tls=changed) == ("exposure.tls-modern changed too: unknown (unreachable): closed",)
    assert shown(replace(FAULT, touches=(TLS.id,)), tls=changed) == ()


def test_a_false_alarm_and_a_doubt_in_health_are_wrong() -> None:
    assert rows.healthy(HSTS, result(holds())).right
    assert not rows.healthy(HSTS, result(FOUND)).right
    assert not rows.healthy(HSTS, result(unknown(Reason.INSUFFICIENT_PROOF, "short"))).right


def test_what_cannot_hold_yet_must_say_so_in_health() -> None:
    assert not PORTS.verifiable
    assert rows.healthy(PORTS, result(unknown(Reason.INSUFFICIENT_PROOF, "short"), PORTS)).right
    assert not rows.healthy(PORTS, result(holds(), PORTS)).right
    assert not rows.healthy(PORTS, result(unknown(Reason.TIMED_OUT, "silent"), PORTS)).right


def test_withdrawn_access_must_be_unknown_for_its_reason() -> None:
    def wrong(verdict: Verdict) -> tuple[str, ...]:
        return rows.withdrawn(FAULT, result(verdict)).wrong

    assert wrong(unknown(Reason.UNREACHABLE, "closed")) == ()
    assert wrong(unknown(Reason.CRASHED, "ours")) == ("it must be unknown (unreachable)",)
    assert wrong(holds()) == ("it must be unknown",)
    assert wrong(FOUND) == ("it must be unknown",)


def test_the_line_counts_each_state() -> None:
    made = [
        rows.healthy(HSTS, result(holds())),
        rows.healthy(HSTS, result(FOUND)),
        rows.broken(FAULT, 0, HEALTHY, HEALTHY),
        rows.withdrawn(FAULT, result(unknown(Reason.UNREACHABLE, "closed"))),
    ]
    assert proof.line(made) == "detected 0/1, false alarms 1/2, withdrawn to unknown 1/1"
    assert made[2].variant == "nothing"


def test_the_kind_of_an_unexpected_verdict_is_kept() -> None:
    row = rows.broken(fault_of(HSTS.id), 0, HEALTHY, HEALTHY)
    assert (row.verdict, row.reason) == (str(Kind.HOLDS), None)
