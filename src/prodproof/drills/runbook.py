"""A runbook followed: its steps as those of a drill."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from prodproof.drills.drill import Done, PersonStep, Proven, Refuted, Scene, Step, StepError, Todo, Values
from prodproof.facts import Reason, Unseen
from prodproof.reach.marked import MARK
from prodproof.reach.process import Finished, run
from prodproof.reach.runbooks.book import SHELLS, Block, BookStep, Runbook, seconds_of

DEFAULT_SECONDS = 60.0
PERSON_SECONDS = 1800.0


@dataclass(frozen=True)
class Around:
    """In what the scripts of a runbook run."""

    variables: Mapping[str, str] = field(default_factory=dict)
    """Environment variables beside the few that every program gets."""

    words: tuple[str, ...] = ()
    """What stands before the shell, to cut it off."""


Surroundings = Callable[[Scene], Around | Unseen]


def nothing_around(scene: Scene) -> Around:
    """Scripts that run as they are."""
    return Around()


def steps_of(book: Runbook, around: Surroundings = nothing_around) -> tuple[Step | PersonStep, ...]:
    """The steps of a drill that follows a runbook. Its commands run in the repository, and need its trust.

    Args:
        book: the runbook.
        around: in what its scripts run, once the drill has come there.
    """
    return tuple(_person(step) if step.act.language == "person" else _step(step, around) for step in book.steps)


def _person(step: BookStep) -> PersonStep:
    terms = step.act.terms
    return PersonStep(
        name=step.id,
        says=" ".join(step.act.script.split()),
        time_limit=seconds_of(terms.get("time", "")) or PERSON_SECONDS,
        objective=seconds_of(terms.get("objective", "")),
        whom=terms.get("whom", ""),
    )


def _step(step: BookStep, around: Surroundings) -> Step:
    terms = step.act.terms
    seconds = seconds_of(terms.get("time", "")) or DEFAULT_SECONDS
    undo = step.blocks.get("undo")

    def check(scene: Scene) -> Todo | Done | Unseen:
        if (block := step.blocks.get("check")) is None:
            return Todo()
        ran = _run(block, scene, seconds, around)
        match ran:
            case Finished(0):
                return Done(_gave(ran))
            case Finished(1):
                return Todo()
            case Finished(code):
                return Unseen(Reason.INCOMPLETE, f"its check ended with exit code {code}; 0 and 1 are answers")
            case Unseen():
                return ran

    def do(scene: Scene) -> Values | Unseen:
        ran = _run(step.act, scene, seconds, around)
        if isinstance(ran, Unseen):
            return ran
        if ran.code != 0:
            raise StepError(f"exit code {ran.code}, line {step.act.line} of the runbook")
        return _gave(ran)

    def prove(scene: Scene) -> Proven | Refuted | Unseen:
        block = step.blocks.get("prove") or step.blocks.get("check")
        if block is None:
            return Proven("it ended with exit code 0")
        ran = _run(block, scene, seconds, around)
        if isinstance(ran, Unseen):
            return ran
        return Proven() if ran.code == 0 else Refuted(f"{block.role} ended with exit code {ran.code}")

    def go_back(scene: Scene) -> None:
        assert undo is not None
        ran = _run(undo, scene, seconds, around)
        if isinstance(ran, Unseen):
            raise StepError(ran.detail)
        if ran.code != 0:
            raise StepError(f"its undo ended with exit code {ran.code}")

    return Step(
        name=step.id,
        says=step.title,
        check=check,
        do=do,
        prove=prove,
        undo=go_back if undo else None,
        undo_says=f"line {undo.line} of the runbook" if undo else "",
        irreversible=terms.get("irreversible", ""),
        changes="looks" not in terms,
        lasting="lasting" in terms,
        time_limit=seconds,
        objective=seconds_of(terms.get("objective", "")),
    )


def _run(block: Block, scene: Scene, seconds: float, around: Surroundings) -> Finished | Unseen:
    """Run a block in the repository; it finds the step's own name, the same at each attempt, in PRODPROOF_STEP."""
    assert scene.declared.root is not None
    found = around(scene)
    if isinstance(found, Unseen):
        return found
    return run(
        [*found.words, *SHELLS[block.language], block.script],
        timeout=seconds,
        cwd=Path(scene.declared.root),
        env={**found.variables, MARK: scene.key},
    )


def _gave(ran: Finished) -> Values:
    # What a command prints may hold a secret, so only its digest is kept.
    return {"output": hashlib.sha256(ran.stdout).hexdigest(), "lines": ran.stdout.count(b"\n")}
