"""There is a documented, limited alternative when the pipeline is down, and it has been tried.

Risk: TODO.
Verified: The runbook exists, its commands resolve, it was exercised within its period; drill: deploy by the
fallback to staging.
Mend: TODO.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "delivery.fallback-documented",
    seeds="M-D3",
    proof="drill",
    severity="medium",
    module=__name__,
)
