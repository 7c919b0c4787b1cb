"""Domains renew automatically, are locked against transfer and belong to the organisation.

Risk: TODO.
Verified: RDAP data and the registrar's account.
Mend: TODO.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "exposure.domain-controlled",
    seeds="M-N5 M-A5",
    proof="inside",
    severity="medium",
    module=__name__,
)
