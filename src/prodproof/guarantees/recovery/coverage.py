"""Backups cover the databases, uploaded files, configuration and all other data that is not in the repository.

Risk: The database comes back, and the customers' files do not: nobody had added them to the backup.
Verified: Data stores found in the application (databases, media roots, buckets, volumes) against what the restore
brought back; a canary row and a canary file must come back.
Mend: Compare what the application stores (databases, media, buckets, volumes, configuration) with what the
restore brings back, and add what is missing.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "recovery.coverage",
    seeds="M-B8",
    proof="drill",
    severity="critical",
    module=__name__,
)
