"""Data that no backup holds."""

from prodproof.facts import Reason
from prodproof.range.components.declaration import FILE
from prodproof.range.components.object_store import OFFICE, ObjectStore
from prodproof.range.fault import Fault
from prodproof.range.range import Range


def media_root_that_is_not_backed_up(harbour: Range) -> None:
    """Uploads go to a new folder, and backups are made of the old one."""
    folder = harbour.app.deployment.var / "pictures"
    folder.mkdir(exist_ok=True)
    harbour.app.inject(HARBOUR_MEDIA_ROOT=str(folder))


def cache_that_nobody_declared(harbour: Range) -> None:
    """What lies in Redis is no declared data store."""
    text = harbour.repo.read(FILE)
    block = next(part for part in text.split("\n\n") if part.startswith('[[data_store]]\nname = "sessions"'))
    harbour.repo.replace(FILE, f"{block}\n\n", "")


def key_refused(harbour: Range) -> None:
    """The store of the backups refuses the office's key."""
    harbour.part(ObjectStore).refuse(OFFICE)


FAULT = Fault(
    guarantee="recovery.coverage",
    breaks=media_root_that_is_not_backed_up,
    says="is no declared data store, and so in no backup",
    subject="system:harbour",
    variants=(cache_that_nobody_declared,),
    withdraws=key_refused,
    reason=Reason.DENIED,
    needs=("backups", "postgres", "object_store"),
    touches=("recovery.objectives-declared",),
    drills=("restore store:database",),
)
