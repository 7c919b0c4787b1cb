"""Backups cover the databases, uploaded files, configuration and all other data that is not in the repository.

Risk: TODO.
Verified: Data stores found in the application (databases, media roots, buckets, volumes) against what the restore
brought back; a canary row and a canary file must come back.
Mend: TODO.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "recovery.coverage",
    seeds="M-B8",
    proof="drill",
    severity="medium",
    module=__name__,
)
