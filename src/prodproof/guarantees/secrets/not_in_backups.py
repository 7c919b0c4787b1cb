"""Backups carry no plaintext secrets beyond what the data itself must hold.

Risk: TODO.
Verified: Exact-value trace through the restored scratch copy during a restore drill and through backup archives.
Mend: TODO.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "secrets.not-in-backups",
    seeds="S-4",
    proof="inside",
    severity="medium",
    module=__name__,
)
