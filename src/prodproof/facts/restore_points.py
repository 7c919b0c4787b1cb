"""What there is to restore from: the points of a store of backups, and what its own verification says of them."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Contents(StrEnum):
    """What a restore gives."""

    DATA_DIRECTORY = "data-directory"
    """A whole PostgreSQL cluster, as its server keeps it."""

    DUMP = "dump"
    """What pg_dump writes; `form` says which of its formats."""

    FILES = "files"
    SQLITE = "sqlite"
    MYSQL_DUMP = "mysql-dump"
    """SQL statements, as mariadb-dump or mysqldump write them."""


class PointKind(StrEnum):
    """On what a restore point builds."""

    FULL = "full"
    INCREMENTAL = "incremental"
    """Needs the one before it."""

    DIFFERENTIAL = "differential"
    """Needs the last full one."""

    SNAPSHOT = "snapshot"
    """Of a repository that stores every piece of data once: whole by itself, small as it is."""


class Damage(StrEnum):
    """How a backup is broken; each asks for another remedy."""

    TRUNCATED = "truncated"
    """It ends early."""

    CORRUPT = "corrupt"
    """Its bytes are not those that were written."""

    MISSING = "missing"
    """A file that belongs to it is not there."""

    MISSING_WAL = "missing-wal"
    """A segment of the write-ahead log that a restore needs is not there."""

    EMPTY = "empty"
    """There is nothing in it."""

    FAILED = "failed"
    """The tool itself says that making it went wrong, or never ended."""


@dataclass(frozen=True, kw_only=True)
class Sound:
    """A restore point that stood its verification. That it can be restored is not shown by this."""

    says: str
    """What was done, in one line."""

    deep: bool
    """Whether every byte was read."""


@dataclass(frozen=True, kw_only=True)
class Damaged:
    """A restore point that cannot be restored, or not wholly."""

    damage: Damage
    says: str
    """What is broken, in one line. Never holds a secret."""


@dataclass(frozen=True, kw_only=True)
class WalRange:
    """The write-ahead log that lies beside a physical backup: restores to a moment are possible within it."""

    first: str
    """Name of the segment in which the backup begins."""

    needed: str
    """Name of the segment up to which the log must be there for the backup to be of any use."""

    last: str
    """Name of the newest segment that there is."""


@dataclass(frozen=True, kw_only=True)
class RestorePoint:
    """One state that data can be brought back to. None stands for what the tool does not say."""

    id: str
    """As the tool names it: a label, a snapshot's id, a file's name."""

    started: datetime | None = None
    """When its making began: what was written later may be missing in it."""

    completed: datetime | None = None
    """When it was whole."""

    size: int | None = None
    """Bytes, as they lie there; of repositories that store every piece once, bytes before that."""

    restored_size: int | None = None
    """Bytes that it takes once it is restored."""

    kind: PointKind = PointKind.FULL
    contents: Contents | None = None
    form: str = ""
    """Format of a dump (`plain`, `custom`, `directory`), of an archive (`tar.gz`), as far as it shows."""

    encrypted: str | None = None
    """With what: `aes-256-cbc`, `repokey`, `age`, `AES256 (server side)`; empty: not; None: the tool does not say."""

    store_key: bool = False
    """Whether the store that it lies in keeps the only key and opens it by itself: whoever may read it there gets it in
    clear (S3's own AES256)."""

    where: str = ""
    """The place, as people know it; holds no secret."""

    keep_until: datetime | None = None
    """Until when it is kept, where the store itself says so (a lock, a retention date)."""

    verified_at: datetime | None = None
    """When the tool last verified it, by its own record."""

    server_version: str = ""
    """Of the server that was copied: `15.14`."""

    wal: WalRange | None = None
    trouble: str = ""
    """What the tool itself says is wrong with it; empty if nothing."""
