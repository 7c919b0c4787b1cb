"""What a restore drill saw: how long it took, what came back, and in what it differs from the source."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from prodproof.facts.erasures import ReErased


class DifferenceKind(StrEnum):
    """In what a restored copy is not what was backed up; each asks for another look at how backups are made.

    The gravest first: what came later mostly follows from it.
    """

    NOT_LOADED = "not-loaded"
    """The dump's own commands failed."""

    DAMAGED_PAGE = "damaged-page"
    """Pages, tables or indexes that the server or pg_amcheck cannot read rightly."""

    MISSING_TABLE = "missing-table"
    EMPTY_TABLE = "empty-table"
    MISSING_ROWS = "missing-rows"
    CHANGED_ROWS = "changed-rows"
    EXTRA_ROWS = "extra-rows"
    BROKEN_KEY = "broken-key"
    """Rows name rows of another table that are not there."""

    MISSING_FILE = "missing-file"
    CHANGED_FILE = "changed-file"
    ROW_WITHOUT_FILE = "row-without-file"
    FILE_WITHOUT_ROW = "file-without-row"
    MISSING_SEQUENCE = "missing-sequence"
    SEQUENCE_BEHIND = "sequence-behind"
    """It gives out numbers that rows already have."""

    MISSING_OBJECT = "missing-object"
    """A view, function, index, constraint, column, type, trigger, policy, schema or extension."""

    CHANGED_OBJECT = "changed-object"
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


class Origin(StrEnum):
    """Where something came from that a restore needed: what is asked when production is gone."""

    UNSAID = "unsaid"
    MACHINE = "machine"
    """Installed on the machine that the drill ran on; it can be installed elsewhere."""

    FILE = "file"
    """A file of that machine."""

    ENVIRONMENT = "environment"
    """The environment of the run: whoever began the drill had it."""

    MANAGER = "manager"
    """A declared manager of secrets."""

    STORE = "store"
    """The store of the backups itself."""

    REPOSITORY = "repository"
    """A file of the team's repository."""

    NOWHERE = "nowhere"
    """It was not there; the copy was made to do without."""


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
    kind: DifferenceKind | None = None
    """What it would be, where that is known; only the kinds of what is missing are told."""


@dataclass(frozen=True, kw_only=True)
class NeededThing:
    """One thing without which the restore would not have worked."""

    what: str
    """`program`, `credential`, `place`, `role`."""

    name: str
    """Never a value."""

    came_from: str
    """In words."""

    origin: Origin = Origin.UNSAID
    manager: str = ""
    """Of a secret from a manager: its name in the system file."""

    apart: str = ""
    """The place apart from production in which that manager stands, as declared; empty: it is production's own."""


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

    only_reached: tuple[str, ...] = ()
    """Where the restoring programs reached the store of the backups and nothing else: its hosts and ports."""

    production_here: str | None = None
    """What of production the machine is that the drill ran on, in words (`the server of database`); empty: nothing of
    it; None: nothing said where production is, or it could not be looked up."""

    scratch: ScratchKind = ScratchKind.DISK
    compared_with: ComparedWith = ComparedWith.NOTHING
    tables: int = 0
    """Tables, or files, that were compared."""

    rows: int = 0
    of_rows: bool = False
    """Whether the store holds rows; else files."""

    sampled: tuple[str, ...] = ()
    """Tables of whose rows only a part was compared; counted they all were."""

    unlogged: tuple[str, ...] = ()
    """Tables of PostgreSQL that keep no log: a restore may bring them back empty, so they are not among those that were
    compared, and nothing is said of their rows."""

    uncompared: tuple[str, ...] = ()
    """What could not be compared, each with its reason."""

    unheld: tuple[str, ...] = ()
    """What was held against nothing, for there is nothing, each with its reason."""

    differences: tuple[Difference, ...] = ()
    undecided: tuple[Undecided, ...] = ()
    invariants: int = 0
    """How many of the team's own checks were made."""

    re_erased: tuple[ReErased, ...] = ()
    """People who had been erased since the backup was made, and came back with it."""

    application: bool | None = None
    """Whether the application answered on the copy; None: it was not started."""

    recovered_to: datetime | None = None
    recovered_by: MomentBy = MomentBy.BACKUP
    loss: float | None = None
    """Seconds between that moment and the beginning of the drill: what would have been lost."""

    rto: int | None = None
    """The declared objective, seconds."""

    rpo: int | None = None
    moment: datetime | None = None
    """The moment that the drill was asked to restore to, and loss is counted from; None: the newest data."""

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

    forced: bool = False
    """Whether the segment of the log was ended for that, so that nobody waited until it was full."""

    archive_timeout: int | None = None
    """Seconds after which the server ends a segment by itself; 0: when it is full. None: it was not read."""

    rpo: int | None = None
    rto: int | None = None
