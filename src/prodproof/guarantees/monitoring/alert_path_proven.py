"""An urgent alert reaches a person who acknowledges it within the declared time.

Risk: TODO.
Verified: Drill: a real fault in the drill environment, or a canary alert, is followed through rule, alert
manager, receiver and acknowledgement; each hop timed; a dead man's switch proves the path between drills.
Mend: TODO.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "monitoring.alert-path-proven",
    seeds="M-text K-6",
    proof="drill",
    severity="medium",
    module=__name__,
)
