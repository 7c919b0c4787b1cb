"""The system can say where each user's data is: database, files, logs, backups, third parties.

Risk: What you do not know that you hold you can neither protect, nor export, nor delete.
Verified: The map is generated: personal fields from the application's models and columns, files, log fields,
backups and vendors; a canary subject's values are traced and found nowhere the map does not name.
Mend: Let the map be generated from models, files, logs, backups and vendors, and add what it lacks until a
synthetic person's values are found nowhere else.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "data.map",
    seeds="M-L1",
    proof="active",
    severity="high",
    module=__name__,
)
