"""Each secret opens only the resource it is for, with the least permissions, for a bounded time.

Risk: A reporting job's key that may also delete is a deleting key that lies in a reporting job.
Verified: What each credential can do, and until when, is read from the service and compared with its declared
purpose; one act outside it is tried and must be refused.
Mend: Give each credential one resource and the fewest actions, bound its lifetime, and try the act that must be
refused.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "secrets.scoped",
    seeds="M-S6 S-2 H-4",
    proof="active",
    severity="high",
    module=__name__,
)
