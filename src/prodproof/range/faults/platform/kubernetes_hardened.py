"""A privileged pod."""

from prodproof.facts import Reason
from prodproof.range.fault import Fault
from prodproof.range.range import Range

WEB = "k8s/web.yaml"
NAMESPACE = "k8s/namespace.yaml"
ALONE = "allowPrivilegeEscalation: false"
NO_POLICIES = """\
apiVersion: v1
kind: Namespace
metadata:
  name: shop
  labels:
    pod-security.kubernetes.io/enforce: restricted
"""


def privileged_container(harbour: Range) -> None:
    harbour.repo.replace(WEB, ALONE, "privileged: true")


def host_pid(harbour: Range) -> None:
    """The pod sees every process of its node."""
    harbour.repo.replace(WEB, "      containers:\n", "      hostPID: true\n      containers:\n")


def docker_socket_mounted(harbour: Range) -> None:
    harbour.repo.replace(WEB, "emptyDir: {}", "hostPath:\n            path: /var/run/docker.sock")


def no_network_policy(harbour: Range) -> None:
    harbour.repo.write(NAMESPACE, NO_POLICIES)


def privileged_pods_admitted(harbour: Range) -> None:
    harbour.repo.replace(NAMESPACE, "enforce: restricted", "enforce: privileged")


def support_is_cluster_admin(harbour: Range) -> None:
    role = "kind: Role\n  name: support"
    harbour.repo.replace("k8s/access.yaml", role, "kind: ClusterRole\n  name: cluster-admin")


def secrets_stored_in_clear(harbour: Range) -> None:
    """The first provider writes; the others only read."""
    harbour.repo.replace("k8s/cluster.yaml", "      - kms:\n", "      - identity: {}\n      - kms:\n")


def deployment_unreadable(harbour: Range) -> None:
    harbour.repo.garble(WEB)


FAULT = Fault(
    guarantee="platform.kubernetes-hardened",
    breaks=privileged_container,
    says="runs privileged",
    subject="k8s:Deployment/shop/web",
    variants=(
        host_pid,
        docker_socket_mounted,
        no_network_policy,
        privileged_pods_admitted,
        support_is_cluster_admin,
        secrets_stored_in_clear,
    ),
    withdraws=deployment_unreadable,
    reason=Reason.INCOMPLETE,
    touches=("delivery.progressive", "platform.infrastructure-reviewed", "supply.runtime-least-privilege"),
)
