"""Backup integrity is verified automatically: 'OK' from the job is not enough.

Risk: TODO.
Verified: The tool's own deep verification (pgbackrest verify, restic check --read-data, borg check,
pg_verifybackup), checksums and readable archives.
Mend: TODO.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "recovery.backups-verified",
    seeds="M-B4",
    proof="inside",
    severity="medium",
    module=__name__,
)
