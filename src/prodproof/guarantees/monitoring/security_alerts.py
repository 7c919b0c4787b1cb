"""Login attacks, privilege changes, API abuse and disabled auditing alert a person.

Risk: TODO.
Verified: Canary events are followed through rule and receiver to an acknowledgement.
Mend: TODO.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "monitoring.security-alerts",
    seeds="K-6 M-O7 L-7",
    proof="drill",
    severity="medium",
    module=__name__,
)
