"""Copies of which a part is gone."""

from prodproof.facts import Reason
from prodproof.range.components.backups_servers import UPLOADS, ServerBackups
from prodproof.range.components.pgbackrest import PATH
from prodproof.range.fault import Fault
from prodproof.range.range import Range


def truncated_in_the_middle(harbour: Range) -> None:
    """A file of the uploads' repository ends in its middle."""
    harbour.part(ServerBackups).cut(f"{UPLOADS}/data")


def half_of_the_database_overwritten(harbour: Range) -> None:
    """The largest file of the database's newest copy holds zeros from its middle on."""
    harbour.part(ServerBackups).overwrite(f"{PATH}/backup")


def segment_of_the_log_gone(harbour: Range) -> None:
    """A segment of the log that was archived is not there any more."""
    harbour.part(ServerBackups).lose_log()


def distrusted(harbour: Range) -> None:
    """Nobody trusts the system file."""
    harbour.vantage.distrust()


FAULT = Fault(
    guarantee="recovery.backups-verified",
    breaks=truncated_in_the_middle,
    says="truncated",
    subject="backup:uploads",
    variants=(half_of_the_database_overwritten, segment_of_the_log_gone),
    withdraws=distrusted,
    reason=Reason.NOT_PERMITTED,
    needs=("backups", "object_store"),
    # What cannot be read cannot be searched either.
    touches=("secrets.not-in-backups",),
)
