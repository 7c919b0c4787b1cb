"""Logs are in one place and can be queried without SSH to each server.

Risk: Logs on ten machines are read one at a time, and are gone with the machine that you most need them from.
Verified: A canary line from each service is found by querying the store, within a bounded delay.
Mend: Ship the logs of every service and worker to one store, and query it for a canary line from each.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "monitoring.logs-centralised",
    seeds="M-O8",
    proof="active",
    severity="medium",
    module=__name__,
)
