"""A privileged pod."""

from prodproof.facts import Reason
from prodproof.range.fault import Fault

WEB = "k8s/web.yaml"
ALONE = "allowPrivilegeEscalation: false"
NO_POLICIES = """\
apiVersion: v1
kind: Namespace
metadata:
  name: shop
  labels:
    pod-security.kubernetes.io/enforce: restricted
"""

FAULT = Fault(
    guarantee="platform.kubernetes-hardened",
    breaks=lambda harbour: harbour.repo.replace(WEB, ALONE, "privileged: true"),
    says="runs privileged",
    variants=(
        lambda harbour: harbour.repo.replace(WEB, "      containers:\n", "      hostPID: true\n      containers:\n"),
        lambda harbour: harbour.repo.replace(WEB, "emptyDir: {}", "hostPath:\n            path: /var/run/docker.sock"),
        lambda harbour: harbour.repo.write("k8s/namespace.yaml", NO_POLICIES),
        lambda harbour: harbour.repo.replace("k8s/namespace.yaml", "enforce: restricted", "enforce: privileged"),
        lambda harbour: harbour.repo.replace(
            "k8s/access.yaml", "kind: Role\n  name: support", "kind: ClusterRole\n  name: cluster-admin"
        ),
        lambda harbour: harbour.repo.replace("k8s/cluster.yaml", "      - kms:\n", "      - identity: {}\n      - kms:\n"),
    ),
    withdraws=lambda harbour: harbour.repo.garble(WEB),
    reason=Reason.INCOMPLETE,
    touches=("delivery.progressive", "supply.runtime-least-privilege"),
)
