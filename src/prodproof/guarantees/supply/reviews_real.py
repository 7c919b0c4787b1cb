"""Production changes were approved by somebody other than their author, after the last push.

Risk: A review by the author, or from before the last push, is no second pair of eyes.
Verified: Reviews of merged pull requests from the forge.
Mend: Require an approval by somebody else after the last push, and dismiss stale ones.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "supply.reviews-real",
    seeds="L-5",
    proof="inside",
    severity="medium",
    module=__name__,
)
