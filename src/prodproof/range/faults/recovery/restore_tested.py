"""Copies that come back with less than was there."""

from prodproof.facts import Reason
from prodproof.range.components.backups_servers import ServerBackups
from prodproof.range.components.declaration import Declaration
from prodproof.range.components.object_store import OFFICE, ObjectStore
from prodproof.range.components.pgbackrest import PATH
from prodproof.range.fault import Fault
from prodproof.range.range import Range


def dump_without_one_table(harbour: Range) -> None:
    """The database is dumped, and the dump leaves one table out."""
    file = harbour.part(ServerBackups).dump_without("public.shop_apitoken")
    harbour.part(Declaration).keep("database", 'kind = "dump"', f'path = "{file}"')


def half_of_it_overwritten(harbour: Range) -> None:
    """The largest file of the newest copy holds zeros from its middle on."""
    harbour.part(ServerBackups).overwrite(f"{PATH}/backup")


def key_refused(harbour: Range) -> None:
    """The store of the backups refuses the office's key."""
    harbour.part(ObjectStore).refuse(OFFICE)


FAULT = Fault(
    guarantee="recovery.restore-tested",
    breaks=dump_without_one_table,
    says="public.shop_apitoken",
    subject="store:database",
    variants=(half_of_it_overwritten,),
    withdraws=key_refused,
    reason=Reason.DENIED,
    needs=("backups", "postgres", "object_store"),
    touches=(
        "recovery.backups-encrypted",
        "recovery.backups-meet-rpo",
        "recovery.backups-offsite",
        "recovery.backups-verified",
        "recovery.coverage",
        "recovery.point-in-time",
        "recovery.retention",
        "recovery.objectives-met",
        "recovery.restore-independent",
    ),
    drills=("restore store:database",),
)
