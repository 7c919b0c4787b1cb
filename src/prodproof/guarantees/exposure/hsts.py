"""Every HTTPS answer's first Strict-Transport-Security header lasts a year or more; registrable domains include
subdomains and preload, or an owned line says why not.

Risk: TODO.
Verified: The header is read from normal, error and redirect answers over HTTPS (it has no meaning over plain
HTTP, RFC 6797); mending is a ramp, preload last.
Mend: TODO.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "exposure.hsts",
    seeds="S-7 K-1 M-P6",
    proof="outside",
    severity="medium",
    module=__name__,
)
