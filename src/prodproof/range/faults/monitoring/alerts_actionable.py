"""An alert without a runbook."""

from prodproof.facts import Reason
from prodproof.range.fault import Fault

RULES = "monitoring/alerts.yml"

FAULT = Fault(
    guarantee="monitoring.alerts-actionable",
    breaks=lambda lab: lab.repo.replace(RULES, "          runbook_url: runbooks/checkout.md#checkout-failing\n", ""),
    says="links no runbook",
    variants=(
        lambda lab: lab.repo.replace(RULES, "          severity: warning\n", ""),
        lambda lab: lab.repo.replace(RULES, "          team: payments\n", ""),
        lambda lab: lab.repo.remove("runbooks/checkout.md"),
        lambda lab: lab.repo.write("runbooks/checkout.md", "# Checkout\n\n## Checkout failing\n\nTODO\n"),
        lambda lab: lab.repo.replace("runbooks/checkout.md", "## Checkout failing", "## Payments"),
    ),
    withdraws=lambda lab: lab.repo.garble(RULES),
    reason=Reason.INCOMPLETE,
)
