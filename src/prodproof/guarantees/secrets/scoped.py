"""Each secret opens only the resource it is for, with the least permissions, for a bounded time.

Risk: TODO.
Verified: What each credential can do, and until when, is read from the service and compared with its declared
purpose; one act outside it is tried and must be refused.
Mend: TODO.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "secrets.scoped",
    seeds="M-S6 S-2 H-4",
    proof="active",
    severity="medium",
    module=__name__,
)
