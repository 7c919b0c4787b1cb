"""Everyone with access has worked through the lessons of the areas they touch, and passed the self-check.

Risk: Most incidents begin with somebody who did not know.
Verified: Lessons and questions made from this very catalogue: what must be true, what risk, how verified, with a
scenario to judge; results per person, renewed each year.
Mend: Let everyone with access work through the lessons of the areas they touch, once a year.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "culture.training-current",
    seeds="K-lesson L-10",
    proof="record",
    severity="low",
    module=__name__,
)
