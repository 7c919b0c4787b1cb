"""Copies of data: what can be restored from them, and what a search of them for secrets covered and found."""

from dataclasses import dataclass
from datetime import datetime

from prodproof.facts.restore_points import Damaged, RestorePoint, Sound
from prodproof.facts.traced import SecretSeen, Traced
from prodproof.facts.unseen import Unseen


@dataclass(frozen=True, kw_only=True)
class BackupSearch:
    """The files of one declared backup, searched through."""

    kind: str
    """`archive`, `dump`, `folder`."""

    files: tuple[str, ...]
    encrypted: tuple[str, ...] = ()
    """Files that nobody can look into without a key, by name and scheme: `shop.dump.age (age)`."""

    traced: Traced
    """Of what is no data of a database, and of exact values wherever they are."""

    in_data: tuple[SecretSeen, ...] = ()
    """What only looks like a secret, within rows of a database: users' data as a rule."""


@dataclass(frozen=True, kw_only=True)
class VerifiedPoint:
    """What the tool's own verification said of one restore point."""

    id: str
    deep: bool
    result: Sound | Damaged | Unseen


@dataclass(frozen=True, kw_only=True)
class RetentionSet:
    """For how long copies are kept, by the settings of what takes them away: a time or a number."""

    says: str
    """Setting and value, as its documentation names it: `repo1-retention-full=7`."""

    seconds: int | None = None
    """None: it counts copies, or keeps all of them."""

    count: int | None = None
    """How many whole copies are kept; None: it counts time."""


@dataclass(frozen=True, kw_only=True)
class BackupInventory:
    """One declared backup: what can be restored from it, and how it stands."""

    kind: str
    """As declared: `pgbackrest`, `restic`, `dump` ..."""

    store: str = ""
    """The data store that it copies; empty if nothing is said."""

    points: tuple[RestorePoint, ...] = ()
    """Newest first; none: the store is there and empty."""

    verified: tuple[VerifiedPoint, ...] = ()
    """Of the newest point, and of others as far as the tool looks at all of them."""

    keep: int | None = None
    """Seconds for which they are to be kept, as declared."""

    place: str = ""
    """Where they lie, as people know it; holds no secret."""

    offsite: str = ""
    """The place apart from production, as declared."""

    looked: datetime | None = None
    """When all of this was seen."""

    begun: datetime | None = None
    """When the oldest copy was made that this or an earlier look saw here."""

    retention_set: RetentionSet | Unseen | None = None
    """None: the tool has no such setting, or it is not known where."""

    keys_beside: tuple[str, ...] = ()
    """Keys and passwords that lie where the copies lie, each as a place; never a value."""

    keys_unseen: Unseen | None = None
    """Why it is not known whether there is a key beside them."""
