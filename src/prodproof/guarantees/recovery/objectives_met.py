"""Measured recovery times and losses are within RTO and RPO.

Risk: TODO.
Verified: The drill's clock from start to validated service, and the age of the newest recovered data.
Mend: TODO.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "recovery.objectives-met",
    seeds="M-B9 H-7",
    proof="drill",
    severity="medium",
    module=__name__,
)
