"""What runs is an immutable, versioned artifact; servers are not patched by hand.

Risk: TODO.
Verified: Digests of running images or files of the release against what the pipeline built.
Mend: TODO.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "delivery.immutable",
    seeds="L-6",
    proof="inside",
    severity="medium",
    module=__name__,
)
