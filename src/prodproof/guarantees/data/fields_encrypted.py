"""Declared sensitive fields are encrypted by the application before they are stored.

Risk: Disk encryption does not help once somebody reads the database: every administrator and every dump has the
plain values.
Verified: A canary value is written through the application and traced in the raw tables and dumps: it must not be
there.
Mend: Encrypt the declared sensitive fields in the application before they are stored, with keys from a manager,
and search by keyed hash.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "data.fields-encrypted",
    seeds="H-3",
    proof="active",
    severity="high",
    module=__name__,
)
