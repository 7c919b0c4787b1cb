"""Kubernetes objects as their manifests describe them, before any admission controller has touched them."""

from dataclasses import dataclass

from prodproof.facts.location import Location


@dataclass(frozen=True, kw_only=True)
class PodContainer:
    """A container of a pod, with the pod's settings where it has none of its own."""

    name: str
    image: str
    init: bool = False
    privileged: bool = False
    escalation: bool | None = None
    """`allowPrivilegeEscalation`; None where it is not said, which Kubernetes takes for true."""

    run_as_user: int | None = None
    run_as_non_root: bool | None = None
    read_only_root: bool = False
    added: tuple[str, ...] = ()
    """Capabilities, in capitals, without `CAP_`."""

    dropped: tuple[str, ...] = ()
    seccomp: str | None = None
    """`RuntimeDefault`, `Localhost`, `Unconfined`, or None where it is not said."""

    host_ports: tuple[int, ...] = ()
    unmasked_proc: bool = False
    pinned: bool | None = False
    """The image is named by digest, here or in a kustomization; None where the pipeline puts the name in."""

    readiness: bool = False
    liveness: bool = False
    line: int | None = None


@dataclass(frozen=True, kw_only=True)
class Rollout:
    """How a controller replaces the pods of the release before."""

    strategy: str
    """`RollingUpdate`, `Recreate`, `OnDelete`, `Canary`, `BlueGreen`; the default of the kind where it is not said."""

    max_unavailable: str | None = None
    """As written: `25%`, `1`."""

    replicas: int | None = None
    guarded: bool = False
    """A canary or blue-green controller (Argo Rollouts, Flagger) watches it with an analysis or pauses."""


@dataclass(frozen=True, kw_only=True)
class Workload:
    """A pod, or a controller that makes pods."""

    kind: str
    name: str
    namespace: str | None
    """None where neither manifest nor kustomization says it."""

    containers: tuple[PodContainer, ...]
    host_pid: bool = False
    host_network: bool = False
    host_ipc: bool = False
    host_paths: tuple[str, ...] = ()
    service_account: str | None = None
    mounts_token: bool | None = None
    """`automountServiceAccountToken`; None where it is not said."""

    sysctls: tuple[str, ...] = ()
    policies: tuple[str, ...] = ()
    """Network policies (global ones too) that select it for incoming traffic."""

    rollout: Rollout | None = None
    windows: bool = False
    location: Location


@dataclass(frozen=True, kw_only=True)
class PolicyRule:
    """One rule of a role."""

    groups: tuple[str, ...]
    resources: tuple[str, ...]
    verbs: tuple[str, ...]
    names: tuple[str, ...] = ()
    """`resourceNames`; empty means all."""


@dataclass(frozen=True, kw_only=True)
class ClusterAccessRole:
    """A Role or ClusterRole."""

    kind: str
    name: str
    namespace: str | None
    rules: tuple[PolicyRule, ...]
    bound_everywhere: bool = False
    """A ClusterRoleBinding of the same repository grants it in all namespaces."""

    location: Location


@dataclass(frozen=True, kw_only=True)
class ClusterAccessBinding:
    """A RoleBinding or ClusterRoleBinding."""

    kind: str
    name: str
    namespace: str | None
    role: str
    role_kind: str
    subjects: tuple[str, ...]
    """`User:ana`, `Group:system:masters`, `ServiceAccount:shop/web`."""

    location: Location


@dataclass(frozen=True, kw_only=True)
class KubernetesNamespace:
    """A Namespace object and what guards its pods."""

    name: str
    enforce: str | None
    """Label `pod-security.kubernetes.io/enforce`."""

    policy_engine: bool = False
    """The repository holds policies of Kyverno, Gatekeeper or the cluster's own admission policies."""

    location: Location


@dataclass(frozen=True, kw_only=True)
class KubernetesSettings:
    """What a repository with manifests says of the cluster as a whole."""

    workloads: int
    gitops: tuple[str, ...] = ()
    """Objects of Argo CD or Flux: `Application shop`."""

    encrypts_secrets: bool | None = None
    """None where nothing says it; False where an EncryptionConfiguration leaves Secrets readable."""

    encryption: Location | None = None
