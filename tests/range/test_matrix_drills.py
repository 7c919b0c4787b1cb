"""How the matrix shares faults out, and carries drills out on a range."""

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from prodproof.drills.drill import Drill, Exercise, Scene, Step, registered
from prodproof.facts import Proof, Reason, Unseen
from prodproof.facts.declared import Backup, DataStore, Declared, Environment, Permission
from prodproof.facts.declared.restoring import Restoring
from prodproof.facts.restores import RestoreTested
from prodproof.plan import DrillNeeded
from prodproof.range import Fault, Range
from prodproof.reach.world import World
from scripts.prove.drilling import carry_out
from scripts.prove.ranges import grouped

NOW = datetime(2026, 6, 1, tzinfo=UTC)


def nothing(harbour: Range) -> None:
    """Changes nothing."""


def fault(name: str, *drills: str) -> Fault:
    id = f"recovery.{name}"
    return Fault(guarantee=id, breaks=nothing, withdraws=nothing, reason=Reason.DENIED, drills=drills)


def shared(*faults: Fault) -> list[list[str]]:
    return [[item.guarantee.partition(".")[2] for item in group] for group in grouped(faults)]


def test_faults_that_share_a_drill_stay_together_and_the_largest_group_goes_first() -> None:
    one, two, three = fault("one"), fault("two", "restore store:a"), fault("three")
    four, five = fault("four", "rotate secret:b"), fault("five", "rotate secret:b", "restore store:a")
    assert shared(one, two, three, four, five) == [["two", "four", "five"], ["one"], ["three"]]


def test_every_fault_is_in_one_group() -> None:
    faults: Sequence[Fault] = [fault(f"n{number}", *(["d"] if number % 3 else [])) for number in range(10)]
    assert sorted(item.guarantee for group in grouped(faults) for item in group) == sorted(f.guarantee for f in faults)


@pytest.fixture
def declared(tmp_path: Path) -> Declared:
    """A shop with a backup that is right."""
    for name in ("shop.sqlite3", "copy.sqlite3"):
        with closing(sqlite3.connect(tmp_path / name)) as database:
            database.executescript("CREATE TABLE orders (id INTEGER PRIMARY KEY); INSERT INTO orders VALUES (1);")
    store = DataStore(
        name="shop", kind="sqlite", allow=frozenset({Permission.DRILLS}), restore=Restoring(source="shop.sqlite3")
    )
    return Declared(
        system="shop",
        environment=Environment(name="production"),
        data_stores=(store,),
        backups=(Backup(name="nightly", kind="sqlite", path="copy.sqlite3", store="shop"),),
        root=str(tmp_path),
        trusted=True,
    )


def told(declared: Declared, drill: Drill | None = None) -> Any:
    need = DrillNeeded(drill or registered()["restore"], declared.data_stores[0].subject, ())
    survey = carry_out(need, declared, World(declared=declared, now=NOW))
    (observation,) = survey.observations
    assert (observation.proof, observation.subject) == (Proof.DRILL, need.scope)
    return observation.seen


def test_a_drill_on_a_range_tells_what_it_tells_users(declared: Declared) -> None:
    seen = told(declared)
    assert isinstance(seen, RestoreTested)
    assert (seen.backup, seen.tables, seen.differences) == ("nightly", 1, ())


def test_without_trust_or_opt_in_nothing_is_carried_out(declared: Declared) -> None:
    for less in (
        replace(declared, trusted=False),
        replace(declared, data_stores=(replace(declared.data_stores[0], allow=frozenset()),)),
    ):
        seen = told(less)
        assert isinstance(seen, Unseen) and seen.why is Reason.NOT_PERMITTED


def test_what_is_not_declared_is_said(declared: Declared) -> None:
    seen = told(replace(declared, backups=()))
    assert isinstance(seen, Unseen) and seen.why is Reason.NOT_DECLARED


def test_a_drill_that_crashes_stops_the_matrix(declared: Declared) -> None:
    restore = registered()["restore"]

    def design(store: DataStore, system: Declared, **asked: object) -> Exercise | Unseen:
        made = restore.design(store, system, **asked)
        assert isinstance(made, Exercise)
        first = made.steps[0]
        assert isinstance(first, Step)

        def crash(scene: Scene) -> Any:
            raise RuntimeError("a fault of ours")

        return replace(made, steps=(replace(first, do=crash), *made.steps[1:]))

    broken = replace(restore, design=design)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("prodproof.drills.plan.targets", lambda drill, system: system.data_stores)
        with pytest.raises(RuntimeError, match=r"choose-backup: prodproof failed \(RuntimeError\)") as raised:
            told(declared, broken)
    assert str(raised.value.__cause__) == "a fault of ours"
