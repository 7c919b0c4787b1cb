"""A command that does not exist; a link that leads nowhere; a step that fails; steps of who follows them himself."""

from prodproof.facts import Reason
from prodproof.range.components.repo import replaced
from prodproof.range.fault import Fault
from prodproof.range.range import Range

RUNBOOK = "runbooks/restore.md"


def command_that_does_not_exist(harbour: Range) -> None:
    """The wrapper that a step calls was never written."""
    harbour.repo.replace(RUNBOOK, "pg_dump --no-owner", "./ops/dump-table --no-owner")


def link_that_leads_nowhere(harbour: Range) -> None:
    harbour.repo.replace(RUNBOOK, "another name; only", "another name ([how](tables.md)); only")


def step_that_fails(harbour: Range) -> None:
    """The table was renamed since."""
    harbour.repo.replace(RUNBOOK, "--table=shop_order ", "--table=shop_orders ")


def followed_by_its_author(harbour: Range) -> None:
    """Ben wrote a step, and is the one who followed it last."""
    text = replaced(harbour.repo.read(RUNBOOK), "pg_dump --no-owner", "pg_dump --no-owner --no-privileges", RUNBOOK)
    harbour.repo.write(RUNBOOK, text, author="Ben Quay <ben@harbour.example>")


def distrusted(harbour: Range) -> None:
    """Nobody trusts the system file."""
    harbour.vantage.distrust()


FAULT = Fault(
    guarantee="recovery.runbook",
    breaks=command_that_does_not_exist,
    says="there is no command ./ops/dump-table",
    subject="scenario:database/a table was deleted",
    variants=(link_that_leads_nowhere, step_that_fails, followed_by_its_author),
    withdraws=distrusted,
    reason=Reason.NOT_PERMITTED,
    needs=("repo", "postgres", "backups"),
    # The way back is gone by the same drill.
    touches=("recovery.scenarios-distinct",),
    drills=("scenario scenario:database/a table was deleted",),
)
