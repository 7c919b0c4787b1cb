"""Declared sensitive fields are encrypted by the application before they are stored.

Risk: TODO.
Verified: A canary value is written through the application and traced in the raw tables and dumps: it must not be
there.
Mend: TODO.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "data.fields-encrypted",
    seeds="H-3",
    proof="active",
    severity="medium",
    module=__name__,
)
