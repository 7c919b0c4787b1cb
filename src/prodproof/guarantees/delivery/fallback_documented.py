"""There is a documented, limited alternative when the pipeline is down, and it has been tried.

Risk: The pipeline is down, the site is broken, and the only person who can deploy by hand is asleep.
Verified: The runbook exists, its commands resolve, it was exercised within its period; drill: deploy by the
fallback to staging.
Mend: Write the limited manual way down, keep its commands working, and deploy to staging by it twice a year.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "delivery.fallback-documented",
    seeds="M-D3",
    proof="drill",
    severity="medium",
    module=__name__,
)
