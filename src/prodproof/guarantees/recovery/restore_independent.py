"""The credentials and artifacts for restoring are available when the affected systems are gone.

Risk: The key that opens the backup lay on the server that burned.
Verified: The restore drill runs with production's network and secrets unavailable; everything it needed is listed
with where it came from.
Mend: Keep credentials, keys and the runbook for a restore outside the systems they restore, and drill with
production made unavailable.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "recovery.restore-independent",
    seeds="M-B6",
    proof="drill",
    severity="critical",
    module=__name__,
)
