"""Logs and error trackers hold only the personal fields that are declared for them.

Risk: TODO.
Verified: A synthetic person's values are sent through the application and traced in every sink; a marker must be
found.
Mend: TODO.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "data.not-in-logs",
    seeds="L-5 M-L1",
    proof="active",
    severity="medium",
    module=__name__,
)
