"""What a restore drill saw: how long it took, what came back, and in what it differs from the source."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class DifferenceKind(StrEnum):
    """In what a restored copy is not what was backed up; each asks for another look at how backups are made."""

    MISSING_TABLE = "missing-table"
    MISSING_SEQUENCE = "missing-sequence"
    MISSING_OBJECT = "missing-object"
    """A view, function, index, constraint, column, type, trigger, policy, schema or extension."""

    CHANGED_OBJECT = "changed-object"
    EMPTY_TABLE = "empty-table"
    MISSING_ROWS = "missing-rows"
    CHANGED_ROWS = "changed-rows"
    EXTRA_ROWS = "extra-rows"
    SEQUENCE_BEHIND = "sequence-behind"
    """It gives out numbers that rows already have."""

    BROKEN_KEY = "broken-key"
    """Rows name rows of another table that are not there."""

    DAMAGED_PAGE = "damaged-page"
    """Pages, tables or indexes that the server or pg_amcheck cannot read rightly."""

    NOT_LOADED = "not-loaded"
    """The dump's own commands failed."""

    ROW_WITHOUT_FILE = "row-without-file"
    FILE_WITHOUT_ROW = "file-without-row"
    MISSING_FILE = "missing-file"
    CHANGED_FILE = "changed-file"
    INVARIANT = "invariant"
    """Something of which the team says that it is always so, and is not."""

    APPLICATION = "application"
    """The application does not work on it."""


class ComparedWith(StrEnum):
    """What the restored copy was held against."""

    REFERENCE = "reference"
    """Digests that were taken before and after the backup was made."""

    SOURCE = "source"
    """The source as it is now."""

    NOTHING = "nothing"
    """Only what the copy says of itself: pages, keys, sequences, and the team's invariants."""


class ScratchKind(StrEnum):
    """On what the restored data lay."""

    MEMORY = "memory"
    ENCRYPTED = "encrypted"
    DISK = "disk"
    """Wiped afterwards, and in clear until then."""


class MomentBy(StrEnum):
    """What says to which moment a restore brought the data back."""

    HEARTBEAT = "heartbeat"
    """The newest row of the table into which something is written all the time."""

    LOG = "log"
    """The newest transaction in the log that the server recovered from."""

    BACKUP = "backup"
    """The moment at which the backup's making began: no row was looked at."""


@dataclass(frozen=True, kw_only=True)
class Phase:
    """One part of the way back."""

    name: str
    seconds: float | None
    """None where an interruption fell into it."""

    proof: bool = False
    """Whether it only shows that the data are right: nobody needs to wait for it."""


@dataclass(frozen=True, kw_only=True)
class Difference:
    """One damage."""

    kind: DifferenceKind
    what: str
    """`public.orders`, `sequence public.orders_id_seq`, `media/a.jpg`."""

    says: str
    """One line, without any value of a row."""


@dataclass(frozen=True, kw_only=True)
class Undecided:
    """Something that differs from the source, where nothing says whether the source has only moved on."""

    what: str
    says: str


@dataclass(frozen=True, kw_only=True)
class NeededThing:
    """One thing without which the restore would not have worked."""

    what: str
    """`program`, `credential`, `place`."""

    name: str
    """Never a value."""

    came_from: str


@dataclass(frozen=True, kw_only=True)
class RestoreTested:
    """A data store that was restored from its newest backup, into a scratch that reaches nothing."""

    backup: str
    """Its name in the system file."""

    tool: str
    """`dump`, `pgbackrest`, `restic` …"""

    point: str = ""
    """The restore point, as the tool names it; empty where none was found."""

    made: datetime | None = None
    """When its making began."""

    size: int | None = None
    """Bytes that came back."""

    failure: str = ""
    """Why the data did not come back; empty if they did."""

    damage: str = ""
    """Of a broken backup: its kind (`truncated`, `missing-wal` …)."""

    verified: str = ""
    """What the tool's own verification did and said."""

    phases: tuple[Phase, ...] = ()
    needs: tuple[NeededThing, ...] = ()
    no_network: bool = False
    """Whether the restoring programs had no network at all; else only settings and an empty environment kept them
    from production."""

    scratch: ScratchKind = ScratchKind.DISK
    compared_with: ComparedWith = ComparedWith.NOTHING
    tables: int = 0
    """Tables, or files, that were compared."""

    rows: int = 0
    sampled: tuple[str, ...] = ()
    """Tables of whose rows only a part was compared; counted they all were."""

    uncompared: tuple[str, ...] = ()
    """What could not be compared, each with its reason."""

    differences: tuple[Difference, ...] = ()
    undecided: tuple[Undecided, ...] = ()
    invariants: int = 0
    """How many of the team's own checks were made."""

    application: bool | None = None
    """Whether the application answered on the copy; None: it was not started."""

    recovered_to: datetime | None = None
    recovered_by: MomentBy = MomentBy.BACKUP
    loss: float | None = None
    """Seconds between that moment and the beginning of the drill: what would have been lost."""

    rto: int | None = None
    """The declared objective, seconds."""

    rpo: int | None = None

    def differs(self, kind: DifferenceKind) -> tuple[Difference, ...]:
        """The differences of one kind."""
        return tuple(item for item in self.differences if item.kind is kind)


@dataclass(frozen=True, kw_only=True)
class PointInTimeTested:
    """A database that was brought back to the moment just before its data were corrupted."""

    backup: str
    tool: str
    failure: str = ""
    phases: tuple[Phase, ...] = ()
    marked: datetime | None = None
    """When the marker was written."""

    corrupted: datetime | None = None
    """When the marker was changed."""

    target: datetime | None = None
    """The moment that was recovered to."""

    marker_came_back: bool = False
    """As it was before it was changed."""

    corruption_came_back: bool = False
    loss: float | None = None
    """Seconds of work before the corruption that did not come back."""

    wal_lag: float | None = None
    """Seconds until the log of the marker lay in the archive."""

    rpo: int | None = None
    rto: int | None = None
