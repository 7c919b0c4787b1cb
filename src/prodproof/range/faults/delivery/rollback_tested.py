"""A column that the version before does not fill; a job that it does not know."""

from prodproof.facts import Reason
from prodproof.range.fault import Fault
from prodproof.range.range import Range

_MIGRATION = """\
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("shop", "0002_low_stock")]

    operations = [
        migrations.AddField("order", "channel", models.CharField(default="shop", max_length=10)),
    ]
"""
_PLACED = """\
    placed_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("-placed_at"\
"""
_TASKS = '"send_confirmation": send_confirmation,'


def migration_that_the_version_before_cannot_run_on(harbour: Range) -> None:
    """A column without a default of the table's own: the version before writes no order any more."""
    harbour.repo.write("shop/migrations/0003_channel.py", _MIGRATION)
    column = '    channel = models.CharField(max_length=10, default="shop")\n'
    harbour.repo.replace("shop/models.py", _PLACED, f"{column}{_PLACED}")


def job_that_the_version_before_does_not_know(harbour: Range) -> None:
    """The task was renamed, and jobs of both names are queued for a while."""
    harbour.repo.replace("shop/jobs.py", "def send_confirmation(", "def confirm(")
    harbour.repo.replace("shop/jobs.py", _TASKS, '"confirm": confirm, "send_confirmation": confirm,')
    harbour.repo.replace("shop/jobs.py", "TASKS: dict", "send_confirmation = confirm\nTASKS: dict")


def history_away(harbour: Range) -> None:
    """Nobody knows what the version before was."""
    harbour.repo.vanish()


FAULT = Fault(
    guarantee="delivery.rollback-tested",
    breaks=migration_that_the_version_before_cannot_run_on,
    says="shop.Order",
    subject="app:harbour/shop#production",
    variants=(job_that_the_version_before_does_not_know,),
    withdraws=history_away,
    reason=Reason.NOT_CONFIGURED,
    needs=("repo", "interpreter"),
    drills=("rollback app:harbour/shop#production",),
)
