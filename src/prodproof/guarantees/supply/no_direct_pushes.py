"""Nothing reached production branches around a reviewed pull request.

Risk: A change that nobody else has read is in production.
Verified: Each commit on the branch in the window is matched with a merged pull request and an approval by another
person.
Mend: Forbid direct pushes, and look at each commit that came around a pull request.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "supply.no-direct-pushes",
    seeds="L-2",
    proof="inside",
    severity="high",
    module=__name__,
)
