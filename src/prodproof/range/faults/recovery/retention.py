"""Copies that go too early."""

from prodproof.facts import Reason
from prodproof.range.components.declaration import PGBACKREST
from prodproof.range.fault import Fault
from prodproof.range.range import Range


def three_days(harbour: Range) -> None:
    """Copies of the database are kept for three days, and thirty are declared."""
    harbour.repo.replace(PGBACKREST, "repo1-retention-full=30", "repo1-retention-full=3")


def distrusted(harbour: Range) -> None:
    """Nobody trusts the system file."""
    harbour.vantage.distrust()


FAULT = Fault(
    guarantee="recovery.retention",
    breaks=three_days,
    says="copies are kept for 3 d (repo1-retention-full=3 days)",
    subject="backup:database",
    withdraws=distrusted,
    reason=Reason.NOT_PERMITTED,
    needs=("repo", "object_store"),
)
