"""The engine of drills: what it writes down, what it proves, how it goes back; cut off at every record."""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from prodproof.drills.drill import (
    Done,
    Exercise,
    PersonStep,
    Proven,
    Refuted,
    Scene,
    SteadyState,
    Step,
    StepError,
    Todo,
    Values,
)
from prodproof.drills.plan import DrillPlan
from prodproof.facts import Reason, Unseen
from prodproof.facts.drills import DrillOutcome, EntryKind, Happened
from prodproof.runner import acts, bounded
from prodproof.runner.durable import Hangs, Stopped
from tests.drills.exercises import FILL, PROCESS, STEADY, book, line, planned, processes
from tests.runner.drill_records import SECONDS, CutError, Desk, Memory, forward, names, said, undone

DONE = [(name, Happened.DONE) for name in ("first", "fill", "start-process", "scratch", "last")]


def with_steps(plan: DrillPlan, *steps: Step | PersonStep, **changes: Any) -> DrillPlan:
    return replace(plan, exercise=replace(plan.exercise, steps=steps, **changes))


def nothing(name: str, **changes: Any) -> Step:
    """A step that does nothing, but for what the test says."""
    made: dict[str, Any] = {
        "name": name, "says": "nothing", "check": lambda scene: Todo(), "do": lambda scene: {},
        "prove": lambda scene: Proven(), "undo": lambda scene: None, "undo_says": "nothing", "time_limit": 20,
    }  # fmt: skip
    return Step(**{**made, **changes})


def doing(*acts: Callable[[Scene], object]) -> Callable[[Scene], Values]:
    """What a step does, where what it gives is of no interest."""

    def do(scene: Scene) -> Values:
        for act in acts:
            act(scene)
        return {}

    return do


def fails(error: Exception) -> Callable[[Scene], Values]:
    def do(scene: Scene) -> Values:
        raise error

    return do


@pytest.fixture
def deliver(tmp_path: Path) -> DrillPlan:
    return planned("deliver", tmp_path)


def test_every_step_is_looked_at_done_and_proved_and_all_but_the_lasting_put_back(
    deliver: DrillPlan, tmp_path: Path
) -> None:
    run = forward(deliver)
    assert (run.outcome, run.reason, run.left) == (DrillOutcome.PROVEN, None, ())
    assert [(item.name, item.happened) for item in run.timeline if item.kind is EntryKind.STEP] == DONE
    assert [item.name for item in run.timeline if item.kind is EntryKind.UNDO] == ["scratch", "start-process", "fill"]
    assert [item.name for item in run.timeline if item.kind is EntryKind.STEADY] == ["site, before", "site, after"]
    assert book(tmp_path) == ["deliver-0101-000000.first", "deliver-0101-000000.last"]
    assert names(tmp_path) == [] and processes("", tmp_path) == []


def test_each_step_is_timed_by_its_records(deliver: DrillPlan) -> None:
    run = forward(deliver)
    fill = next(item for item in run.timeline if item.name == "fill")
    assert (fill.took, fill.objective, fill.objective_met) == (3 * SECONDS, 15, True)
    assert run.took == 15 * SECONDS and run.objective_met is True
    assert fill.ended - fill.started == timedelta(seconds=3 * SECONDS)
    assert fill.by == "ana" and len(fill.digest) == 64


def test_what_was_so_before_is_not_done_and_not_undone(deliver: DrillPlan, tmp_path: Path) -> None:
    (tmp_path / "book").write_text("deliver-0101-000000.first\n")
    plan = with_steps(deliver, line("first"), nothing("bad", do=fails(StepError("no"))))
    run = forward(plan)
    assert [(item.name, item.happened) for item in run.timeline[1:3]] == [
        ("first", Happened.ALREADY),
        ("bad", Happened.FAILED),
    ]
    assert book(tmp_path) == ["deliver-0101-000000.first"]


# ---- cut off


def cut_at(number: int, when: str) -> Callable[[int, str], None]:
    def cut(at: int, moment: str) -> None:
        if (at, moment) == (number, when):
            raise CutError

    return cut


def short(tmp_path: Path) -> DrillPlan:
    """The drill without what takes long."""
    plan = planned("deliver", tmp_path)
    return with_steps(plan, line("first"), line("scratch", lasting=False), line("last"))


RECORDS = 13
CUTS = [(number, when) for number in range(RECORDS) for when in ("before", "acted", "after")]


def test_the_number_of_records_is_the_one_that_is_cut(tmp_path: Path) -> None:
    memory = Memory()
    forward(short(tmp_path), memory)
    assert len(memory.records) == RECORDS


@pytest.mark.parametrize(("number", "when"), CUTS)
def test_cut_off_anywhere_it_goes_on_and_does_nothing_twice(tmp_path: Path, number: int, when: str) -> None:
    plan, memory = short(tmp_path), Memory(cut=cut_at(number, when))
    with pytest.raises(CutError):
        forward(plan, memory)
    run = forward(plan, memory.again())
    assert (run.outcome, run.left) == (DrillOutcome.PROVEN, ())
    assert book(tmp_path) == ["deliver-0101-000000.first", "deliver-0101-000000.last"]
    assert names(tmp_path) == []
    assert run.interruptions == (1 if 0 < number + (when == "after") < RECORDS else 0)


@pytest.mark.parametrize(("number", "when"), CUTS)
def test_cut_off_anywhere_it_goes_back_and_leaves_nothing(tmp_path: Path, number: int, when: str) -> None:
    plan, memory = short(tmp_path), Memory(cut=cut_at(number, when))
    with pytest.raises(CutError):
        forward(plan, memory)
    run = undone(plan, memory)
    proven = number + (when == "after") > 10  # all steps were proved; it was putting back what does not last
    assert run.left == () and names(tmp_path) == []
    assert run.outcome is (DrillOutcome.PROVEN if proven else DrillOutcome.NOT_PROVEN)
    assert book(tmp_path) == (["deliver-0101-000000.first", "deliver-0101-000000.last"] if proven else [])


@pytest.mark.parametrize("number", range(4))
@pytest.mark.parametrize("when", ["before", "acted", "after"])
def test_an_undo_that_is_cut_off_goes_on(tmp_path: Path, number: int, when: str) -> None:
    plan, memory = short(tmp_path), Memory(cut=cut_at(9, "after"))
    with pytest.raises(CutError):
        forward(plan, memory)
    back = Memory("back", cut=cut_at(number, when))
    with pytest.raises(CutError):
        undone(plan, memory, memory=back)
    run = undone(plan, memory, memory=back.again())
    assert (run.outcome, run.left, book(tmp_path)) == (DrillOutcome.NOT_PROVEN, (), [])


def test_cut_off_twice_in_different_processes(tmp_path: Path) -> None:
    plan, memory = short(tmp_path), Memory(cut=cut_at(3, "acted"))
    with pytest.raises(CutError):
        forward(plan, memory)
    second = memory.again()
    second.cut = cut_at(7, "acted")
    with pytest.raises(CutError):
        forward(plan, second)
    run = forward(plan, second.again("three"))
    assert run.outcome is DrillOutcome.PROVEN and run.interruptions == 2
    assert run.took is None and run.objective_met is None, "nothing is measured across processes"
    assert len(book(tmp_path)) == len(set(book(tmp_path))) == 2


def test_what_was_cut_off_in_the_middle_is_looked_at_before_it_is_repeated(deliver: DrillPlan, tmp_path: Path) -> None:
    memory = Memory(cut=cut_at(5, "acted"))  # the folder is filled, and nobody wrote it down
    with pytest.raises(CutError):
        forward(deliver, memory)
    again = memory.again()
    run = forward(deliver, again)
    fill = next(item for item in run.timeline if item.name == "fill")
    assert (fill.happened, fill.took) == (Happened.DONE, None)
    assert "do fill" in again.acted and run.outcome is DrillOutcome.PROVEN


def test_a_check_that_cannot_see_after_an_interruption_does_not_act(tmp_path: Path) -> None:
    seen: list[str] = []
    blind = Unseen(Reason.DENIED, "the door is shut")
    step = nothing("blind", check=lambda scene: blind if seen else Todo(), do=doing(lambda scene: seen.append("did")))
    plan = with_steps(planned("deliver", tmp_path), step)
    memory = Memory(cut=cut_at(2, "acted"))
    with pytest.raises(CutError):
        forward(plan, memory)
    run = forward(plan, memory.again())
    assert seen == ["did"]
    assert (run.outcome, run.reason) == (DrillOutcome.NOT_PROVEN, Reason.DENIED)
    assert run.left == ("blind: nobody can see whether it is gone: the door is shut",)


# ---- what goes wrong


@pytest.mark.parametrize(
    ("step", "outcome", "reason", "detail"),
    [
        (nothing("x", do=fails(StepError("refused"))), DrillOutcome.FAILED, None, "x: refused"),
        (nothing("x", prove=lambda scene: Refuted("not so")), DrillOutcome.FAILED, None, "x: not so"),
        (
            nothing("x", do=lambda scene: Unseen(Reason.DENIED, "no right")),
            DrillOutcome.NOT_PROVEN, Reason.DENIED, "x: no right",
        ),
        (
            nothing("x", check=lambda scene: Unseen(Reason.UNREACHABLE, "nobody there")),
            DrillOutcome.NOT_PROVEN, Reason.UNREACHABLE, "x: nobody there",
        ),
        (
            nothing("x", prove=lambda scene: Unseen(Reason.TIMED_OUT, "silent")),
            DrillOutcome.NOT_PROVEN, Reason.TIMED_OUT, "x: silent",
        ),
        (
            nothing("x", do=fails(ValueError("the password is hunter2"))),
            DrillOutcome.NOT_PROVEN, Reason.CRASHED, "x: prodproof failed (ValueError)",
        ),
        (
            nothing("x", check=fails(ValueError("hunter2"))),
            DrillOutcome.NOT_PROVEN, Reason.CRASHED, "x: prodproof failed (ValueError)",
        ),
        (
            nothing("x", do=lambda scene: {"when": object()}),
            DrillOutcome.NOT_PROVEN, Reason.CRASHED, "x: prodproof failed (CanonicalizationError)",
        ),
    ],
)  # fmt: skip
def test_whatever_goes_wrong_in_a_step_is_told_and_the_rest_undone(
    tmp_path: Path, step: Step, outcome: DrillOutcome, reason: Reason | None, detail: str
) -> None:
    plan = with_steps(planned("deliver", tmp_path), line("first"), step, line("never"))
    memory = Memory()
    run = forward(plan, memory)
    assert (run.outcome, run.reason, run.detail) == (outcome, reason, detail)
    assert book(tmp_path) == [] and "look never" not in memory.acted
    assert "hunter2" not in str(memory.records) + str(run)


def test_a_step_that_takes_too_long_is_undone(tmp_path: Path) -> None:
    def slow(scene: Scene) -> Values:
        while not scene.ending():
            time.sleep(0.01)
        return {}

    undos: list[str] = []
    step = nothing("slow", do=slow, undo=lambda scene: undos.append(scene.key), time_limit=0.1)
    run = forward(with_steps(planned("deliver", tmp_path), step))
    assert (run.outcome, run.reason, run.detail) == (
        DrillOutcome.NOT_PROVEN,
        Reason.TIMED_OUT,
        "slow: did not end within 0.1 s",
    )
    assert undos == ["deliver-0101-000000.slow"]


def test_while_a_step_may_still_act_nothing_is_undone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounded, "GRACE", 0.05)
    monkeypatch.setattr(bounded.Bounded.run, "__defaults__", (0.05,))
    undos: list[str] = []
    step = nothing(
        "deaf", do=doing(lambda scene: time.sleep(1.5)), undo=lambda scene: undos.append("x"), time_limit=0.1
    )
    memory = Memory()
    with pytest.raises(Hangs, match="deaf does not end"):
        forward(with_steps(planned("deliver", tmp_path), step), memory)
    assert undos == [] and memory.records[-1][0] == "look deaf"


def test_an_undo_that_fails_is_left_and_the_others_go_on(tmp_path: Path) -> None:
    stuck = nothing("stuck", undo=fails(StepError("it will not go")))
    bad = nothing("bad", do=fails(StepError("no")))
    plan = with_steps(planned("deliver", tmp_path), line("first"), stuck, bad)
    memory = Memory()
    run = forward(plan, memory)
    assert (run.outcome, run.left, book(tmp_path)) == (DrillOutcome.FAILED, ("stuck: it will not go",), [])
    mended = with_steps(plan, line("first"), replace(stuck, undo=lambda scene: None), bad)
    back = Memory("back")
    run = undone(mended, memory, memory=back)
    assert (run.outcome, run.detail, run.left) == (DrillOutcome.FAILED, "bad: no", ())
    assert [name for name in back.acted if name.startswith("undo")] == ["undo stuck"], "the others are undone already"


def test_an_undo_after_which_it_is_still_there_is_left(tmp_path: Path) -> None:
    did: list[int] = []
    step = nothing(
        "sticky",
        check=lambda scene: Done() if did else Todo(),
        do=doing(lambda scene: did.append(1)),
        prove=lambda scene: Refuted("bad"),
    )
    run = forward(with_steps(planned("deliver", tmp_path), step))
    assert run.left == ("sticky: undone, and yet it is still there",)


def test_what_was_written_down_before_a_step_reaches_its_undo(tmp_path: Path) -> None:
    told: list[Any] = []
    step = nothing(
        "swap",
        check=lambda scene: Todo({"old": "blue"}),
        do=lambda scene: {"new": "red", "was": scene.was["old"]},
        prove=lambda scene: Refuted("wrong colour"),
        undo=lambda scene: told.append((scene.was, scene.gave["swap"])),
    )
    forward(with_steps(planned("deliver", tmp_path), step))
    assert told == [({"old": "blue"}, {"new": "red", "was": "blue"})]


def test_what_a_step_gave_reaches_those_after_it(tmp_path: Path) -> None:
    told: list[Any] = []
    one = nothing("one", do=lambda scene: {"port": 5432}, lasting=True)
    two = nothing("two", do=doing(lambda scene: told.append(scene.gave["one"]["port"])))
    plan = with_steps(planned("deliver", tmp_path), one, two)
    memory = Memory(cut=cut_at(6, "before"))
    with pytest.raises(CutError):
        forward(plan, memory)
    assert forward(plan, memory.again()).outcome is DrillOutcome.PROVEN
    assert told == [5432]


def test_beyond_a_step_that_cannot_be_undone_what_lasts_stays_and_the_rest_goes(tmp_path: Path) -> None:
    run = forward(planned("burn", tmp_path))
    assert (run.outcome, run.detail, run.left) == (DrillOutcome.FAILED, "phoenix: it did not rise", ())
    assert [item.rpartition(".")[2] for item in book(tmp_path)] == ["wood", "fire"]
    wood = run.timeline[-1]
    assert (wood.name, wood.happened) == ("wood", Happened.LEFT)
    assert wood.detail == "stays, for fire cannot be undone: ashes stay ashes"


def test_a_step_that_changes_nothing_is_not_undone(tmp_path: Path) -> None:
    measure = nothing("measure", undo=None, undo_says="", changes=False)
    memory = Memory()
    forward(with_steps(planned("deliver", tmp_path), measure), memory)
    assert not any(name.startswith("undo") for name in memory.acted)


# ---- the steady state


def test_nothing_is_begun_where_it_is_not_steady(deliver: DrillPlan, tmp_path: Path) -> None:
    (tmp_path / "down").touch()
    memory = Memory()
    run = forward(deliver, memory)
    assert (run.outcome, run.reason) == (DrillOutcome.NOT_PROVEN, Reason.INCOMPLETE)
    assert run.detail == "not begun, for it was not steady: site: it is down"
    assert memory.acted == ["steady before"]


def test_when_the_steady_state_breaks_it_undoes_itself(deliver: DrillPlan, tmp_path: Path) -> None:
    def break_it(scene: Scene) -> Values:
        (tmp_path / "down").touch()
        deadline = time.monotonic() + 10
        while not scene.ending() and time.monotonic() < deadline:
            time.sleep(0.01)
        return {}

    breaks = nothing("break", do=break_it, undo=lambda scene: (tmp_path / "down").unlink())
    run = forward(with_steps(deliver, line("first"), breaks, line("never")))
    assert (run.outcome, run.detail) == (
        DrillOutcome.FAILED,
        "undone by itself, for it was not steady: site: it is down",
    )
    assert book(tmp_path) == [] and run.timeline[-1].happened is Happened.DONE


def test_what_is_not_steady_afterwards_is_a_failure(deliver: DrillPlan, tmp_path: Path) -> None:
    breaks = nothing("break", do=doing(lambda scene: (tmp_path / "down").touch()))
    run = forward(with_steps(deliver, breaks, steady=(replace(STEADY, every=60),)))
    assert run.outcome is DrillOutcome.FAILED
    assert run.detail.endswith("not steady after: site: it is down")


def test_bad_looks_are_borne_with_as_often_as_it_says(tmp_path: Path) -> None:
    looks: Iterator[Proven | Refuted | Unseen] = iter(
        [Proven(), Refuted("x"), Refuted("x"), Proven(), Unseen(Reason.TIMED_OUT, "x"), Refuted("x"), Proven()]
    )
    wobbly = SteadyState(
        name="site", says="up", look=lambda scene: next(looks, Proven()), every=0.01, tolerate=2, time_limit=5
    )
    wait = nothing("wait", do=doing(lambda scene: time.sleep(0.5)))
    run = forward(with_steps(planned("deliver", tmp_path), wait, steady=(wobbly,)))
    assert run.outcome is DrillOutcome.PROVEN and ", 4 bad" in run.detail


def test_what_the_looks_keep_going_ends_with_the_drill(tmp_path: Path) -> None:
    left: list[str] = []
    state = replace(STEADY, leave=left.append)
    run = forward(with_steps(planned("deliver", tmp_path), nothing("well"), steady=(state,)))
    assert left == [run.id]


def test_what_the_looks_keep_going_ends_when_it_is_cut_off_and_when_it_was_undone(tmp_path: Path) -> None:
    left: list[str] = []

    def stops(scene: Scene) -> Values:
        raise Stopped

    state = replace(STEADY, leave=left.append)
    plan = with_steps(planned("deliver", tmp_path), nothing("stop", do=stops), steady=(state,))
    memory = Memory()
    with pytest.raises(Stopped):
        forward(plan, memory)
    assert len(left) == 1
    run = undone(plan, memory)
    assert len(left) > 1 and set(left) == {run.id}


# ---- people


def test_a_person_is_waited_for_and_named(tmp_path: Path) -> None:
    desk = Desk(answers={"call": said("answer", "done she knows", "call")})
    run = forward(planned("ask", tmp_path), desk=desk)
    call = next(item for item in run.timeline if item.kind is EntryKind.PERSON)
    assert run.outcome is DrillOutcome.PROVEN
    assert (call.by, call.happened, call.detail, call.objective) == ("ben", Happened.DONE, "she knows", 20)
    waiting = next(event for event in desk.events if event.doing == "waiting")
    assert (waiting.detail, waiting.whom) == ("call the lead", "ana") and waiting.until is not None


@pytest.mark.parametrize(
    ("answer", "outcome", "reason"),
    [("failed no answer", DrillOutcome.FAILED, None), ("cannot on leave", DrillOutcome.NOT_PROVEN, Reason.INCOMPLETE)],
)
def test_a_person_may_say_that_it_did_not_work(
    tmp_path: Path, answer: str, outcome: DrillOutcome, reason: Reason | None
) -> None:
    run = forward(planned("ask", tmp_path), desk=Desk(answers={"call": said("answer", answer, "call")}))
    assert (run.outcome, run.reason, run.detail) == (outcome, reason, f"call: {answer.partition(' ')[2]}")
    assert book(tmp_path) == []


def test_nobody_answers(tmp_path: Path) -> None:
    # The records of these tests are of March: the clock that was written down with the question has run out.
    run = forward(planned("ask", tmp_path))
    assert (run.outcome, run.reason) == (DrillOutcome.NOT_PROVEN, Reason.TIMED_OUT)
    assert run.detail == "call: nobody answered within 30 s" and book(tmp_path) == []


def test_while_it_waits_it_can_be_stopped_and_undone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Then(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> "Then":
            return cls(2026, 3, 1, 12, 0, 1, tzinfo=tz)

    monkeypatch.setattr(acts, "datetime", Then)
    with pytest.raises(Stopped):
        forward(planned("ask", tmp_path), Memory(stop=True))
    desk = Desk()
    memory = Memory(
        cut=lambda number, when: setattr(desk, "wish", said("undo")) if (number, when) == (5, "before") else None
    )
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    run = forward(planned("ask", elsewhere), memory, desk)
    assert (run.outcome, run.detail, book(elsewhere)) == (DrillOutcome.NOT_PROVEN, "undone, as ben wanted", [])
    assert memory.acted[5] == "answer call"


def test_a_wish_to_go_back_is_heard_before_the_next_step(deliver: DrillPlan, tmp_path: Path) -> None:
    memory = Memory()
    run = forward(deliver, memory, Desk(wish=said("undo")))
    assert (run.outcome, run.detail) == (DrillOutcome.NOT_PROVEN, "undone, as ben wanted")
    assert "do first" not in memory.acted and book(tmp_path) == []


# ---- going back without having gone


def test_undoing_what_nobody_began_does_nothing(deliver: DrillPlan, tmp_path: Path) -> None:
    run = undone(deliver, Memory())
    assert (run.outcome, run.left, book(tmp_path)) == (DrillOutcome.NOT_PROVEN, (), [])


def test_the_slow_steps_leave_nothing_when_they_are_undone(deliver: DrillPlan, tmp_path: Path) -> None:
    plan = with_steps(deliver, FILL, PROCESS, nothing("bad", do=fails(StepError("no"))))
    run = forward(plan)
    assert (run.outcome, run.left) == (DrillOutcome.FAILED, ())
    assert names(tmp_path) == [] and processes("", tmp_path) == []


def test_an_exercise_is_told_apart_from_another(deliver: DrillPlan) -> None:
    other = replace(deliver, exercise=Exercise(steps=(line("first"),), blast_radius="more"))
    assert deliver.digest != other.digest
