"""Kubernetes workloads are isolated: network policies, restricted pods, encrypted secrets, namespaced roles, changes
by GitOps.

Risk: TODO.
Verified: Manifests (rendered; unrendered templates are unknown) and, where connected, the live cluster: default-
deny network policies (global ones of the network plug-in count) that are enforced (a canary connection), pod
security, RBAC without cluster-admin, image digests, secrets encryption.
Mend: TODO.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "platform.kubernetes-hardened",
    seeds="H-guide-Kubernetes L-1",
    proof="inside",
    severity="medium",
    module=__name__,
)
