"""Availability, error rate, latency, traffic and saturation are measured.

Risk: TODO.
Verified: Queries against the metrics store return fresh series for each.
Mend: TODO.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "monitoring.basic-metrics",
    seeds="M-O2 L-7",
    proof="inside",
    severity="medium",
    module=__name__,
)
