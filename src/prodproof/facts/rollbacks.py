"""What was seen when an application went back to its previous version, on a scratch database."""

from dataclasses import dataclass
from enum import StrEnum


class Phase(StrEnum):
    """The parts of a rollback, in their order."""

    BEFORE = "before"
    """The previous version on its own schema."""

    UPGRADE = "upgrade"
    """The current version's migrations."""

    CURRENT = "current"
    """The current version at work."""

    ROLLBACK = "rollback"
    """Going back, until the previous version answers."""

    PREVIOUS = "previous"
    """The previous version at work again, on what the current one left."""

    AGAIN = "again"
    """Forward once more."""


class Trouble(StrEnum):
    """What can be wrong with a way back."""

    NOT_PREPARED = "not-prepared"
    """What it needs could not be installed."""

    NOT_STARTED = "not-started"
    """The version does not start, or a command of it cannot be run."""

    UNHEALTHY = "unhealthy"
    """It started, and its health check does not answer with 200."""

    WRONG_VERSION = "wrong-version"
    """Its version page names another version, or none."""

    MIGRATION = "migration"
    """Migrations fail."""

    IRREVERSIBLE = "irreversible"
    """A migration has no way back."""

    UNREADABLE = "unreadable"
    """Rows that are there cannot be read."""

    UNWRITABLE = "unwritable"
    """Rows that could be written before cannot be written any more."""

    LOST = "lost"
    """Rows that were written are gone."""

    QUEUE = "queue"
    """Queued work cannot be carried out."""


@dataclass(frozen=True, kw_only=True)
class RollbackTrouble:
    """One thing that stands in the way."""

    trouble: Trouble
    phase: Phase
    what: str
    """A model (`shop.Order`), a migration (`shop.0003_no_name`), a command, a path."""

    detail: str
    """One plain line, without values."""


@dataclass(frozen=True, kw_only=True)
class Version:
    """One version that was run."""

    asked: str
    """The tag, branch or commit that it was found by."""

    commit: str


@dataclass(frozen=True, kw_only=True)
class PhaseTime:
    """How long a part took."""

    phase: Phase
    seconds: float


@dataclass(frozen=True, kw_only=True)
class RollbackTried:
    """A rollback that was carried out, as far as it came."""

    current: Version
    previous: Version
    database: str
    """`sqlite` or `postgresql`."""

    copied: bool
    """Whether it began with a copy of real data, and not with an empty database."""

    cut_off: bool
    """Whether the versions ran without a network."""

    migrations: tuple[str, ...] = ()
    """Of the current version, that the previous one does not have."""

    irreversible: tuple[str, ...] = ()
    """Those of them that have no way back."""

    reversed: bool = False
    """Whether they were undone before the previous version ran."""

    phases: tuple[PhaseTime, ...] = ()
    """Those that were carried out."""

    models: int = 0
    """Models of the previous version whose rows were read and written on the newer schema, or should have been."""

    untried: tuple[str, ...] = ()
    """Models of which no row could be made up even on the previous version's own schema, so that nothing is known of
    writing them."""

    queue: bool | None = None
    """Whether queued work of the current version was carried out by the previous one; None: nothing is declared."""

    version_page: bool | None = None
    """Whether the running versions named themselves; None: no page is declared."""

    troubles: tuple[RollbackTrouble, ...] = ()
    objective: float | None = None
    """Seconds until the previous version must serve."""

    took: float | None = None
    """Seconds until it did."""
