"""Drills as they are ordered, resumed and undone: by whom, on what, told to the ledger."""

import os
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from prodproof.drills.drill import Drill, Proven, Scene, Step, StepError, Todo, Values
from prodproof.drills.plan import DrillPlan
from prodproof.facts import Proof, Subject
from prodproof.facts.codec import decode
from prodproof.facts.drills import DrillOutcome, DrillRun, Happened
from prodproof.jobs.errors import BusyError, JobError
from prodproof.jobs.store import FILE_NAME
from prodproof.ledger import open_ledger
from prodproof.runner import conduct
from prodproof.runner.acts import Event
from prodproof.runner.conduct import Conductor, Place
from prodproof.runner.durable import Durable, Parked, Stopped
from tests.drills.exercises import DRILLS, STORE, book, declared, line, order, planned

DRILLS_HERE: dict[str, Drill] = {}


@pytest.fixture(autouse=True)
def drills(monkeypatch: pytest.MonkeyPatch) -> None:
    DRILLS_HERE.clear()
    DRILLS_HERE.update(DRILLS)
    monkeypatch.setattr(conduct, "registered", lambda: DRILLS_HERE)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place("shop", tmp_path / "state", {"PRODPROOF_KEY_DIR": str(tmp_path / "keys")})


@pytest.fixture
def root(tmp_path: Path) -> Path:
    made = tmp_path / "root"
    made.mkdir()
    return made


@pytest.fixture
def events() -> list[tuple[str, Event]]:
    return []


@pytest.fixture
def conductor(place: Place, events: list[tuple[str, Event]]) -> Iterator[Conductor]:
    with Conductor(place, "ana", listener=lambda run, event: events.append((run, event))) as made:
        yield made


def now() -> datetime:
    return datetime.now(UTC)


def ended(conductor: Conductor, workflow: str | None, seconds: float = 60) -> Parked | bool:
    assert workflow is not None
    return conductor.wait(workflow, seconds)


def result(conductor: Conductor, id: str) -> DrillRun:
    stored = conductor.store.run(id)
    assert stored is not None and stored.result is not None
    run = decode(DrillRun, dict(stored.result))
    assert isinstance(run, DrillRun)
    return run


@contextmanager
def stopping(place: Place) -> Iterator[Conductor]:
    """A process that stops after the first step that it does."""

    def listen(run: str, event: Event) -> None:
        if event.doing == "doing":
            made.stop()

    with Conductor(place, "ana", listener=listen) as made:
        yield made


def only_lines(root: Path, *steps: Step) -> DrillPlan:
    """A quick drill; registered, so that it is found again."""

    def design(store: Any, system: Any) -> Any:
        exercise: Any = DRILLS["deliver"].design(store, system)
        return replace(exercise, steps=steps or (line("first"), line("last")))

    DRILLS_HERE["deliver"] = replace(DRILLS["deliver"], design=design)
    plan = planned("deliver", root)
    return replace(plan, drill=DRILLS_HERE["deliver"], exercise=design(STORE, plan.declared))


def blocking(name: str, reached: threading.Event, go_on: threading.Event) -> Step:
    def do(scene: Scene) -> Values:
        reached.set()
        go_on.wait(30)
        return {}

    return replace(line(name), do=do, check=lambda scene: Todo(), prove=lambda scene: Proven())


def test_a_drill_is_carried_out_and_told_to_the_ledger(
    conductor: Conductor, place: Place, root: Path, events: list[tuple[str, Event]]
) -> None:
    plan = only_lines(root)
    made = order(plan)
    assert ended(conductor, conductor.begin(made, plan, now())) is True
    run = result(conductor, made.id)
    assert (run.outcome, run.ordered_by, run.plan, run.target) == (
        DrillOutcome.PROVEN, "ana", plan.digest, Subject("store", "shop"),
    )  # fmt: skip
    assert [(event.step, event.doing) for _, event in events][:4] == [
        ("site, before", "done"), ("first", "looking"), ("first", "doing"), ("first", "proving"),
    ]  # fmt: skip
    with open_ledger(place.state, system="shop", environ=place.environ) as ledger:
        seen = ledger.latest_surveys(["drill deliver store:shop"], "staging")["drill deliver store:shop"]
        observation = seen[0].observations[0]
        assert observation.seen == run and observation.proof is Proof.DRILL
        assert observation.subject == Subject("store", "shop")
        assert ledger.runs("staging")[0].outcome == f"drill {made.id}: proven"
    assert conductor.store.unfinished() == ()


def test_what_was_asked_for_a_moment_does_not_take_the_place_of_the_newest(
    conductor: Conductor, place: Place, root: Path
) -> None:
    newest = only_lines(root)
    design = DRILLS_HERE["deliver"].design
    DRILLS_HERE["deliver"] = replace(
        DRILLS_HERE["deliver"], moments=True, design=lambda store, system, moment=None: design(store, system)
    )
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    then = replace(newest, drill=DRILLS_HERE["deliver"], moment=moment)
    first, second = order(newest, "deliver-1"), replace(order(then, "deliver-2"), moment=moment)
    assert ended(conductor, conductor.begin(first, newest, now())) is True
    assert ended(conductor, conductor.begin(second, then, now())) is True
    assert result(conductor, "deliver-2").moment == moment
    with open_ledger(place.state, system="shop", environ=place.environ) as ledger:
        kept = ledger.latest_surveys(["drill deliver store:shop"], "staging")["drill deliver store:shop"]
        seen = kept[0].observations[0].seen
        assert isinstance(seen, DrillRun) and seen.id == "deliver-1"


def test_two_drills_never_touch_one_target_at_once(conductor: Conductor, root: Path) -> None:
    reached, go_on = threading.Event(), threading.Event()
    plan = only_lines(root, blocking("wait", reached, go_on))
    workflow = conductor.begin(order(plan, "deliver-1"), plan, now())
    assert reached.wait(30)
    with pytest.raises(BusyError, match="store:shop is held by the drill deliver-1"):
        conductor.begin(order(plan, "deliver-2"), plan, now())
    with pytest.raises(JobError, match="deliver-1 is being carried out by"):
        conductor.resume("deliver-1", now(), trusted=True)
    go_on.set()
    assert ended(conductor, workflow) is True
    other = only_lines(root)
    assert ended(conductor, conductor.begin(order(other, "deliver-3"), other, now())) is True


def test_stopped_it_holds_its_target_and_goes_on(place: Place, root: Path) -> None:
    reached, go_on = threading.Event(), threading.Event()
    plan = only_lines(root, line("first"), blocking("wait", reached, go_on), line("last"))
    with Conductor(place, "ana") as first:
        workflow = first.begin(order(plan, "deliver-1"), plan, now())
        assert reached.wait(30)
        first.stop()
        go_on.set()
        assert isinstance(ended(first, workflow), Stopped)
    with Conductor(place, "ben") as second:
        with pytest.raises(BusyError, match="deliver-1"):
            second.begin(order(plan, "deliver-2"), plan, now())
        with pytest.raises(JobError, match="only with your trust"):
            second.resume("deliver-1", now(), trusted=False)
        assert ended(second, second.resume("deliver-1", now(), trusted=True)) is True
        run = result(second, "deliver-1")
        with pytest.raises(JobError, match="has come to its end"):
            second.resume("deliver-1", now(), trusted=True)
        with pytest.raises(JobError, match="nothing is left to undo"):
            second.undo("deliver-1", "ben")
    assert (run.outcome, run.interruptions) == (DrillOutcome.PROVEN, 1)
    who = {entry.name: entry.by for entry in run.timeline}
    assert (who["first"], who["last"], run.ordered_by) == ("ana", "ben", "ana")
    assert [item.rpartition(".")[2] for item in book(root)] == ["first", "last"]


def test_stopped_it_can_be_undone_by_another_person(place: Place, root: Path) -> None:
    plan = only_lines(root, line("first"), line("last"))
    with stopping(place) as first:
        assert isinstance(ended(first, first.begin(order(plan, "deliver-1"), plan, now())), Stopped)
    assert book(root) == ["deliver-1.first"]
    with Conductor(place, "ben") as second:
        assert ended(second, second.undo("deliver-1", "ben")) is True
        run = result(second, "deliver-1")
        assert second.store.unfinished() == ()
    assert (run.outcome, run.detail, book(root)) == (DrillOutcome.NOT_PROVEN, "undone, as ben wanted", [])
    assert run.timeline[-2].happened is Happened.UNDONE and run.timeline[-2].by == "ben"


def test_one_that_runs_elsewhere_is_told_to_go_back(place: Place, root: Path) -> None:
    reached, go_on = threading.Event(), threading.Event()
    plan = only_lines(root, line("first"), blocking("wait", reached, go_on), line("last"))
    with Conductor(place, "ana") as first:
        workflow = first.begin(order(plan, "deliver-1"), plan, now())
        assert reached.wait(30)
        store, presence = place.store(), place.presence()
        stored = store.run("deliver-1")
        assert stored is not None and stored.executor is not None and presence.alive(stored.executor)
        store.say("deliver-1", "undo", "ben")
        go_on.set()
        assert ended(first, workflow) is True
        run = result(first, "deliver-1")
        store.close()
    assert (run.outcome, run.detail, book(root)) == (DrillOutcome.NOT_PROVEN, "undone, as ben wanted", [])


def test_what_cannot_be_undone_is_kept_until_it_can(place: Place, root: Path) -> None:
    stuck = replace(line("stuck"), undo=lambda scene: raise_(StepError("the disk is full")))
    bad = replace(line("bad"), do=lambda scene: raise_(StepError("no")), check=lambda scene: Todo())
    plan = only_lines(root, stuck, bad)
    with Conductor(place, "ana") as conductor:
        assert ended(conductor, conductor.begin(order(plan, "deliver-1"), plan, now())) is True
        assert result(conductor, "deliver-1").left == ("stuck: the disk is full",)
        with pytest.raises(JobError, match="left something behind; prodproof drill undo deliver-1"):
            conductor.resume("deliver-1", now(), trusted=True)
        with pytest.raises(BusyError):
            conductor.begin(order(plan, "deliver-2"), plan, now())
        assert ended(conductor, conductor.undo("deliver-1", "ana")) is True
        assert result(conductor, "deliver-1").left == ("stuck: the disk is full",)
    only_lines(root, line("stuck"), bad)
    with Conductor(place, "ana") as conductor:
        assert ended(conductor, conductor.undo("deliver-1", "ana")) is True
        run = result(conductor, "deliver-1")
        assert (run.outcome, run.detail, run.left, book(root)) == (DrillOutcome.FAILED, "bad: no", (), [])
        assert conductor.store.unfinished() == ()


def raise_(error: Exception) -> Any:
    raise error


def test_an_order_that_nobody_began_is_cleared_away(place: Place, root: Path) -> None:
    plan = only_lines(root)
    with Conductor(place, "ana") as conductor:
        conductor.queue(order(plan, "deliver-1"), plan, now())
    with Conductor(place, "ana") as conductor:
        stored = conductor.store.run("deliver-1")
        assert stored is not None and stored.executor is None
        assert ended(conductor, conductor.undo("deliver-1", "ana")) is True
        assert conductor.store.unfinished() == () and book(root) == []


def test_what_died_between_its_order_and_its_first_step_is_gone_on_with(
    place: Place, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = only_lines(root)
    with Conductor(place, "ana") as conductor:
        monkeypatch.setattr(Durable, "start", lambda *_: None)
        conductor.begin(order(plan, "deliver-1"), plan, now())
    monkeypatch.undo()
    monkeypatch.setattr(conduct, "registered", lambda: DRILLS_HERE)
    with Conductor(place, "ana") as conductor:
        assert ended(conductor, conductor.resume("deliver-1", now(), trusted=True)) is True
        assert result(conductor, "deliver-1").outcome is DrillOutcome.PROVEN


def test_a_plan_that_would_be_another_now_is_not_gone_on_with(place: Place, root: Path) -> None:
    plan = only_lines(root)
    with stopping(place) as first:
        assert isinstance(ended(first, first.begin(order(plan, "deliver-1"), plan, now())), Stopped)
    only_lines(root, line("first"), replace(line("last"), says="something else"))
    with Conductor(place, "ana") as second:
        with pytest.raises(JobError, match="would do it otherwise than the plan that was shown"):
            second.resume("deliver-1", now(), trusted=True)
        assert ended(second, second.undo("deliver-1", "ana")) is True
    assert book(root) == []


def test_what_is_refused_is_not_even_ordered(conductor: Conductor, root: Path) -> None:
    plan = only_lines(root)
    for wrong, says in (
        (replace(plan, declared=replace(plan.declared, trusted=False)), "only with your trust"),
        (replace(plan, exercise=replace(plan.exercise, lacks=lambda world: ["no space"])), "not begun: no space"),
    ):
        with pytest.raises(JobError, match=says):
            conductor.begin(order(wrong), wrong, now())
    assert conductor.store.runs() == ()


def test_an_order_that_was_slipped_into_the_database_is_not_followed(place: Place, root: Path) -> None:
    plan = only_lines(root)
    with stopping(place) as first:
        ended(first, first.begin(order(plan, "deliver-1"), plan, now()))
    with closing(sqlite3.connect(place.state / FILE_NAME)) as database, database:
        database.execute("""UPDATE drill_run SET "order" = replace("order", ?, '/')""", [str(root)])
    with Conductor(place, "ana") as second:
        with pytest.raises(JobError, match="not followed"):
            second.resume("deliver-1", now(), trusted=True)
        with pytest.raises(JobError, match="not followed"):
            second.undo("deliver-1", "ana")


def test_a_ledger_that_cannot_be_told_stops_it_before_its_end(
    place: Place, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from prodproof.ledger import LedgerError

    def refuse(*_: Any, **__: Any) -> Any:
        raise LedgerError("no space is left")

    plan = only_lines(root)
    with Conductor(place, "ana") as conductor, monkeypatch.context() as patch:
        patch.setattr(conduct, "open_ledger", refuse)
        said = ended(conductor, conductor.begin(order(plan, "deliver-1"), plan, now()))
        assert isinstance(said, Parked) and "the ledger cannot be told" in str(said)
        assert [item.id for item in conductor.store.unfinished()] == ["deliver-1"]
    with Conductor(place, "ana") as conductor:
        assert ended(conductor, conductor.resume("deliver-1", now(), trusted=True)) is True
        assert result(conductor, "deliver-1").outcome is DrillOutcome.PROVEN
    assert len(book(root)) == 2


def test_a_fault_of_a_step_leaves_a_report_without_a_value(conductor: Conductor, place: Place, root: Path) -> None:
    plan = only_lines(root, replace(line("first"), do=lambda scene: raise_(ValueError("hunter2"))))
    assert ended(conductor, conductor.begin(order(plan, "deliver-1"), plan, now())) is True
    run = result(conductor, "deliver-1")
    assert run.outcome is DrillOutcome.NOT_PROVEN and run.reason is not None and run.reason.value == "crashed"
    (report,) = (place.state / "crashes").iterdir()
    text = report.read_text()
    assert "ValueError" in text and "step first" in text and "hunter2" not in text
    assert str(report) in run.detail


def test_a_person_answers_from_another_process(place: Place, root: Path) -> None:
    plan = planned("ask", root)
    with Conductor(place, "ana") as conductor:
        workflow = conductor.begin(order(plan, "ask-1"), plan, now())
        store = place.store()
        deadline = time.monotonic() + 30
        while (stored := store.run("ask-1")) is None or stored.progress.get("doing") != "waiting":
            assert time.monotonic() < deadline
            time.sleep(0.05)
        assert stored.progress["whom"] == "ana" and stored.progress["until"]
        store.say("ask-1", "answer", "ana", "call", "done")
        store.close()
        assert ended(conductor, workflow) is True
        assert result(conductor, "ask-1").outcome is DrillOutcome.PROVEN


def test_what_it_keeps_is_for_nobody_else(conductor: Conductor, place: Place, root: Path) -> None:
    assert os.stat(place.state).st_mode & 0o077 == 0
    assert declared(root).data_stores == (STORE,)
