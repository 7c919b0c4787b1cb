"""It is clear when an incident gets a quick fix and when a rollback or recovery.

Risk: TODO.
Verified: The criterion is recorded, owned and reviewed; past incidents name the path taken.
Mend: TODO.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "delivery.incident-criterion",
    seeds="M-D8",
    proof="record",
    severity="medium",
    module=__name__,
)
