"""One data store with all copies of it: when each was begun and whole, and how far its log is archived."""

from dataclasses import dataclass
from datetime import datetime

from prodproof.facts.unseen import Unseen


@dataclass(frozen=True, kw_only=True)
class Moment:
    """One restore point that can be used. None stands for what its tool does not say."""

    started: datetime | None = None
    completed: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class BackupMoments:
    """The restore points of one backup."""

    backup: str
    """Its name in the system file."""

    kind: str
    offsite: bool = False
    """Whether they are declared to lie apart from production."""

    moments: tuple[Moment, ...] = ()
    """Newest first; those of which the tool says that something is wrong are left out."""

    log_until: str = ""
    """The newest segment of the write-ahead log that lies beside them; empty: there is none."""


@dataclass(frozen=True, kw_only=True)
class UnlistedBackup:
    """A backup whose restore points could not be listed."""

    backup: str
    offsite: bool
    unseen: Unseen


@dataclass(frozen=True, kw_only=True)
class Archiving:
    """How a PostgreSQL server hands its write-ahead log on."""

    archives: bool
    """Whether archiving is on, and has somewhere to put segments."""

    timeout: int = 0
    """Seconds after which a segment that is not full is handed on all the same; 0: never."""

    last: str = ""
    """Name of the segment that was archived last; empty: none was since the statistics began."""

    last_at: datetime | None = None
    waiting_since: datetime | None = None
    """Since when the segment waits that is full and not archived, the longest of them; None: none waits."""

    received: float | None = None
    """Seconds by which a program that takes the log as it is written (pg_receivewal, Barman) is behind; None: no such
    program."""


@dataclass(frozen=True, kw_only=True)
class StoreBackups:
    """One declared data store."""

    looked: datetime
    backups: tuple[BackupMoments, ...] = ()
    unlisted: tuple[UnlistedBackup, ...] = ()
    keep: int | None = None
    """Seconds for which copies are kept at least, as declared."""

    archiving: Archiving | Unseen | None = None
    """Asked before the restore points were listed. None: it is no PostgreSQL."""
