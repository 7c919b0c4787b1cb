"""An automatic check verifies the application's availability at least every minute, from outside it.

Risk: If nobody checks from outside, your customers are the monitoring.
Verified: The prober's configuration and its last results; readiness fails when the database is away (in the drill
environment), liveness does not.
Mend: Check a health endpoint from another network every minute; let readiness fail when the database is away, and
liveness not.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "monitoring.health-checked",
    seeds="M-O1",
    proof="inside",
    severity="high",
    module=__name__,
)
