"""A user reaches only the objects that are theirs: authorization is in the query, not in the page.

Risk: TODO.
Verified: Objects made by one test user are asked for, changed and deleted by another of the same role.
Mend: TODO.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "application.object-ownership",
    seeds="H-golden L-1",
    proof="active",
    severity="medium",
    module=__name__,
)
