"""Nothing reached production branches around a reviewed pull request.

Risk: TODO.
Verified: Each commit on the branch in the window is matched with a merged pull request and an approval by another
person.
Mend: TODO.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "supply.no-direct-pushes",
    seeds="L-2",
    proof="inside",
    severity="medium",
    module=__name__,
)
