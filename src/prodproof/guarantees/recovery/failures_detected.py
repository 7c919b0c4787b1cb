"""A failing or missing backup is noticed before a restore is needed.

Risk: TODO.
Verified: The alert rule for backup age exists and fires when the drill withholds a backup (dead man's switch).
Mend: TODO.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "recovery.failures-detected",
    seeds="M-text M-O7",
    proof="drill",
    severity="medium",
    module=__name__,
)
