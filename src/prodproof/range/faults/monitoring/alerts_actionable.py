"""An alert without a runbook."""

from prodproof.facts import Reason
from prodproof.range.fault import Fault

RULES = "monitoring/alerts.yml"

FAULT = Fault(
    guarantee="monitoring.alerts-actionable",
    breaks=lambda harbour: harbour.repo.replace(RULES, "          runbook_url: runbooks/checkout.md#checkout-failing\n", ""),
    says="links no runbook",
    variants=(
        lambda harbour: harbour.repo.replace(RULES, "          severity: warning\n", ""),
        lambda harbour: harbour.repo.replace(RULES, "          team: payments\n", ""),
        lambda harbour: harbour.repo.remove("runbooks/checkout.md"),
        lambda harbour: harbour.repo.write("runbooks/checkout.md", "# Checkout\n\n## Checkout failing\n\nTODO\n"),
        lambda harbour: harbour.repo.replace("runbooks/checkout.md", "## Checkout failing", "## Payments"),
    ),
    withdraws=lambda harbour: harbour.repo.garble(RULES),
    reason=Reason.INCOMPLETE,
)
