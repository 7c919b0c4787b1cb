"""The credentials and artifacts for restoring are available when the affected systems are gone.

Risk: TODO.
Verified: The restore drill runs with production's network and secrets unavailable; everything it needed is listed
with where it came from.
Mend: TODO.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "recovery.restore-independent",
    seeds="M-B6",
    proof="drill",
    severity="medium",
    module=__name__,
)
