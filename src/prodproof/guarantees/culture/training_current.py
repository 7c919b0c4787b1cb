"""Everyone with access has worked through the lessons of the areas they touch, and passed the self-check.

Risk: TODO.
Verified: Lessons and questions made from this very catalogue: what must be true, what risk, how verified, with a
scenario to judge; results per person, renewed each year.
Mend: TODO.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "culture.training-current",
    seeds="K-lesson L-10",
    proof="record",
    severity="medium",
    module=__name__,
)
