"""Case by case: what the engine answers before, instead of and after a judge."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from prodproof.facts import Observation, Proof, Reason, Subject, Survey, Unseen, lost
from prodproof.facts.declared import (
    DataStore,
    Declared,
    EntryPoint,
    Environment,
    Host,
    NotApplicable,
    Repository,
    Zone,
)
from prodproof.verdicts import (
    Evidence,
    Guarantee,
    Kind,
    Result,
    Verdict,
    broken,
    decide,
    guarantee,
    holds,
    planned,
    unknown,
)
from prodproof.verdicts.example import NOON
from prodproof.verdicts.verdict import Finding


@dataclass(frozen=True)
class Lamp:
    """A toy fact."""

    light: str


@dataclass(frozen=True)
class Door:
    """Another."""

    shut: bool


SYSTEM = Declared(system="toy", environment=Environment(name="production"))
A, B = Subject("host", "a.example"), Subject("host", "b.example")


@guarantee("toy.lit", seeds="x y", proof="outside", severity="high")
def lit(lamp: Lamp) -> Verdict:
    if lamp.light == "on":
        return holds("it shines")
    if lamp.light == "two":
        return broken(Finding("dark", "the first is off", key="1"), Finding("dark", "the second is off", key="2"))
    return broken("off") if lamp.light == "off" else unknown(Reason.INCOMPLETE, "flickers")


def claim(proof: str = "outside", when_none: str = "unknown", verifiable: bool = True) -> Guarantee:
    """The claim with other terms."""
    other = guarantee("toy.lit", seeds="x", proof=proof, severity="high", when_none=when_none, verifiable=verifiable)
    return other(lit.judges[0].function)


def seen(subject: Subject = A, light: str = "on", **changes: Any) -> Observation[Lamp]:
    plain: Observation[Lamp] = Observation(subject, Lamp(light), NOON, "outside", Proof.OUTSIDE)
    return replace(plain, **changes)


def judged(*observations: Observation[Lamp], of: Guarantee = lit, system: Declared = SYSTEM, **more: Any) -> Result:
    survey = Survey(Lamp, observations, **more)
    return decide(of, Evidence.of([survey]), system, NOON)


def test_what_holds() -> None:
    result = judged(seen(digest="d1"))
    assert (result.kind, result.reason, result.message) == (Kind.HOLDS, None, "it shines")
    [row] = result.rows
    assert (row.subject, row.observed_at, row.vantage, row.proof) == (A, NOON, "outside", Proof.OUTSIDE)
    assert (row.finding, row.finding_id, row.evidence) == (None, None, ("d1",))
    assert row.expires_at == result.expires_at == NOON + timedelta(days=1)
    assert judged(seen()).rows[0].evidence == ()


def test_headlines() -> None:
    assert judged(seen(), seen(B)).message == "2 subjects: it shines"
    assert judged(seen(light="off")).message == "a.example: off"
    assert judged(seen(B, "off"), seen(light="off"), seen(Subject("host", "c.example"))).message == (
        "a.example: off (+1 more)"
    )
    assert judged(seen(light="two")).message == "a.example: the first is off (+1 more)"
    assert judged(seen(Subject("system", "toy"), "off")).message == "off"
    assert judged(seen(B, "flickers")).message == "b.example: flickers"


def test_a_message_that_holds_need_not_say_anything() -> None:
    @guarantee("toy.lit", seeds="x", proof="outside", severity="high")
    def quiet(lamp: Lamp) -> Verdict:
        return holds()

    assert judged(seen(), of=quiet).message == ""
    assert judged(seen(), seen(B), of=quiet).message == "2 subjects"


def test_each_finding_is_a_row() -> None:
    rows = judged(seen(light="two")).rows
    assert [row.verdict.message for row in rows] == ["the first is off", "the second is off"]
    assert [row.finding.key for row in rows if row.finding] == ["1", "2"]
    assert [row.verdict.findings for row in rows] == [(row.finding,) for row in rows]
    assert len({row.finding_id for row in rows}) == 2


def test_the_worst_leads() -> None:
    result = judged(seen(), seen(B, "flickers"))
    assert (result.kind, result.reason) == (Kind.UNKNOWN, Reason.INCOMPLETE)
    worst = judged(seen(), seen(B, "flickers"), seen(Subject("host", "c.example"), "off"))
    assert (worst.kind, worst.reason) == (Kind.BROKEN, None)


def test_the_first_evidence_to_run_out_counts() -> None:
    older = NOON - timedelta(hours=3)
    assert judged(seen(), seen(B, at=older)).expires_at == older + timedelta(days=1)
    assert decide(lit, Evidence(), SYSTEM, NOON).expires_at is None


def test_nobody_has_looked() -> None:
    result = decide(lit, Evidence.of([Survey(Door, ())]), SYSTEM, NOON)
    assert (result.kind, result.reason, len(result.rows)) == (Kind.UNKNOWN, Reason.NEVER_RUN, 1)
    assert result.rows[0].subject == Subject("system", "toy")


def test_gaps_and_what_was_listed() -> None:
    gap = judged(seen(), gaps=(Unseen(Reason.DENIED, "one page was refused"),))
    assert (gap.kind, gap.reason, gap.message) == (Kind.UNKNOWN, Reason.DENIED, "one page was refused")
    missing = judged(seen(), listed=(B,))
    assert (missing.kind, missing.reason) == (Kind.UNKNOWN, Reason.INCOMPLETE)
    assert [row.subject for row in missing.rows] == [A, B]


def test_surveys_add_up() -> None:
    evidence = Evidence.of([Survey(Lamp, (seen(),)), Survey(Lamp, (seen(light="off"), seen(B)))])
    result = decide(lit, evidence, SYSTEM, NOON)
    assert [(row.subject, row.verdict.kind) for row in result.rows] == [
        (A, Kind.HOLDS), (A, Kind.BROKEN), (B, Kind.HOLDS),
    ]  # fmt: skip
    listed = decide(lit, Evidence.of([Survey(Lamp, (seen(),)), Survey(Lamp, (), listed=(A,))]), SYSTEM, NOON)
    assert listed.kind is Kind.HOLDS


@pytest.mark.parametrize(
    ("late", "kind"),
    [(timedelta(days=1), Kind.HOLDS), (timedelta(days=1, seconds=1), Kind.UNKNOWN)],
)
def test_evidence_is_good_until_its_last_moment(late: timedelta, kind: Kind) -> None:
    result = judged(seen(at=NOON - late))
    assert result.kind is kind
    assert result.reason is (None if kind is Kind.HOLDS else Reason.STALE)


@pytest.mark.parametrize(
    ("ahead", "kind"),
    [(timedelta(minutes=5), Kind.HOLDS), (timedelta(minutes=5, seconds=1), Kind.UNKNOWN)],
)
def test_clocks_may_differ_by_five_minutes(ahead: timedelta, kind: Kind) -> None:
    assert judged(seen(at=NOON + ahead)).kind is kind


def test_the_commit_that_is_asked_about() -> None:
    def of(commit: str | None, commits: frozenset[str] | None) -> Reason | None:
        evidence = Evidence.of([Survey(Lamp, (seen(commit=commit),))])
        return decide(lit, evidence, SYSTEM, NOON, commits).reason

    assert of("c1", frozenset({"c1", "c2"})) is None
    assert of("c3", frozenset({"c1", "c2"})) is Reason.STALE
    assert of("c3", None) is None
    assert of(None, frozenset({"c1"})) is None


def test_entry_points_of_one_host_have_findings_of_their_own() -> None:
    shop, admin = EntryPoint(url="https://a.example/"), EntryPoint(url="https://a.example/admin")

    def ids(*points: EntryPoint) -> list[str | None]:
        system = replace(SYSTEM, entry_points=points)
        surveys = [Survey(Lamp, (seen(light="two"),), about=point) for point in points]
        return [row.finding_id for row in decide(lit, Evidence.of(surveys), system, NOON).rows]

    assert len(set(ids(shop, admin))) == 4
    assert ids(EntryPoint(url="https://b.example/")) == ids(shop), "what was met elsewhere is not of this entry point"
    assert ids(shop, admin)[:2] == ids(shop), "another entry point beside it changes no id"


def test_what_was_met_elsewhere_is_held_against_what_is_declared_there() -> None:
    @guarantee("toy.lit", seeds="x y", proof="outside", severity="high")
    def owned(lamp: Lamp, declared: EntryPoint) -> Verdict:
        return holds(declared.owner)

    here = EntryPoint(url="https://a.example/", owner="ana")
    there = EntryPoint(url="https://b.example/", owner="ben")
    system = replace(SYSTEM, entry_points=(here, there))
    survey = Survey(Lamp, (seen(), seen(B)), about=here)
    assert [row.verdict.message for row in decide(owned, Evidence.of([survey]), system, NOON).rows] == ["ana", "ben"]


def test_old_evidence_is_stale_even_where_it_was_unseen() -> None:
    hidden = Unseen(Reason.DENIED, "refused")
    assert judged(seen(seen=hidden)).message == "a.example: refused"
    assert judged(seen(seen=hidden)).reason is Reason.DENIED
    assert judged(seen(seen=hidden, at=NOON - timedelta(days=2))).reason is Reason.STALE


def test_what_zero_subjects_mean() -> None:
    assert (judged().kind, judged().reason) == (Kind.UNKNOWN, Reason.NOT_DECLARED)
    assert "nothing declared or found" in judged().message
    absent = judged(of=claim(when_none="not_applicable"))
    assert (absent.kind, absent.reason) == (Kind.NOT_APPLICABLE, None)
    assert [row.verdict.kind for row in absent.rows] == [Kind.NOT_APPLICABLE]


def test_a_declared_exemption_counts_only_where_nothing_was_found() -> None:
    item = NotApplicable(guarantee="toy.lit", reason="no lamps", owner="ana")
    exempt = replace(SYSTEM, not_applicable=(replace(item, guarantee="toy.shut"), item))
    assert (judged(system=exempt).kind, judged(system=exempt).message) == (Kind.NOT_APPLICABLE, "ana: no lamps")
    assert judged(seen(light="off"), system=exempt).kind is Kind.BROKEN
    other = replace(SYSTEM, not_applicable=(replace(item, guarantee="toy.shut"),))
    assert judged(system=other).kind is Kind.UNKNOWN
    later = planned("toy.lit", seeds="x", proof="inside", severity="low", module="toy")
    assert decide(later, Evidence(), exempt, NOON).kind is Kind.NOT_APPLICABLE
    unverifiable = decide(later, Evidence(), SYSTEM, NOON)
    assert (unverifiable.kind, unverifiable.reason) == (Kind.UNKNOWN, Reason.NOT_VERIFIABLE_YET)


@pytest.mark.parametrize(
    ("proof", "kinds", "expected"),
    [
        ("outside", (Proof.OUTSIDE,), Kind.HOLDS),
        ("outside", (Proof.INSIDE,), Kind.UNKNOWN),
        ("outside", (Proof.ACTIVE,), Kind.HOLDS),
        ("inside", (Proof.ACTIVE,), Kind.UNKNOWN),
        ("active", (Proof.OUTSIDE,), Kind.UNKNOWN),
        ("inside+outside", (Proof.OUTSIDE,), Kind.UNKNOWN),
        ("inside+outside", (Proof.OUTSIDE, Proof.INSIDE), Kind.HOLDS),
    ],
)
def test_the_floor_of_evidence(proof: str, kinds: tuple[Proof, ...], expected: Kind) -> None:
    subjects = (A, B)
    observed = [seen(subject, proof=kind) for subject, kind in zip(subjects, kinds, strict=False)]
    result = judged(*observed, of=claim(proof))
    assert result.kind is expected
    assert result.reason is (None if expected is Kind.HOLDS else Reason.INSUFFICIENT_PROOF)
    assert judged(seen(light="off", proof=kinds[0]), of=claim(proof)).kind is Kind.BROKEN


def test_only_what_holds_counts_as_proof() -> None:
    @guarantee("toy.lit", seeds="x", proof="inside+outside", severity="high")
    def judge(lamp: Lamp) -> Verdict:
        return holds() if lamp.light == "on" else Verdict(Kind.NOT_APPLICABLE, "no lamp")

    result = judged(seen(), seen(B, "none", proof=Proof.INSIDE), of=judge)
    assert result.reason is Reason.INSUFFICIENT_PROOF
    assert "a look from inside" in result.message


def test_a_claim_that_cannot_be_verified_whole_never_holds() -> None:
    result = judged(seen(), of=claim(verifiable=False))
    assert (result.kind, result.reason) == (Kind.UNKNOWN, Reason.INSUFFICIENT_PROOF)
    assert (result.rows[0].verdict.kind, result.expires_at) == (Kind.HOLDS, NOON + timedelta(days=1))


def test_a_judge_of_declared_subjects() -> None:
    given: list[object] = []

    @guarantee("toy.lit", seeds="x", proof="outside", severity="high")
    def judge(lamp: Lamp, declared: EntryPoint, at: datetime) -> Verdict:
        given.extend((declared, at))
        return holds()

    shop = EntryPoint(url="https://a.example")
    system = replace(SYSTEM, entry_points=(shop,))
    assert judged(seen(), of=judge, system=system).kind is Kind.HOLDS
    assert given == [shop, NOON]
    strange = judged(seen(), seen(B), of=judge, system=system)
    assert (strange.kind, strange.reason) == (Kind.UNKNOWN, Reason.NOT_DECLARED)
    assert judged(of=judge, system=system).reason is Reason.INCOMPLETE
    assert judged(of=judge).reason is Reason.NOT_DECLARED


DECLARED = {
    EntryPoint: replace(SYSTEM, entry_points=(EntryPoint(url="https://a.example"),)),
    Host: replace(SYSTEM, hosts=(Host(name="a.example"),)),
    Zone: replace(SYSTEM, zones=(Zone(name="a.example"),)),
    DataStore: replace(SYSTEM, data_stores=(DataStore(name="orders", kind="postgresql"),)),
    Repository: replace(SYSTEM, repositories=(Repository(path="."),)),
}


@pytest.mark.parametrize("kind", DECLARED)
def test_every_declared_item_must_have_been_observed(kind: type[object]) -> None:
    def judge(lamp: Lamp, declared: object) -> Verdict:
        return holds()

    judge.__annotations__["declared"] = kind
    claim = guarantee("toy.lit", seeds="x", proof="outside", severity="high")(judge)
    assert judged(of=claim, system=DECLARED[kind]).reason is Reason.INCOMPLETE
    never = decide(claim, Evidence(), DECLARED[kind], NOON)
    assert (never.reason, len(never.rows)) == (Reason.NEVER_RUN, 1)


def test_what_is_not_declared_is_not_judged() -> None:
    @guarantee("toy.lit", seeds="x", proof="outside", severity="high")
    def judge(lamp: Lamp, declared: EntryPoint) -> Verdict:
        return holds(declared.url)

    assert len(judged(seen(), of=judge).rows) == 1


def test_a_judge_that_can_do_without_a_declaration() -> None:
    @guarantee("toy.lit", seeds="x", proof="outside", severity="high")
    def judge(lamp: Lamp, declared: Host | None) -> Verdict:
        return holds(declared.name if declared else "nobody's")

    system = replace(SYSTEM, hosts=(Host(name="b.example"),))
    assert judged(seen(), of=judge, system=system).message == "nobody's"
    assert judged(seen(B), of=judge, system=system).message == "b.example"
    assert judged(of=judge, system=system).reason is Reason.NOT_DECLARED


def test_a_judge_of_the_environment_lists_nothing() -> None:
    @guarantee("toy.lit", seeds="x", proof="outside", severity="high")
    def judge(lamp: Lamp, declared: Environment) -> Verdict:
        return holds(declared.name)

    assert judged(seen(), of=judge).message == "production"


def test_a_judge_that_fails_says_so() -> None:
    @guarantee("toy.lit", seeds="x", proof="outside", severity="high")
    def judge(lamp: Lamp) -> Verdict:
        raise ZeroDivisionError

    result = judged(seen(), of=judge)
    assert (result.kind, result.reason) == (Kind.UNKNOWN, Reason.CRASHED)
    assert "ZeroDivisionError" in result.message


def test_nothing_could_be_listed() -> None:
    result = decide(lit, Evidence.of([lost(Lamp, Reason.TIMED_OUT, "no answer")]), SYSTEM, NOON)
    assert (result.kind, result.reason, result.message) == (Kind.UNKNOWN, Reason.TIMED_OUT, "no answer")
