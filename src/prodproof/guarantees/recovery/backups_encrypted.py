"""Backups are encrypted, with a key that is not beside them.

Risk: TODO.
Verified: Repository encryption settings and a look at the stored bytes; bucket KMS settings.
Mend: TODO.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "recovery.backups-encrypted",
    seeds="H-3",
    proof="inside",
    severity="medium",
    module=__name__,
)
