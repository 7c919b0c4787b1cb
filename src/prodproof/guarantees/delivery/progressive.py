"""Releases roll out progressively (canary, blue-green or rolling) with a health check that stops them.

Risk: TODO.
Verified: Rollout settings of the platform in use (Kubernetes strategy, ECS deployment, load balancer, process
manager).
Mend: TODO.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "delivery.progressive",
    seeds="L-6",
    proof="inside",
    severity="medium",
    module=__name__,
)
