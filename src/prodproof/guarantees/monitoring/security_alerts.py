"""Login attacks, privilege changes, API abuse and disabled auditing alert a person.

Risk: An intrusion makes noise for days before it does damage, if somebody listens.
Verified: Canary events are followed through rule and receiver to an acknowledgement.
Mend: Alert a person on login attacks, privilege changes, API abuse and disabled auditing, and test each rule with
a canary event.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "monitoring.security-alerts",
    seeds="K-6 M-O7 L-7",
    proof="drill",
    severity="high",
    module=__name__,
)
