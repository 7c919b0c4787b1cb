"""A failing or missing backup is noticed before a restore is needed.

Risk: Backups stopped in March; it is noticed in June, on the day they are needed.
Verified: The alert rule for backup age exists and fires when the drill withholds a backup (dead man's switch).
Mend: Alert on the age of the newest complete backup, not on the job's failure, and test the alert by withholding
one.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "recovery.failures-detected",
    seeds="M-text M-O7",
    proof="drill",
    severity="high",
    module=__name__,
)
