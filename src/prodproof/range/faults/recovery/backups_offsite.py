"""Copies that burn with the server, or that whoever took it over can delete."""

from prodproof.facts import Reason
from prodproof.range.components.backups_servers import ServerBackups
from prodproof.range.components.declaration import Declaration
from prodproof.range.components.object_store import OFFICE, PRODUCTION, ObjectStore
from prodproof.range.fault import Fault
from prodproof.range.range import Range


def on_the_server_s_own_disk(harbour: Range) -> None:
    """The uploads' copies lie beside the uploads."""
    file = harbour.part(ServerBackups).pack()
    harbour.part(Declaration).keep("uploads", 'kind = "archive"', f'path = "{file}"')


def production_may_delete(harbour: Range) -> None:
    """Production's key may delete what it has added."""
    harbour.part(ObjectStore).allow(PRODUCTION, "s3:DeleteObject")


def key_refused(harbour: Range) -> None:
    """The store of the backups refuses both keys."""
    for who in (OFFICE, PRODUCTION):
        harbour.part(ObjectStore).refuse(who)


FAULT = Fault(
    guarantee="recovery.backups-offsite",
    breaks=on_the_server_s_own_disk,
    says="it lies on this machine",
    subject="backup:uploads",
    variants=(production_may_delete,),
    withdraws=key_refused,
    reason=Reason.DENIED,
    needs=("backups", "object_store"),
    touches=("recovery.backups-meet-rpo", "recovery.backups-encrypted", "recovery.retention"),
)
