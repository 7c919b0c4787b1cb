"""Copies that are too old, and a log that is handed on too late."""

from prodproof.facts import Reason
from prodproof.range.components.backups_servers import ServerBackups
from prodproof.range.components.postgres import Postgres
from prodproof.range.fault import Fault
from prodproof.range.range import Range


def no_copy_of_the_uploads_for_two_weeks(harbour: Range) -> None:
    """The newest copy of the uploads is older than the RPO."""
    harbour.part(ServerBackups).lose_newest(3)


def log_handed_on_when_a_segment_is_full(harbour: Range) -> None:
    harbour.part(Postgres).change("archive_timeout = 60", "archive_timeout = 0")


def distrusted(harbour: Range) -> None:
    """Nobody trusts the system file."""
    harbour.vantage.distrust()


FAULT = Fault(
    guarantee="recovery.backups-meet-rpo",
    breaks=no_copy_of_the_uploads_for_two_weeks,
    says="the newest copy was begun 15 d",
    subject="store:uploads",
    variants=(log_handed_on_when_a_segment_is_full,),
    withdraws=distrusted,
    reason=Reason.NOT_PERMITTED,
    needs=("backups", "object_store"),
)
