"""What runs is an immutable, versioned artifact; servers are not patched by hand.

Risk: A server that is patched by hand runs something that nobody can rebuild or review.
Verified: Digests of running images or files of the release against what the pipeline built.
Mend: Build one versioned artifact, deploy it unchanged, and replace machines instead of editing them.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "delivery.immutable",
    seeds="L-6",
    proof="inside",
    severity="medium",
    module=__name__,
)
