"""What a drill would do to one target: pure, printable, and with a digest that a second person can approve."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from prodproof import __version__
from prodproof.drills.drill import Documents, Drill, Exercise, PersonStep, Step, targets
from prodproof.facts import Reason, Subject, Unseen
from prodproof.facts.codec import digest, encode
from prodproof.facts.declared import Declared

MAX_DOCUMENT = 1024 * 1024


@dataclass(frozen=True)
class DrillPlan:
    """One drill for one target."""

    drill: Drill
    target: Any
    subject: Subject
    declared: Declared
    exercise: Exercise
    documents: Documents = field(default_factory=dict)
    """What it follows."""

    moment: datetime | None = None
    """The moment of the past that it is asked for; None: the newest."""

    @property
    def touches(self) -> tuple[Subject, ...]:
        """Everything that it may change; no other drill touches any of it meanwhile."""
        return tuple(sorted({self.subject, *(item for step in self.exercise.steps for item in step.touches)}))

    @property
    def at_most(self) -> float:
        """Seconds after which it has ended, persons included and undoing not."""
        return sum(step.time_limit for step in self.exercise.steps)

    @property
    def open_for(self) -> float:
        """Seconds for which a maintenance window must stay open when it begins: twice its objective, if it has one."""
        objective = self.exercise.objective
        return self.at_most if objective is None else min(self.at_most, 2 * objective)

    @property
    def irreversible(self) -> tuple[Step, ...]:
        """Steps from which there is no way back."""
        return tuple(step for step in self.exercise.steps if isinstance(step, Step) and step.irreversible)

    @property
    def digest(self) -> str:
        """SHA-256 over everything that a person approves: what is done, to what, by which version of the program."""
        return digest(
            {
                "version": __version__,
                "system": self.declared.system,
                "environment": self.declared.environment.name,
                "drill": self.drill.name,
                "subject": str(self.subject),
                "target": digest(encode(_anywhere(self.target))),
                "blast_radius": self.exercise.blast_radius,
                "objective": self.exercise.objective,
                "documents": dict(self.documents),
                "moment": self.moment.isoformat() if self.moment else None,
                "steps": [_said(step) for step in self.exercise.steps],
                "steady": [
                    {"name": item.name, "says": item.says, "every": item.every, "tolerate": item.tolerate}
                    for item in self.exercise.steady
                ],
            }
        )


def plan_drill(
    drill: Drill,
    target: Any,
    declared: Declared,
    documents: Documents | None = None,
    moment: datetime | None = None,
) -> DrillPlan | Unseen:
    """The plan of a drill for one of its targets, or why there is none.

    Args:
        drill: which one.
        target: the declared thing that it is about.
        declared: the system, for one environment.
        documents: what it follows; read from the repository if None.
        moment: of the past, that it is asked for (aware); None: the newest.
    """
    if moment is not None and not drill.moments:
        return Unseen(Reason.NOT_CONFIGURED, f"{drill.name} cannot be asked for a moment")
    texts = read_documents(drill, target, declared) if documents is None else documents
    if isinstance(texts, Unseen):
        return texts
    asked = {"moment": moment} if drill.moments else {}
    exercise = drill.design(target, declared, *((texts,) if drill.reads else ()), **asked)
    if isinstance(exercise, Unseen):
        return exercise
    return DrillPlan(drill, target, subject_of(target), declared, exercise, texts, moment)


def plan_for(
    drill: Drill, subject: Subject, declared: Declared, documents: Documents, moment: datetime | None = None
) -> DrillPlan | Unseen:
    """The plan of a drill for a declared subject, as it was when these documents were read; or why there is none."""
    for target in targets(drill, declared):
        if subject_of(target) == subject:
            return plan_drill(drill, target, declared, documents, moment)
    return Unseen(Reason.NOT_DECLARED, f"{subject} is not declared in {declared.environment.name}")


def read_documents(drill: Drill, target: Any, declared: Declared) -> dict[str, str] | Unseen:
    """The documents that a drill follows, by path."""
    found: dict[str, str] = {}
    for path in drill.reads(target, declared) if drill.reads else ():
        try:
            with open(Path(declared.root or ".") / path, encoding="utf-8") as file:
                found[path] = file.read(MAX_DOCUMENT + 1)
        except (OSError, UnicodeDecodeError):
            return Unseen(Reason.INCOMPLETE, f"{path} cannot be read")
        if len(found[path]) > MAX_DOCUMENT:
            return Unseen(Reason.INCOMPLETE, f"{path} is larger than {MAX_DOCUMENT // 1024} KB")
    return found


def subject_of(target: Any) -> Subject:
    """The subject that a declared thing is."""
    if isinstance(target, Declared):
        return Subject("system", target.system)
    subject = target.subject
    assert isinstance(subject, Subject)
    return subject


def _anywhere(target: Any) -> Any:
    """A target without what differs between the author's machine and the approver's."""
    return replace(target, root=None, trusted=False) if isinstance(target, Declared) else target


def _said(step: Step | PersonStep) -> dict[str, Any]:
    said: dict[str, Any] = {
        "name": step.name,
        "says": step.says,
        "time_limit": step.time_limit,
        "objective": step.objective,
        "touches": [str(item) for item in step.touches],
    }
    if isinstance(step, PersonStep):
        return said | {"whom": step.whom}
    return said | {
        "undo": step.undo_says,
        "irreversible": step.irreversible,
        "changes": step.changes,
        "lasting": step.lasting,
    }
