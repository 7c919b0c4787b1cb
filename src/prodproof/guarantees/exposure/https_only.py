"""Port 80 is closed, or sends every path to HTTPS on the same host at once, and never processes a method that
changes data.

Risk: TODO.
Verified: Port 80 of each host is asked for several paths and methods, redirects followed by hand; ACME's
challenge path is exempt.
Mend: TODO.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "exposure.https-only",
    seeds="M-N9 K-1 S-7",
    proof="outside",
    severity="medium",
    module=__name__,
)
