"""Operating system packages, containers, libraries and frameworks are supported and patched.

Risk: Known holes are scanned for by everybody; an end-of-life system gets no more patches at all.
Verified: Installed versions on hosts and in images against security updates and end-of-life dates.
Mend: Turn on unattended security updates, rebuild images weekly, and plan upgrades before the end-of-life date.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "supply.patched",
    seeds="L-9",
    proof="inside",
    severity="high",
    module=__name__,
)
