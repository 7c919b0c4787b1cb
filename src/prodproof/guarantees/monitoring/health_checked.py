"""An automatic check verifies the application's availability at least every minute, from outside it.

Risk: TODO.
Verified: The prober's configuration and its last results; readiness fails when the database is away (in the drill
environment), liveness does not.
Mend: TODO.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "monitoring.health-checked",
    seeds="M-O1",
    proof="inside",
    severity="medium",
    module=__name__,
)
