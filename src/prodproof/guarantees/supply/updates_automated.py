"""Updates arrive as reviewed pull requests (Dependabot, Renovate) for every ecosystem in use.

Risk: TODO.
Verified: The bot's configuration covers each manifest found, and its pull requests are not left lying beyond a
limit.
Mend: TODO.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "supply.updates-automated",
    seeds="H-10 L-9",
    proof="inside",
    severity="medium",
    module=__name__,
)
