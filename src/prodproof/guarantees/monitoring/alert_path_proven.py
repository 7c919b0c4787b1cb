"""An urgent alert reaches a person who acknowledges it within the declared time.

Risk: The alert fired, and nobody was told: the receiver's address had a typing error for months.
Verified: Drill: a real fault in the drill environment, or a canary alert, is followed through rule, alert
manager, receiver and acknowledgement; each hop timed; a dead man's switch proves the path between drills.
Mend: Send a canary alert through the whole path each week, follow it to an acknowledgement, and set a dead man's
switch for the time between.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "monitoring.alert-path-proven",
    seeds="M-text K-6",
    proof="drill",
    severity="high",
    module=__name__,
)
