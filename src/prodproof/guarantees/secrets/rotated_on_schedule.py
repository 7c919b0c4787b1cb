"""Credentials, tokens and certificates are rotated within their declared period, by schedule and not by hand where
the manager can.

Risk: The older a credential, the more copies of it there are.
Verified: Age and expiry of each secret's current version, the rotation schedule and its last success.
Mend: Declare a period for each secret, and let the manager rotate where it can.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "secrets.rotated-on-schedule",
    seeds="L-9 S-3",
    proof="inside",
    severity="medium",
    module=__name__,
)
