"""Production changes were approved by somebody other than their author, after the last push.

Risk: TODO.
Verified: Reviews of merged pull requests from the forge.
Mend: TODO.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "supply.reviews-real",
    seeds="L-5",
    proof="inside",
    severity="medium",
    module=__name__,
)
