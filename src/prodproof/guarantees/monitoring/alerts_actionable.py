"""Each alert has an expected, documented response.

Risk: TODO.
Verified: Every alert rule (Prometheus, CloudWatch, Sentry, Grafana) names a severity, an owner and a runbook that
exists and has steps.
Mend: TODO.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "monitoring.alerts-actionable",
    seeds="M-O4",
    proof="inside",
    severity="medium",
    module=__name__,
)
