"""A total loss that nobody has thought of; one runbook for all; an objective that the way back does not meet."""

from prodproof.facts import Reason
from prodproof.range.components.declaration import FILE
from prodproof.range.fault import Fault
from prodproof.range.range import Range

_LOSS = '[[data_store.scenario]]\nname = "the region is lost"\n'
_DELETED = 'runbook = "runbooks/restore.md#a-table-was-deleted"\n'


def total_loss_never_exercised(harbour: Range) -> None:
    """Nobody has thought of it, so nobody has practised it."""
    block = next(part for part in harbour.repo.read(FILE).split("\n\n") if part.startswith(_LOSS))
    harbour.repo.replace(FILE, f"{block}\n\n", "")


def one_runbook_for_two(harbour: Range) -> None:
    harbour.repo.replace(FILE, "runbooks/restore.md#the-region-is-lost", "runbooks/restore.md#a-table-was-deleted")


def without_a_runbook(harbour: Range) -> None:
    harbour.repo.replace(FILE, _DELETED, "")


def distrusted(harbour: Range) -> None:
    """Nobody trusts the system file."""
    harbour.vantage.distrust()


FAULT = Fault(
    guarantee="recovery.scenarios-distinct",
    breaks=total_loss_never_exercised,
    says="nobody has declared what happens at a total loss",
    subject="store:database",
    variants=(one_runbook_for_two, without_a_runbook),
    withdraws=distrusted,
    reason=Reason.NOT_PERMITTED,
    needs=("repo", "postgres", "backups"),
    # What its drill told before was about another runbook.
    touches=("recovery.runbook", "recovery.objectives-declared"),
    drills=("scenario scenario:database/a table was deleted",),
)
