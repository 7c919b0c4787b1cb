"""TLS certificates are right (name, chain, not expired) and renew automatically.

Risk: TODO.
Verified: The served chain is validated from outside; renewal is proven by successive certificates (seen or from
transparency logs) or a staged renewal; less than a fifth of the lifetime left is a finding, whatever the
lifetime.
Mend: TODO.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "exposure.certificate-renews",
    seeds="M-N8",
    proof="outside",
    severity="medium",
    module=__name__,
)
