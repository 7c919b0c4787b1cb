"""Whoever leaves loses all access on the same day.

Risk: A former colleague's account is the easiest way in: it is valid, trusted, and nobody watches it.
Verified: Every account of a person whose leaving date has passed is gone or disabled on every service, and was by
the end of that day.
Mend: Put the leaving date into the roster, end accounts through single sign-on first, and walk the generated
inventory on the same day for the services outside it.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "access.offboarding-same-day",
    seeds="M-A4",
    proof="inside",
    severity="high",
    module=__name__,
)
