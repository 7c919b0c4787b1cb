"""Restarting a service, undoing logical corruption and recovering from total loss each have their own practised
path.

Risk: TODO.
Verified: Three drills, one each, each timed against its own objective.
Mend: TODO.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "recovery.scenarios-distinct",
    seeds="M-text",
    proof="drill",
    severity="medium",
    module=__name__,
)
