"""Databases, object storage, volumes and backups are encrypted at rest.

Risk: TODO.
Verified: Cloud settings (KMS), volume encryption on hosts.
Mend: TODO.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "data.encrypted-at-rest",
    seeds="H-3",
    proof="inside",
    severity="medium",
    module=__name__,
)
