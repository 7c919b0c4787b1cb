"""No log to recover from, or one that comes too late."""

from prodproof.facts import Reason
from prodproof.range.components.postgres import Postgres
from prodproof.range.components.vault import Vault
from prodproof.range.components.vault_secrets import SOURCE
from prodproof.range.fault import Fault
from prodproof.range.range import Range


def archive_mode_off(harbour: Range) -> None:
    """The server keeps its log to itself."""
    harbour.part(Postgres).change("archive_mode = on", "archive_mode = off")


def log_handed_on_every_hour(harbour: Range) -> None:
    harbour.part(Postgres).change("archive_timeout = 60", "archive_timeout = 3600")


def login_gone(harbour: Range) -> None:
    """The drill's login to the database is in Vault no more."""
    harbour.part(Vault).remove(SOURCE)


FAULT = Fault(
    guarantee="recovery.point-in-time",
    breaks=archive_mode_off,
    says="archive_mode is off",
    subject="store:database",
    variants=(log_handed_on_every_hour,),
    withdraws=login_gone,
    reason=Reason.NOT_CONFIGURED,
    needs=("postgres", "vault", "object_store"),
    touches=("recovery.backups-meet-rpo",),
    drills=("point-in-time store:database",),
)
