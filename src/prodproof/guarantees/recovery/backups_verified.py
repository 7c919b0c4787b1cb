"""Backup integrity is verified automatically: 'OK' from the job is not enough.

Risk: The job says OK every night, and the archive cannot be read.
Verified: The tool's own deep verification (pgbackrest verify, restic check --read-data, borg check,
pg_verifybackup), checksums and readable archives.
Mend: Run the tool's deep verification on schedule (pgbackrest verify, restic check --read-data, pg_verifybackup)
and alert on its failure.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "recovery.backups-verified",
    seeds="M-B4",
    proof="inside",
    severity="high",
    module=__name__,
)
