"""Availability, error rate, latency, traffic and saturation are measured.

Risk: Without numbers you learn from your customers that the site is slow.
Verified: Queries against the metrics store return fresh series for each.
Mend: Measure availability, error rate, latency, traffic and saturation, and see that each series is fresh.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "monitoring.basic-metrics",
    seeds="M-O2 L-7",
    proof="inside",
    severity="medium",
    module=__name__,
)
