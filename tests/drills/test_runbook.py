"""Executable runbooks: what is wrong with one is found before anything of it is run."""

import shutil
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from prodproof.drills.drill import (
    Documents,
    Done,
    Exercise,
    PersonStep,
    Proven,
    Refuted,
    Scene,
    Step,
    StepError,
    Todo,
    drill,
)
from prodproof.drills.plan import DrillPlan, plan_drill, plan_for
from prodproof.drills.runbook import steps_of
from prodproof.facts import Reason, Subject, Unseen
from prodproof.facts.declared import DataStore, Declared
from prodproof.reach.runbooks.book import parse
from prodproof.reach.runbooks.checked import lacking
from prodproof.reach.world import World
from tests.drills.exercises import STORE, declared
from tests.reach.runbooks.books import BOOK, block, book


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    system = declared(tmp_path)
    return Scene("close-1", system, STORE, World(declared=system, now=datetime.now(UTC)))


def test_a_runbook_becomes_the_steps_of_a_drill(tmp_path: Path) -> None:
    stop, tell, count = steps_of(parse(BOOK, "docs/close.md"))
    assert isinstance(stop, Step) and isinstance(tell, PersonStep) and isinstance(count, Step)
    assert (stop.name, stop.says, stop.time_limit, stop.objective) == ("stop-writers", "Stop the writers", 60, 20)
    assert stop.undo_says == "line 16 of the runbook"
    assert (tell.says, tell.whom, tell.time_limit) == ("Say in the channel that the shop is closed.", "on-call", 900)
    assert not count.changes


def test_its_steps_are_carried_out_and_undone(tmp_path: Path, scene: Scene) -> None:
    stop, _, count = steps_of(parse(BOOK, "docs/close.md"))
    assert isinstance(stop, Step) and isinstance(count, Step) and stop.undo is not None
    scene = replace(scene, step=stop.name)
    assert stop.check(scene) == Todo()
    assert stop.do(scene) == {"output": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", "lines": 0}
    assert isinstance(stop.check(scene), Done)
    assert stop.prove(scene) == Proven()
    stop.undo(scene)
    assert stop.check(scene) == Todo()
    assert stop.prove(scene) == Refuted("check ended with exit code 1")
    gave = count.do(scene)
    assert not isinstance(gave, Unseen) and gave["lines"] == 1


def test_what_a_command_prints_is_not_kept(tmp_path: Path, scene: Scene) -> None:
    (step,) = steps_of(parse(block("sh step=look looks", "echo hunter2; echo hunter2 >&2"), "x.md"))
    assert isinstance(step, Step)
    assert "hunter2" not in str(step.do(scene))
    (step,) = steps_of(parse(block("sh step=look looks", "echo hunter2 >&2; exit 3"), "x.md"))
    assert isinstance(step, Step)
    with pytest.raises(StepError, match=r"^exit code 3, line 2 of the runbook$"):
        step.do(scene)


def test_a_failure_in_the_middle_of_a_block_counts(scene: Scene) -> None:
    for language, script in (("sh", "false\ntrue"), ("bash", "false | true\ntrue")):
        (step,) = steps_of(parse(block(f"{language} step=look looks", script), "x.md"))
        assert isinstance(step, Step)
        with pytest.raises(StepError, match="exit code 1"):
            step.do(scene)


def test_a_check_that_is_no_answer_is_unseen(scene: Scene) -> None:
    text = block("sh step=a lasting") + block("sh check=a", "exit 7") + block("sh undo=a")
    (step,) = steps_of(parse(text, "x.md"))
    assert isinstance(step, Step) and step.lasting
    assert step.check(scene) == Unseen(Reason.INCOMPLETE, "its check ended with exit code 7; 0 and 1 are answers")


def test_a_step_knows_its_own_name_at_each_attempt(tmp_path: Path, scene: Scene) -> None:
    (step,) = steps_of(parse(block("sh step=a looks", 'echo "$PRODPROOF_STEP" >> name'), "x.md"))
    assert isinstance(step, Step)
    for _ in range(2):
        step.do(replace(scene, step="a"))
    assert (tmp_path / "name").read_text() == "close-1.a\n" * 2


CLOSE = drill("close", per=DataStore, reads=lambda store, system: ("docs/close.md",))


def follow(store: DataStore, system: Declared, documents: Documents) -> Exercise:
    """Close the shop, as its runbook says."""
    made = parse(documents["docs/close.md"], "docs/close.md")
    return Exercise(steps=steps_of(made), blast_radius="the shop", lacks=lacking(made))


def test_a_drill_follows_what_it_read_when_it_was_ordered(tmp_path: Path) -> None:
    closing, root = CLOSE(follow), book(tmp_path)
    plan = plan_drill(closing, STORE, declared(root))
    assert isinstance(plan, DrillPlan) and dict(plan.documents) == {"docs/close.md": BOOK}
    book(tmp_path, BOOK.replace("rm -f stopped", "rm -rf /"))
    later = plan_drill(closing, STORE, declared(root))
    assert isinstance(later, DrillPlan) and later.digest != plan.digest, "a changed command needs another approval"
    again = plan_for(closing, Subject("store", "shop"), declared(root), plan.documents)
    assert isinstance(again, DrillPlan) and again.digest == plan.digest


def test_a_document_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    closing = CLOSE(follow)
    missing_book = plan_drill(closing, STORE, declared(tmp_path))
    assert missing_book == Unseen(Reason.INCOMPLETE, "docs/close.md cannot be read")
    book(tmp_path)
    (tmp_path / "docs" / "close.md").write_bytes(b"\xff\xfe\x00")
    assert plan_drill(closing, STORE, declared(tmp_path)) == missing_book
    (tmp_path / "docs" / "close.md").write_text("x" * 2_000_000)
    assert plan_drill(closing, STORE, declared(tmp_path)) == Unseen(
        Reason.INCOMPLETE, "docs/close.md is larger than 1024 KB"
    )


def test_what_is_missing_is_told_with_its_place(tmp_path: Path, scene: Scene) -> None:
    made = parse("[gone](gone.md)\n\n" + block("sh step=a looks", "frobnicate"), "docs/close.md")
    world = World(declared=scene.declared, now=scene.world.now, tools=shutil.which)
    assert list(lacking(made)(world)) == [
        "docs/close.md:1: the link gone.md leads nowhere",
        "docs/close.md:4: a: there is no command frobnicate",
    ]
