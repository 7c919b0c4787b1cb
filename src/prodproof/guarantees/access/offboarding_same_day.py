"""Whoever leaves loses all access on the same day.

Risk: TODO.
Verified: Every account of a person whose leaving date has passed is gone or disabled on every service, and was by
the end of that day.
Mend: TODO.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "access.offboarding-same-day",
    seeds="M-A4",
    proof="inside",
    severity="medium",
    module=__name__,
)
