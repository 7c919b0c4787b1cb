"""The system can say where each user's data is: database, files, logs, backups, third parties.

Risk: TODO.
Verified: The map is generated: personal fields from the application's models and columns, files, log fields,
backups and vendors; a canary subject's values are traced and found nowhere the map does not name.
Mend: TODO.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "data.map",
    seeds="M-L1",
    proof="active",
    severity="medium",
    module=__name__,
)
