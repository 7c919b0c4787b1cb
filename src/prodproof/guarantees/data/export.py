"""A user's data can be exported without manual work on the database.

Risk: TODO.
Verified: Drill: the synthetic subject's export contains every value that the map says they have, and nobody
else's.
Mend: TODO.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "data.export",
    seeds="M-L3",
    proof="drill",
    severity="medium",
    module=__name__,
)
