"""Databases, clusters and queues are managed services, or somebody owns their patching, backup and failover and
proves it.

Risk: A self-hosted database is patched, backed up and failed over by somebody, or by nobody.
Verified: Where each declared data service runs; a self-hosted one must have an owner and hold the recovery and
patching guarantees.
Mend: Use the provider's managed service, or name the owner who patches, backs up and fails over, and proves it.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "platform.managed-services",
    seeds="H-1",
    proof="inside",
    severity="medium",
    module=__name__,
)
