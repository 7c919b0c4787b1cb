"""After a leak the affected people can be named and the notification drafted within 72 hours.

Risk: After a leak the law gives you 72 hours; without knowing whose records were read you must assume everyone's.
Verified: The leak drill over data map and access logs, timed.
Mend: Log who read which records, keep the data map current, and practise naming the affected people and drafting
the notice.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "data.breach-ready",
    seeds="M-S7 L-8",
    proof="drill",
    severity="high",
    module=__name__,
)
