"""Backups carry no plaintext secrets beyond what the data itself must hold.

Risk: Backups go to places that your secrets should never see, and stay there for years.
Verified: Exact-value trace through the restored scratch copy during a restore drill and through backup archives.
Mend: Leave .env files and key directories out of file backups, encrypt backups, and rotate what they contained.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "secrets.not-in-backups",
    seeds="S-4",
    proof="inside",
    severity="medium",
    module=__name__,
)
