"""Where backups lie against production, and whether production's own credentials can take them away."""

from dataclasses import dataclass
from enum import StrEnum


class PlaceKind(StrEnum):
    """What keeps a backup."""

    MACHINE = "machine"
    """Folders of the machine that was looked at from."""

    MOUNTED = "mounted"
    """Folders there, of a file system that another machine serves."""

    SERVER = "server"
    BUCKET = "bucket"
    PROVIDER = "provider"
    """The provider of the database itself (RDS)."""


@dataclass(frozen=True, kw_only=True)
class BackupPlace:
    """The place of one declared backup. Nothing was sent there but questions."""

    kind: PlaceKind
    where: str
    """As people know it: a folder, `backup.example`, `s3://BUCKET at HOST`; holds no secret."""

    offsite: str = ""
    """The place apart from production, as declared."""

    production_host: str = ""
    """The declared host or entry point of production that keeps it; empty: none of them."""

    own_account: bool | None = None
    """Whether a bucket belongs to the account of AWS that is declared for production; None: not known."""

    versioned: bool | None = None
    """Whether a bucket keeps what is overwritten or deleted; None: not known."""

    lock: str = ""
    """How objects of a bucket are locked by default: `COMPLIANCE, 30 days`; empty: not, or not known."""


@dataclass(frozen=True, kw_only=True)
class CanaryKept:
    """One object was put beside a backup, and production's credentials were used to take it away."""

    where: str
    put_by: str
    """`the backup's own credentials`, or `production's`."""

    refused: str = ""
    """The store's word for it: `AccessDenied`; empty: it was taken away."""

    versions_stay: bool = False
    """It was taken away, and what it held is still there as an older version that may not be taken away."""

    left: bool = False
    """Nobody may remove it: it stays until the store's own rules take it away. There is never more than one."""
