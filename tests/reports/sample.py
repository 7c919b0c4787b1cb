"""A finished run with every state in it, and hostile text wherever text can come from outside."""

from dataclasses import dataclass
from datetime import date, timedelta

from prodproof.facts import Location, Observation, Proof, Reason, Subject, Survey, Unseen
from prodproof.facts.declared import Declared, Environment, GateScope, Waiver
from prodproof.gate import Decision, Verification, decide_gate, stand
from prodproof.guarantees import Entry
from prodproof.verdicts import Evidence, Finding, Guarantee, Verdict, broken, decide, guarantee, holds, planned
from prodproof.verdicts.example import NOON

HOSTILE = "</script><img src=x onerror=alert(1)> \x1b[31mred @everyone [link](http://evil.example) `x` | =1+1 \u202e"


@dataclass(frozen=True)
class Header:
    """A toy fact."""

    value: str


def claim(id: str, severity: str, when_none: str = "unknown") -> Guarantee:
    @guarantee(id, seeds="S-7", proof="outside", severity=severity, when_none=when_none)
    def judge(header: Header) -> Verdict:
        if header.value == "good":
            return holds("a year")
        return broken(
            Finding("missing", f"missing on the 404 answer: {header.value}", Location("deploy/nginx.conf", 31), "404"),
            Finding("short", "only a month", None, "root", mend="raise max-age to 31536000"),
        )

    return judge


def entry(made: Guarantee) -> Entry:
    return Entry(
        made,
        "Every answer tells browsers to stay on HTTPS.",
        "A first visit over plain HTTP can be intercepted. Somebody on the same network needs no skill for it.",
        "The header is read from outside.",
        "nginx: add `always` to the add_header line. Then ramp it up.",
        (),
    )


def survey(value: str | Unseen) -> Survey[Header]:
    seen = value if isinstance(value, Unseen) else Header(value)
    subject = Subject("host", "shop.example")
    return Survey(Header, (Observation(subject, seen, NOON, "outside (lab)", Proof.OUTSIDE, digest="ab" * 32),))


def verification() -> Verification:
    system = Declared(system="shop", environment=Environment(name="production"))
    cases: list[tuple[Guarantee, Survey[Header]]] = [
        (claim("exposure.hsts", "high"), survey(HOSTILE)),
        (claim("exposure.https-only", "high"), survey("good")),
        (claim("exposure.no-stale-dns", "medium"), survey(Unseen(Reason.NOT_CONFIGURED, "no zone data"))),
        (claim("platform.kafka-secured", "low", "not_applicable"), Survey(Header, ())),
        (claim("application.csrf", "critical"), survey("bad")),
        (planned("secrets.in-manager", seeds="M-S2", proof="inside", severity="high", module="x"), survey("good")),
    ]
    pairs = [(entry(made), decide(made, Evidence.of([seen]), system, NOON)) for made, seen in cases]
    waivers = [
        Waiver(guarantee="application.csrf", reason=HOSTILE, owner="ana", until=date(2026, 6, 5)),
        Waiver(guarantee="exposure.https-only", reason="old", owner="ben", until=date(2026, 5, 1)),
    ]
    return Verification(
        system="shop",
        environment="production",
        release=None,
        commit="3f2a9c1d5e" * 4,
        started_at=NOON,
        finished_at=NOON + timedelta(seconds=14.2),
        tool_version="0.1.0",
        vantages=("inside", "outside (lab)"),
        standings=stand(pairs, waivers, "production", NOON.date()),
        expired_waivers=(waivers[1],),
        ending_waivers=(waivers[0],),
        evidence_count=1204,
        head="9f3c21ab" * 8,
    )


def decision(made: Verification) -> Decision:
    return decide_gate(made.standings, GateScope())
