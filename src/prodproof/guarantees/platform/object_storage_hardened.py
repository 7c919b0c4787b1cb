"""Object storage is versioned, encrypted, logged, with lifecycle rules and TLS-only access.

Risk: One wrong script overwrites every file; without versions there is no way back.
Verified: Settings of each bucket.
Mend: Turn on versioning, encryption, access logs and lifecycle rules, and refuse access without TLS in the
bucket's policy.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "platform.object-storage-hardened",
    seeds="H-guide-ObjectStorage",
    proof="inside",
    severity="medium",
    module=__name__,
)
