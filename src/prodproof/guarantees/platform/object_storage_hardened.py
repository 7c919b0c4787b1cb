"""Object storage is versioned, encrypted, logged, with lifecycle rules and TLS-only access.

Risk: TODO.
Verified: Settings of each bucket.
Mend: TODO.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "platform.object-storage-hardened",
    seeds="H-guide-ObjectStorage",
    proof="inside",
    severity="medium",
    module=__name__,
)
