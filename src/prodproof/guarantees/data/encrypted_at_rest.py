"""Databases, object storage, volumes and backups are encrypted at rest.

Risk: Disks and snapshots are copied, lost and shared; what lies on them unencrypted is read without your system
being touched.
Verified: Cloud settings (KMS), volume encryption on hosts.
Mend: Turn on encryption for database, volumes and buckets (KMS), which on most services means a new volume or a
restored snapshot.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "data.encrypted-at-rest",
    seeds="H-3",
    proof="inside",
    severity="medium",
    module=__name__,
)
