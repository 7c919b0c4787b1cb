"""Less access never improves: not a verdict, not a summary, not the gate, not the exit code."""

from dataclasses import dataclass, replace
from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from prodproof.facts import Observation, Proof, Reason, Subject, Survey, Unseen, lost
from prodproof.facts.declared import Declared, EntryPoint, Environment, GateScope, Waiver
from prodproof.gate import Standing, State, decide_gate, stand, summarise
from prodproof.guarantees import Entry
from prodproof.verdicts import Evidence, Guarantee, Kind, Verdict, broken, decide, guarantee, holds, unknown
from prodproof.verdicts.example import NOON


@dataclass(frozen=True)
class Lamp:
    """A toy fact."""

    light: str


@dataclass(frozen=True)
class Door:
    """Another."""

    shut: bool


def made(when_none: str, proof: str, verifiable: bool) -> Guarantee:
    @guarantee("toy.lit", seeds="x", proof=proof, severity="high", when_none=when_none, verifiable=verifiable)
    def judge(lamp: Lamp, declared: EntryPoint | None) -> Verdict:
        if lamp.light == "on":
            return holds("on")
        return broken("off") if lamp.light == "off" else unknown(Reason.INCOMPLETE, "flickers")

    @judge.also
    def judge_door(door: Door) -> Verdict:
        return holds("shut") if door.shut else broken("open")

    return judge


NAMES = ("a.example", "b.example", "c.example")
SUBJECTS = st.sampled_from([Subject("host", name) for name in NAMES])
LAMPS = st.builds(Lamp, st.sampled_from(["on", "off", "flicker"]))
REASONS = st.sampled_from([Reason.DENIED, Reason.TIMED_OUT, Reason.UNREACHABLE, Reason.TOOL_MISSING])
GUARANTEES = st.builds(
    made,
    st.sampled_from(["unknown", "not_applicable"]),
    st.sampled_from(["inside", "outside", "inside+outside", "active"]),
    st.booleans(),
)


def observations(facts: st.SearchStrategy[object]) -> st.SearchStrategy[tuple[Observation[object], ...]]:
    one = st.builds(
        Observation,
        subject=SUBJECTS,
        seen=facts | st.builds(Unseen, REASONS),
        at=st.integers(0, 200).map(lambda hours: NOON - timedelta(hours=hours)),
        vantage=st.just("outside"),
        proof=st.sampled_from([Proof.INSIDE, Proof.OUTSIDE, Proof.ACTIVE]),
        commit=st.sampled_from([None, "c1", "c2"]),
    )
    return st.lists(one, max_size=4, unique_by=lambda item: item.subject).map(tuple)


GAPS = st.lists(st.builds(Unseen, REASONS), max_size=1).map(tuple)
SURVEYS = st.lists(
    st.builds(Survey, st.just(Lamp), observations(LAMPS), GAPS)
    | st.builds(Survey, st.just(Door), observations(st.builds(Door, st.booleans())), GAPS),
    max_size=4,
)
ENTRY_POINTS = st.lists(st.sampled_from(NAMES), unique=True).map(
    lambda names: tuple(EntryPoint(url=f"https://{name}") for name in names)
)
SYSTEMS = st.builds(
    Declared, system=st.just("toy"), environment=st.just(Environment(name="production")), entry_points=ENTRY_POINTS
)


@st.composite
def lessened(draw: st.DrawFn, surveys: list[Survey[object]]) -> list[Survey[object]]:
    """The same surveys after some access was withdrawn, some observation dropped, some evidence aged."""
    result = []
    for survey in surveys:
        if draw(st.integers(0, 4)) == 0:
            result.append(lost(survey.fact, draw(REASONS), "withdrawn"))
            continue
        kept = []
        for item in survey.observations:
            match draw(st.sampled_from(["keep", "keep", "withdraw", "drop", "age"])):
                case "keep":
                    kept.append(item)
                case "withdraw":
                    kept.append(replace(item, seen=Unseen(draw(REASONS))))
                case "age":
                    kept.append(replace(item, at=item.at - timedelta(days=draw(st.integers(0, 100)))))
        gaps = survey.gaps + tuple(draw(st.lists(st.builds(Unseen, REASONS), max_size=1)))
        result.append(replace(survey, observations=tuple(kept), gaps=gaps))
    return result


FINE = (Kind.HOLDS, Kind.NOT_APPLICABLE)
COMMITS = st.sampled_from([None, frozenset({"c1"})])


@given(st.data(), GUARANTEES, SURVEYS, SYSTEMS, COMMITS)
def test_less_access_never_improves_a_verdict(
    data: st.DataObject,
    claim: Guarantee,
    surveys: list[Survey[object]],
    system: Declared,
    commits: frozenset[str] | None,
) -> None:
    before = decide(claim, Evidence.of(surveys), system, NOON, commits)
    after = decide(claim, Evidence.of(data.draw(lessened(surveys))), system, NOON, commits)
    assert before.kind in FINE or after.kind not in FINE


@given(GUARANTEES, SURVEYS, SYSTEMS, st.integers(0, 1000))
def test_time_never_improves_a_verdict(
    claim: Guarantee, surveys: list[Survey[object]], system: Declared, hours: int
) -> None:
    before = decide(claim, Evidence.of(surveys), system, NOON)
    after = decide(claim, Evidence.of(surveys), system, NOON + timedelta(hours=hours))
    assert before.kind in FINE or after.kind not in FINE


WAIVERS = st.lists(
    st.builds(
        Waiver,
        guarantee=st.just("toy.lit"),
        reason=st.just("known"),
        owner=st.just("ana"),
        until=st.sampled_from([date(2026, 5, 1), date(2026, 7, 1)]),
        subject=st.sampled_from([None, "host:a.example", "host:b.example"]),
        covers=st.sampled_from(["broken", "unknown"]),
    ),
    max_size=3,
)


def standing(claim: Guarantee, surveys: list[Survey[object]], system: Declared, waivers: list[Waiver]) -> Standing:
    entry = Entry(claim, "", "", "", "", ())
    result = decide(claim, Evidence.of(surveys), system, NOON)
    return stand([(entry, result)], waivers, "production", NOON.date())[0]


@given(st.data(), GUARANTEES, SURVEYS, SYSTEMS, WAIVERS)
def test_less_access_never_turns_no_go_into_go(
    data: st.DataObject,
    claim: Guarantee,
    surveys: list[Survey[object]],
    system: Declared,
    waivers: list[Waiver],
) -> None:
    entry = Entry(claim, "", "", "", "", ())
    first = standing(claim, surveys, system, waivers)
    # The ledger remembers what was broken when it was last seen.
    remembered = {(claim.id, row.subject) for row in first.result.rows if row.verdict.kind is Kind.BROKEN}
    result = decide(claim, Evidence.of(data.draw(lessened(surveys))), system, NOON)
    second = stand([(entry, result)], waivers, "production", NOON.date(), remembered)[0]
    scope = GateScope(scope="full")
    before, after = decide_gate([first], scope), decide_gate([second], scope)
    assert before.go or not after.go
    assert summarise([second]).holds <= summarise([first]).holds


@given(GUARANTEES, SURVEYS, SYSTEMS, WAIVERS)
def test_a_waiver_never_makes_anything_hold(
    claim: Guarantee, surveys: list[Survey[object]], system: Declared, waivers: list[Waiver]
) -> None:
    without, with_waivers = (standing(claim, surveys, system, some) for some in ([], waivers))
    assert (with_waivers.state is State.HOLDS) == (without.state is State.HOLDS)
    if all(waiver.until < NOON.date() for waiver in waivers):
        assert with_waivers.state is without.state


def test_an_empty_scope_is_no_go() -> None:
    assert not decide_gate([], GateScope(scope="full")).go


def test_a_declared_subject_that_nobody_observed_is_unknown() -> None:
    @guarantee("toy.lit", seeds="x", proof="outside", severity="high")
    def judge(lamp: Lamp, declared: EntryPoint) -> Verdict:
        return holds("on")

    system = Declared(
        system="toy",
        environment=Environment(name="production"),
        entry_points=(EntryPoint(url="https://a.example"), EntryPoint(url="https://b.example")),
    )
    seen = Observation(Subject("host", "a.example"), Lamp("on"), NOON, "outside", Proof.OUTSIDE)
    result = decide(judge, Evidence.of([Survey(Lamp, (seen,))]), system, NOON)
    assert (result.kind, result.reason) == (Kind.UNKNOWN, Reason.INCOMPLETE)
    assert "b.example" in result.message


def test_a_judge_that_fails_costs_its_own_verdict_only() -> None:
    @guarantee("toy.lit", seeds="x", proof="outside", severity="high")
    def judge(lamp: Lamp) -> Verdict:
        raise ZeroDivisionError

    seen = Observation(Subject("host", "a.example"), Lamp("on"), NOON, "outside", Proof.OUTSIDE)
    system = Declared(system="toy", environment=Environment(name="production"))
    result = decide(judge, Evidence.of([Survey(Lamp, (seen,))]), system, NOON)
    assert (result.kind, result.reason) == (Kind.UNKNOWN, Reason.CRASHED)


def test_evidence_below_the_floor_can_break_but_not_hold() -> None:
    claim = made("unknown", "inside+outside", True)
    system = Declared(system="toy", environment=Environment(name="production"))

    def judged(light: str) -> Kind:
        lamp = Observation(Subject("host", "a.example"), Lamp(light), NOON, "inside", Proof.INSIDE)
        door = Observation(Subject("host", "a.example"), Door(True), NOON, "inside", Proof.INSIDE)
        evidence = Evidence.of([Survey(Lamp, (lamp,)), Survey(Door, (door,))])
        return decide(claim, evidence, system, NOON).kind

    assert judged("on") is Kind.UNKNOWN
    assert judged("off") is Kind.BROKEN


def test_nothing_to_judge_says_what_was_looked_for() -> None:
    @guarantee("toy.lit", seeds="x", proof="inside", severity="low", nothing="no lamp was found")
    def judge(lamp: Lamp) -> Verdict:
        return holds(lamp.light)

    system = Declared(system="toy", environment=Environment(name="production"))
    result = decide(judge, Evidence.of([Survey(Lamp, ())]), system, NOON)
    assert (result.kind, result.message) == (Kind.UNKNOWN, "no lamp was found")
