"""Secrets that a leaver could read were rotated after they left.

Risk: TODO.
Verified: Grants and the manager's audit trail against version dates.
Mend: TODO.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "access.leaver-secrets-rotated",
    seeds="M-A4 S-3",
    proof="inside",
    severity="medium",
    module=__name__,
)
