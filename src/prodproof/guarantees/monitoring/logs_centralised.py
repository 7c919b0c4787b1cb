"""Logs are in one place and can be queried without SSH to each server.

Risk: TODO.
Verified: A canary line from each service is found by querying the store, within a bounded delay.
Mend: TODO.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "monitoring.logs-centralised",
    seeds="M-O8",
    proof="active",
    severity="medium",
    module=__name__,
)
