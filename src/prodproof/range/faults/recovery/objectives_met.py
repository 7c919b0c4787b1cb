"""A way back that takes too long, and one that leads too far back."""

from prodproof.facts import Reason
from prodproof.range.components.declaration import FILE
from prodproof.range.components.object_store import OFFICE, ObjectStore
from prodproof.range.components.postgres import Postgres
from prodproof.range.fault import Fault
from prodproof.range.range import Range

_STILL = (
    "UPDATE public.shop_heartbeat SET at = at - interval '1 hour'",
    "CREATE RULE still AS ON UPDATE TO public.shop_heartbeat DO INSTEAD NOTHING",
    "CREATE RULE none AS ON INSERT TO public.shop_heartbeat DO INSTEAD NOTHING",
)


def longer_than_the_objective(harbour: Range) -> None:
    """The database may be away for one second, and its restore takes longer."""
    harbour.repo.replace(FILE, 'rto = "4h"\n', 'rto = "1s"\n')


def nothing_newer_than_an_hour(harbour: Range) -> None:
    """What comes back ends an hour ago."""
    harbour.part(Postgres).grant("\n".join(_STILL))


def key_refused(harbour: Range) -> None:
    """The store of the backups refuses the office's key."""
    harbour.part(ObjectStore).refuse(OFFICE)


FAULT = Fault(
    guarantee="recovery.objectives-met",
    breaks=longer_than_the_objective,
    says="and may take 1 s",
    subject="store:database",
    variants=(nothing_newer_than_an_hour,),
    withdraws=key_refused,
    reason=Reason.DENIED,
    needs=("backups", "postgres", "object_store"),
    # What was written within the hour that does not come back: nobody can say whether it was damaged.
    touches=("recovery.restore-tested",),
    drills=("restore store:database",),
)
