"""Packages and images come from trusted registries, with hashes, and no private name can be taken over publicly.

Risk: TODO.
Verified: Index and registry settings, lock file hashes, and private names asked for at the public index.
Mend: TODO.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "supply.trusted-registries",
    seeds="L-3",
    proof="inside",
    severity="medium",
    module=__name__,
)
