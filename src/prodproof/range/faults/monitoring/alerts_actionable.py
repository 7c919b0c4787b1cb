"""An alert without a runbook."""

from prodproof.facts import Reason
from prodproof.range.fault import Fault
from prodproof.range.range import Range

RULES = "monitoring/alerts.yml"
RUNBOOK = "runbooks/checkout.md"


def alert_without_runbook(harbour: Range) -> None:
    harbour.repo.replace(RULES, "          runbook_url: runbooks/checkout.md#checkout-failing\n", "")


def alerts_without_severity(harbour: Range) -> None:
    harbour.repo.replace(RULES, "          severity: warning\n", "")


def runbook_deleted(harbour: Range) -> None:
    harbour.repo.remove(RUNBOOK)


def runbook_says_todo(harbour: Range) -> None:
    harbour.repo.write(RUNBOOK, "# Checkout\n\n## Checkout failing\n\nTODO\n")


def runbook_section_renamed(harbour: Range) -> None:
    """The alert's link leads to no section any more."""
    harbour.repo.replace(RUNBOOK, "## Checkout failing", "## Payments")


def alert_rules_unreadable(harbour: Range) -> None:
    harbour.repo.garble(RULES)


FAULT = Fault(
    guarantee="monitoring.alerts-actionable",
    breaks=alert_without_runbook,
    says="links no runbook",
    subject="alert:monitoring/alerts.yml shop/",
    variants=(
        alerts_without_severity,
        runbook_deleted,
        runbook_says_todo,
        runbook_section_renamed,
    ),
    withdraws=alert_rules_unreadable,
    reason=Reason.INCOMPLETE,
    touches=("monitoring.two-levels",),
)
