"""A restoration runbook has concrete steps that any team member can follow under pressure.

Risk: TODO.
Verified: The runbook is executable: the drill follows its steps, and whoever did it last was not its author;
links and commands resolve.
Mend: TODO.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "recovery.runbook",
    seeds="M-B7 M-text",
    proof="drill",
    severity="medium",
    module=__name__,
)
