"""A user's data can be exported without manual work on the database.

Risk: An export made by hand in the database misses half of the data and includes somebody else's.
Verified: Drill: the synthetic subject's export contains every value that the map says they have, and nobody
else's.
Mend: Build the export into the application from the data map, uploads included, and test it with a synthetic
person.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "data.export",
    seeds="M-L3",
    proof="drill",
    severity="medium",
    module=__name__,
)
