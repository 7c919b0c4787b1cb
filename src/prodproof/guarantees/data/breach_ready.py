"""After a leak the affected people can be named and the notification drafted within 72 hours.

Risk: TODO.
Verified: The leak drill over data map and access logs, timed.
Mend: TODO.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "data.breach-ready",
    seeds="M-S7 L-8",
    proof="drill",
    severity="medium",
    module=__name__,
)
