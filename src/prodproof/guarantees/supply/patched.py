"""Operating system packages, containers, libraries and frameworks are supported and patched.

Risk: TODO.
Verified: Installed versions on hosts and in images against security updates and end-of-life dates.
Mend: TODO.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "supply.patched",
    seeds="L-9",
    proof="inside",
    severity="medium",
    module=__name__,
)
