"""What a look at a runbook saw: how many steps can be followed, and what it names that is not there."""

from dataclasses import dataclass
from enum import StrEnum


class RunbookProblemKind(StrEnum):
    """What keeps a runbook from being followed; each is mended in another way."""

    FORM = "form"
    """A step that is not written so that it could be carried out."""

    SCRIPT = "script"
    """A script that no shell can read."""

    COMMAND = "command"
    """A command of the repository that is not there."""

    PROGRAM = "program"
    """A program that is not installed on the machine that looked; it may be where the runbook is followed."""

    FILE = "file"
    """A file that a step reads, or the runbook itself."""

    LINK = "link"
    """A link that leads nowhere."""

    OWNER = "owner"
    """A step, or the whole, that nobody answers for."""


@dataclass(frozen=True, order=True)
class RunbookProblem:
    """One thing that keeps a runbook from being followed."""

    line: int
    """Counted from 1."""

    message: str
    kind: RunbookProblemKind = RunbookProblemKind.FORM


@dataclass(frozen=True, kw_only=True)
class RunbookChecked:
    """A runbook, or one section of it, that was read; nothing of it was run."""

    path: str
    """`runbooks/database.md`, or with one heading of it: `runbooks/database.md#a-table-was-deleted`."""

    owner: str = ""
    steps: int = 0
    """Steps that a drill can carry out."""

    persons: int = 0
    """Steps that a drill asks a person to do."""

    prose: int = 0
    """List items and command blocks that are written for people alone."""

    problems: tuple[RunbookProblem, ...] = ()
    unasked: tuple[str, ...] = ()
    """Links of which nobody saw whether they lead somewhere: to sites that are not the team's own, which are not asked,
    and to pages that could not be read."""


@dataclass(frozen=True, kw_only=True)
class RecoveryRunbookChecked(RunbookChecked):
    """A runbook for getting data back: of a scenario, or one that is declared to cover `recovery.runbook`."""


@dataclass(frozen=True, kw_only=True)
class LeakRunbookChecked(RunbookChecked):
    """A runbook for a secret that is exposed: one that is declared to cover `leak`."""
