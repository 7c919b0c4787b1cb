"""How drills are written down: what cannot be carried out safely cannot be written."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from prodproof.drills import drill as room
from prodproof.drills.drill import Drill, Exercise, PersonStep, Proven, Scene, Step, Todo, drill, registered, targets
from prodproof.drills.plan import DrillPlan, plan_drill, plan_for
from prodproof.facts import Reason, Subject, Unseen
from prodproof.facts.declared import DataStore, Declared, Host, Secret
from tests.drills.exercises import DRILLS, STORE, declared, line, planned


def step(**changes: Any) -> Step:
    made: dict[str, Any] = {
        "name": "x", "says": "x", "check": lambda scene: Todo(), "do": lambda scene: {},
        "prove": lambda scene: Proven(), "undo": lambda scene: None, "undo_says": "put it back",
    }  # fmt: skip
    return Step(**{**made, **changes})


def test_a_step_has_an_undo_or_says_why_not() -> None:
    step()
    step(undo=None, irreversible="the key is destroyed")
    step(undo=None, changes=False)
    for wrong in (
        {"undo": None},
        {"irreversible": "both"},
        {"changes": False},
        {"undo": None, "irreversible": "x", "changes": False},
    ):
        with pytest.raises(ValueError, match="has an undo, or is irreversible, or changes nothing"):
            step(**wrong)
    with pytest.raises(ValueError, match="says nothing about its undo"):
        step(undo_says="")


def test_names_are_told_apart() -> None:
    with pytest.raises(ValueError, match="two steps have the same name"):
        Exercise(steps=(step(), step()), blast_radius="x")
    for name in ("", "A", "a b", "a.b", "-a", "a--b", "x" * 61):
        with pytest.raises(ValueError, match="small letters"):
            Exercise(steps=(step(name=name),), blast_radius="x")
    with pytest.raises(ValueError, match="proves nothing"):
        Exercise(steps=(), blast_radius="x")


def test_the_key_of_a_step_is_the_same_at_each_attempt(tmp_path: Path) -> None:
    scene = Scene("restore-1", declared(tmp_path), STORE, None, step="copy")  # type: ignore[arg-type]  # no world needed
    assert scene.key == "restore-1.copy"


def test_a_drill_says_what_it_exercises() -> None:
    def design(target: Any, system: Declared) -> Unseen:
        return Unseen(Reason.NOT_CONFIGURED, "x")

    with pytest.raises(ValueError, match="needs a docstring"):
        drill("x", per=Declared)(design)
    design.__doc__ = "Something.\n\nMore."
    assert drill("x", per=Declared)(design).says == "Something."
    with pytest.raises(ValueError, match="small letters"):
        drill("X y", per=Declared)(design)


def test_drills_are_found_in_their_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    from prodproof.drills import windows

    registered.cache_clear()
    monkeypatch.setattr(windows, "DELIVER", DRILLS["deliver"], raising=False)
    try:
        assert registered()["deliver"] is DRILLS["deliver"]
        registered.cache_clear()
        monkeypatch.setattr(room, "OTHER", replace(DRILLS["deliver"], says="another"), raising=False)
        with pytest.raises(TypeError, match="two drills are called deliver"):
            registered()
    finally:
        registered.cache_clear()


def test_a_drill_is_about_each_declared_thing_of_its_kind(tmp_path: Path) -> None:
    other = replace(STORE, name="archive")
    system = declared(tmp_path, data_stores=(STORE, other))
    assert [item.name for item in targets(DRILLS["deliver"], system)] == ["archive", "shop"]
    whole = Drill("whole", "x", Declared, DRILLS["deliver"].design)
    assert targets(whole, system) == (system,)
    assert targets(Drill("hosts", "x", Host, DRILLS["deliver"].design), system) == ()


def test_a_drill_may_have_nothing_to_ask_of_some(tmp_path: Path) -> None:
    """What it has to ask and cannot is still among its targets, so that it is unknown and not left out."""
    kinds = ("postgres", "mysql", "sqlite", "files", "cache")
    stores = tuple(replace(STORE, name=kind, kind=kind) for kind in kinds)
    secrets = (Secret(name="key", ref="env:KEY"), Secret(name="dsn", ref="env:DSN", public=True))
    system = declared(tmp_path, data_stores=stores, secrets=secrets)

    def about(name: str) -> list[str]:
        return [item.name for item in targets(registered()[name], system)]

    assert about("restore") == ["files", "mysql", "postgres", "sqlite"]
    assert about("point-in-time") == ["mysql", "postgres"]
    assert about("rotate") == about("leak") == ["key"]
    assert [drill.name for drill in registered().values() if drill.one_stands_for_all] == ["leak"]


def test_a_plan_names_everything_that_is_touched(tmp_path: Path) -> None:
    plan = planned("deliver", tmp_path)
    touching = replace(plan.exercise.steps[0], touches=(Subject("host", "b"), Subject("store", "shop")))
    plan = replace(plan, exercise=replace(plan.exercise, steps=(touching, *plan.exercise.steps[1:])))
    assert plan.touches == (Subject("host", "b"), Subject("store", "shop"))
    assert plan.at_most == 100
    assert [item.name for item in planned("burn", tmp_path).irreversible] == ["fire"]


def test_a_window_must_be_open_for_twice_the_objective_and_not_for_all_time_limits(tmp_path: Path) -> None:
    plan = planned("deliver", tmp_path)
    for objective, wanted in ((30.0, 60.0), (50.0, 100.0), (80.0, 100.0), (None, 100.0)):
        assert replace(plan, exercise=replace(plan.exercise, objective=objective)).open_for == wanted


def test_the_digest_covers_what_a_person_approves(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plan = planned("deliver", tmp_path)
    first = plan.exercise.steps[0]
    assert isinstance(first, Step)
    assert plan.digest == planned("deliver", tmp_path / "elsewhere").digest, "the same on every machine"
    seen = {plan.digest}
    for changed in (
        replace(first, says="something else"),
        replace(first, time_limit=1),
        replace(first, objective=1),
        replace(first, undo_says="otherwise"),
        replace(first, undo=None, undo_says="", irreversible="gone"),
        replace(first, lasting=False),
        replace(first, touches=(Subject("host", "a"),)),
        PersonStep(name="first", says="do it", time_limit=5),
        PersonStep(name="first", says="do it", time_limit=5, whom="ana"),
    ):
        steps = (changed, *plan.exercise.steps[1:])
        seen.add(replace(plan, exercise=replace(plan.exercise, steps=steps)).digest)
    for exercise in (
        replace(plan.exercise, steady=()),
        replace(plan.exercise, blast_radius="more"),
        replace(plan.exercise, objective=1),
        replace(plan.exercise, steady=(replace(plan.exercise.steady[0], tolerate=99),)),
    ):
        seen.add(replace(plan, exercise=exercise).digest)
    seen.add(replace(plan, target=replace(STORE, dsn="env:OTHER")).digest)
    seen.add(replace(plan, documents={"a.md": "x"}).digest)
    monkeypatch.setattr("prodproof.drills.plan.__version__", "9.9")
    seen.add(plan.digest)
    assert len(seen) == 17


def test_a_plan_is_found_again_by_its_subject(tmp_path: Path) -> None:
    system = declared(tmp_path)
    found = plan_for(DRILLS["deliver"], Subject("store", "shop"), system, {})
    assert isinstance(found, DrillPlan) and found.digest == planned("deliver", tmp_path).digest
    assert plan_for(DRILLS["deliver"], Subject("store", "gone"), system, {}) == Unseen(
        Reason.NOT_DECLARED, "store:gone is not declared in staging"
    )


def test_a_drill_that_cannot_be_carried_out_says_why(tmp_path: Path) -> None:
    @drill("never", per=DataStore)
    def never(store: DataStore, system: Declared) -> Unseen:
        """It has no backup."""
        return Unseen(Reason.NOT_CONFIGURED, "no backup is declared for it")

    assert plan_drill(never, STORE, declared(tmp_path)) == Unseen(Reason.NOT_CONFIGURED, "no backup is declared for it")
    assert line("first").changes
