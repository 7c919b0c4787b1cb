"""User stories carry security acceptance criteria.

Risk: TODO.
Verified: Issue and pull request templates contain them, and a sample of merged work has them filled in.
Mend: TODO.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "culture.definition-of-done",
    seeds="K-interview",
    proof="record",
    severity="medium",
    module=__name__,
)
