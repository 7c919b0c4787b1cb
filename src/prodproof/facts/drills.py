"""What a drill did: its timeline, and what came of it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from prodproof.facts.reason import Reason
from prodproof.facts.subject import Subject


class DrillOutcome(StrEnum):
    """What may be said after a drill; a closed list, so that none is skipped in silence."""

    PROVEN = "proven"
    """Every step was carried out and proved."""

    FAILED = "failed"
    """It was carried out, and something did not work."""

    NOT_PROVEN = "not-proven"
    """It could not be carried out."""


class EntryKind(StrEnum):
    """What a line of a timeline is about."""

    STEP = "step"
    PERSON = "person"
    """A step that a person does."""

    STEADY = "steady"
    """A look whether the system still does its work."""

    UNDO = "undo"


class Happened(StrEnum):
    """How one line of a timeline ended."""

    DONE = "done"
    """Carried out and proved; a steady state: well."""

    ALREADY = "already"
    """The world was so before: nothing was done, and nothing is to be undone."""

    FAILED = "failed"
    """It was carried out and did not work; a steady state: not well."""

    NOT_DONE = "not-done"
    """It could not be carried out, or nobody could see whether it was."""

    UNDONE = "undone"
    LEFT = "left"
    """It is still there, or nobody could see whether it is."""


@dataclass(frozen=True, kw_only=True)
class TimelineEntry:
    """One line of a drill's timeline."""

    name: str
    kind: EntryKind
    by: str
    """Who: the person that ran, resumed or answered it."""

    started: datetime
    ended: datetime
    happened: Happened
    detail: str = ""
    """One plain line. Never holds a secret."""

    digest: str = ""
    """SHA-256 of what it gave (canonical JSON); empty if it gave nothing."""

    took: float | None = None
    """Seconds by a clock that is never set; None where an interruption fell into it, so that nothing was measured."""

    objective: float | None = None
    """Seconds that it may take."""

    @property
    def objective_met(self) -> bool | None:
        """None without an objective, or where nothing was measured."""
        if self.objective is None or self.took is None or self.happened is not Happened.DONE:
            return None
        return self.took <= self.objective


@dataclass(frozen=True, kw_only=True)
class DrillRun:
    """One drill, from its beginning to its end."""

    id: str
    drill: str
    target: Subject
    plan: str
    """Digest of the plan that it followed."""

    ordered_by: str
    approved_by: str | None
    """The second person; None where none was needed."""

    started: datetime
    ended: datetime
    outcome: DrillOutcome
    reason: Reason | None
    """Why it is not proven; None for the other outcomes."""

    detail: str
    """One plain line: what was proved, what failed, what was missing."""

    timeline: tuple[TimelineEntry, ...]
    left: tuple[str, ...] = ()
    """What it made or changed and could not put back, one line each."""

    interruptions: int = 0
    """How often another process had to go on with it."""

    objective: float | None = None
    """Seconds that the whole may take."""

    took: float | None = None
    """Seconds from the first step to the last; None where an interruption fell into it."""

    moment: datetime | None = None
    """The moment of the past that it was asked for; None: the newest."""

    @property
    def objective_met(self) -> bool | None:
        """None without an objective, or where nothing was measured."""
        if self.objective is None or self.took is None or self.outcome is not DrillOutcome.PROVEN:
            return None
        return self.took <= self.objective
