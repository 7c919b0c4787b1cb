"""Waivers and the gate, case by case; `tests/verdicts/test_arithmetic.py` has what must always be so."""

from dataclasses import dataclass, replace
from datetime import date, timedelta

import pytest

from prodproof.facts import Observation, Proof, Reason, Subject, Survey, Unseen
from prodproof.facts.declared import Declared, Environment, GateScope, Waiver
from prodproof.gate import Standing, State, decide_gate, stand
from prodproof.gate.memory import last_broken
from prodproof.gate.standing import sort_waivers
from prodproof.guarantees import Entry
from prodproof.ledger.stored import StoredResult
from prodproof.verdicts import Evidence, Finding, Guarantee, Verdict, broken, decide, guarantee, holds
from prodproof.verdicts.example import NOON


@dataclass(frozen=True)
class Bulb:
    """A toy fact."""

    faults: tuple[str, ...] = ()


def claim(id: str = "toy.lit", severity: str = "high") -> Guarantee:
    @guarantee(id, seeds="x", proof="outside", severity=severity)
    def judge(bulb: Bulb) -> Verdict:
        return broken(*(Finding("fault", name, key=name) for name in bulb.faults)) if bulb.faults else holds()

    return judge


def standing(
    seen: dict[str, Bulb | Unseen], *waivers: Waiver, made: Guarantee | None = None, **options: object
) -> Standing:
    made = made or claim()
    observations = tuple(
        Observation(Subject("host", name), fact, NOON, "outside", Proof.OUTSIDE) for name, fact in seen.items()
    )
    system = Declared(system="toy", environment=Environment(name="production"))
    result = decide(made, Evidence.of([Survey(Bulb, observations)]), system, NOON)
    entry = Entry(made, "", "", "", "", ())
    return stand([(entry, result)], waivers, "production", NOON.date(), **options)[0]  # type: ignore[arg-type]


WAIVER = Waiver(guarantee="toy.lit", reason="known", owner="ana", until=NOON.date())
DARK = Bulb(("dark",))
UNSEEN = Unseen(Reason.DENIED, "refused")


@pytest.mark.parametrize(
    ("seen", "waiver", "expected"),
    [
        ({"a": DARK}, WAIVER, State.WAIVED),
        ({"a": DARK}, replace(WAIVER, until=NOON.date() - timedelta(days=1)), State.BROKEN),
        ({"a": DARK}, replace(WAIVER, environment="staging"), State.BROKEN),
        ({"a": DARK}, replace(WAIVER, environment="production"), State.WAIVED),
        ({"a": DARK}, replace(WAIVER, guarantee="toy.other"), State.BROKEN),
        ({"a": DARK}, replace(WAIVER, covers="unknown"), State.BROKEN),
        ({"a": DARK, "b": DARK}, replace(WAIVER, subject="host:a"), State.BROKEN),
        ({"a": DARK, "b": Bulb()}, replace(WAIVER, subject="host:a"), State.WAIVED),
        ({"a": DARK, "b": UNSEEN}, replace(WAIVER, subject="host:a"), State.UNKNOWN),
        ({"a": DARK, "b": UNSEEN}, WAIVER, State.UNKNOWN),
        ({"a": UNSEEN}, WAIVER, State.UNKNOWN),
        ({"a": UNSEEN}, replace(WAIVER, covers="unknown"), State.WAIVED),
        ({"a": Bulb()}, WAIVER, State.HOLDS),
    ],
)
def test_what_a_waiver_covers(seen: dict[str, Bulb | Unseen], waiver: Waiver, expected: State) -> None:
    assert standing(seen, waiver).state is expected


def test_a_waiver_of_one_finding_leaves_the_others() -> None:
    both = standing({"a": Bulb(("dark", "loose"))})
    finding = both.rows[0].row.finding_id
    partly = standing({"a": Bulb(("dark", "loose"))}, replace(WAIVER, finding=finding))
    assert [row.state for row in partly.rows] == [State.WAIVED, State.BROKEN]
    assert partly.state is State.BROKEN
    assert standing({"a": Bulb(("dark",))}, replace(WAIVER, finding=finding)).state is State.WAIVED


def test_a_waiver_of_unknown_does_not_cover_what_was_last_broken() -> None:
    waiver = replace(WAIVER, covers="unknown")
    remembered = frozenset({("toy.lit", Subject("host", "a"))})
    assert standing({"a": UNSEEN}, waiver, last_broken=remembered).state is State.UNKNOWN


class Told:
    """A ledger that remembers these results, newest first."""

    def __init__(self, *results: StoredResult) -> None:
        self.results = results

    def history(self, guarantee: str, environment: str, limit: int = 100) -> tuple[StoredResult, ...]:
        return self.results


def test_the_last_conclusive_verdict_counts() -> None:
    def stored(seen: Bulb | Unseen) -> StoredResult:
        result = standing({"a": seen}).result
        return StoredResult("toy.lit", result.kind, result.reason, "", result.rows, None, "run", NOON)

    waivers = [replace(WAIVER, covers="unknown")]
    remembered = {("toy.lit", Subject("host", "a"))}
    assert last_broken(Told(stored(UNSEEN), stored(DARK)), waivers, "production") == remembered
    assert last_broken(Told(stored(UNSEEN), stored(Bulb()), stored(DARK)), waivers, "production") == frozenset()
    assert last_broken(Told(stored(DARK)), [WAIVER], "production") == frozenset(), "only waivers of unknown ask"


def test_waivers_that_ran_out_run_out_soon_or_cover_nothing() -> None:
    def until(day: date) -> Waiver:
        return replace(WAIVER, until=day)

    gone, soon, late = (until(NOON.date() + timedelta(days=days)) for days in (-1, 3, 100))
    judged = [standing({"a": Bulb()})]
    assert sort_waivers([gone, soon, late], judged, "production", NOON.date()) == ((gone,), (soon,), (soon, late))
    covered = [standing({"a": DARK}, late)]
    assert sort_waivers([late], covered, "production", NOON.date()) == ((), (), ())


def test_scopes() -> None:
    low = standing({"a": DARK}, made=claim("toy.low", "low"))
    high = standing({"a": Bulb()}, made=claim("toy.high", "high"))
    other = standing({"a": UNSEEN}, made=claim("other.high", "critical"))
    every = (low, high, other)
    baseline = decide_gate(every, GateScope())
    assert (baseline.go, [item.entry.id for item in baseline.in_the_way]) == (False, ["other.high"])
    assert (baseline.outside.broken, baseline.outside.total) == (1, 1)
    assert decide_gate(every, GateScope(scope="listed", include=("toy.high",))).go
    area = decide_gate(every, GateScope(scope="listed", include=("toy",)))
    assert ([item.entry.id for item in area.in_the_way], area.broken, area.unknown) == (["toy.low"], 1, 0)
    assert [item.entry.id for item in decide_gate(every, GateScope(scope="full")).in_the_way] == [
        "other.high",
        "toy.low",
    ]
    assert not decide_gate(every, GateScope(scope="listed", include=("nothing",))).go
