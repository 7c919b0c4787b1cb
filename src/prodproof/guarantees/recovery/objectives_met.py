"""Measured recovery times and losses are within RTO and RPO.

Risk: A restore that takes nine hours is no restore if the shop may be closed for two.
Verified: The drill's clock from start to validated service, and the age of the newest recovered data.
Mend: Time the restore drill from start to a validated service, and shorten its longest phase first.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "recovery.objectives-met",
    seeds="M-B9 H-7",
    proof="drill",
    severity="high",
    module=__name__,
)
