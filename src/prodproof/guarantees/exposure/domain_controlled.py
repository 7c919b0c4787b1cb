"""Domains renew automatically, are locked against transfer and belong to the organisation.

Risk: Whoever takes over the domain takes over the site, the e-mail and every password reset.
Verified: RDAP data and the registrar's account.
Mend: Turn on automatic renewal and the transfer lock, hold the domain in the organisation's name, and protect the
registrar account with a second factor.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "exposure.domain-controlled",
    seeds="M-N5 M-A5",
    proof="inside",
    severity="high",
    module=__name__,
)
