"""A data store without an objective."""

from prodproof.facts import Reason
from prodproof.range.components.declaration import FILE
from prodproof.range.fault import Fault
from prodproof.range.range import Range


def database_without_an_rto(harbour: Range) -> None:
    """Nobody said for how long the database may be away."""
    harbour.repo.replace(FILE, 'rto = "4h"\n', "")


def a_loss_without_an_rpo(harbour: Range) -> None:
    """The region may be lost, and nobody said how much with it."""
    harbour.repo.replace(FILE, 'kind = "total-loss"\nrto = "24h"\nrpo = "1h"\n', 'kind = "total-loss"\nrto = "24h"\n')


def history_gone(harbour: Range) -> None:
    """The repository cannot be read, and nobody may ask the application which stores it uses."""
    harbour.repo.vanish()
    harbour.app.refuse_commands()


FAULT = Fault(
    guarantee="recovery.objectives-declared",
    breaks=database_without_an_rto,
    says="database has no rto",
    subject="system:harbour",
    variants=(a_loss_without_an_rpo,),
    withdraws=history_gone,
    reason=Reason.UNREACHABLE,
    touches=("recovery.objectives-met", "recovery.scenarios-distinct"),
)
