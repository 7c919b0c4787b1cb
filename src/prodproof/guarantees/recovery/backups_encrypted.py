"""Backups are encrypted, with a key that is not beside them.

Risk: A backup is the whole database in one file, and it is kept where fewer people look.
Verified: Repository encryption settings and a look at the stored bytes; bucket KMS settings.
Mend: Encrypt the repository (pgBackRest cipher, restic, borg, KMS) with a key that is kept elsewhere, and store
that key twice.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "recovery.backups-encrypted",
    seeds="H-3",
    proof="inside",
    severity="high",
    module=__name__,
)
