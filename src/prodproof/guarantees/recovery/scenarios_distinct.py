"""Restarting a service, undoing logical corruption and recovering from total loss each have their own practised
path.

Risk: Restarting a service, undoing a bad write and losing the host are three different nights, and one plan fits
none of them.
Verified: Three drills, one each, each timed against its own objective.
Mend: Give each scenario its own objective and runbook, and practise each.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "recovery.scenarios-distinct",
    seeds="M-text",
    proof="drill",
    severity="medium",
    module=__name__,
)
