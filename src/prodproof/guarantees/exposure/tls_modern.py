"""Only TLS 1.2 and newer, with forward-secret authenticated ciphers, on every TLS port.

Risk: TODO.
Verified: Protocols and ciphers enumerated from outside against a named version of Mozilla's intermediate profile;
opportunistic TLS on port 25 is exempt.
Mend: TODO.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "exposure.tls-modern",
    seeds="H-3",
    proof="outside",
    severity="medium",
    module=__name__,
)
