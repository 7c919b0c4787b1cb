"""Databases, clusters and queues are managed services, or somebody owns their patching, backup and failover and
proves it.

Risk: TODO.
Verified: Where each declared data service runs; a self-hosted one must have an owner and hold the recovery and
patching guarantees.
Mend: TODO.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "platform.managed-services",
    seeds="H-1",
    proof="inside",
    severity="medium",
    module=__name__,
)
