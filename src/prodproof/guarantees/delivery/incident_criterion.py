"""It is clear when an incident gets a quick fix and when a rollback or recovery.

Risk: In the middle of an incident, an hour goes to the question whether to fix or to roll back.
Verified: The criterion is recorded, owned and reviewed; past incidents name the path taken.
Mend: Write down when a quick fix is allowed and when to roll back, with who decides, and review it after each
incident.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "delivery.incident-criterion",
    seeds="M-D8",
    proof="record",
    severity="low",
    module=__name__,
)
