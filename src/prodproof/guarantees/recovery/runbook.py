"""A restoration runbook has concrete steps that any team member can follow under pressure.

Risk: At three in the morning nobody reconstructs a procedure from old chat messages.
Verified: The runbook is executable: the drill follows its steps, and whoever did it last was not its author;
links and commands resolve.
Mend: Write the steps as commands, have somebody else than the author follow them, and mend every place where they
stop.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "recovery.runbook",
    seeds="M-B7 M-text",
    proof="drill",
    severity="high",
    module=__name__,
)
