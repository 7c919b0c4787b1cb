"""Every open port on a production server is justified and documented.

Risk: TODO.
Verified: Open ports from outside and listening sockets on the host, against the declared ones.
Mend: TODO.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "exposure.ports-justified",
    seeds="M-N4 L-6",
    proof="inside+outside",
    severity="medium",
    module=__name__,
)
