"""Kubernetes workloads are isolated: network policies, restricted pods, encrypted secrets, namespaced roles, changes by
GitOps.

Risk: Whoever breaks into one container that runs privileged, sees the files of its machine or holds a powerful token
owns the whole cluster, with every customer's data in it.
Verified: Manifests (several in a file, Lists, raw bases of kustomizations): each pod against the Restricted pod
security standard, a network policy that selects it (global ones of Cilium, Calico and the cluster count), images by
digest; roles and bindings without cluster-admin and wildcards; namespaces that enforce pod security; an encryption
configuration for Secrets; Argo CD or Flux objects. Charts and patches that are not rendered are unknown. A live cluster
is not asked yet. Files in folders of examples, tests and documentation are left out.
Mend: Set `securityContext` (runAsNonRoot, allowPrivilegeEscalation: false, capabilities drop ALL, seccompProfile
RuntimeDefault), label namespaces `pod-security.kubernetes.io/enforce: restricted`, add one default-deny NetworkPolicy
per namespace, bind roles in namespaces instead of cluster-admin, name images by digest.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from prodproof.facts import Location, Reason
from prodproof.facts.kubernetes import (
    KubernetesNamespace,
    KubernetesSettings,
    PodContainer,
    Workload,
)
from prodproof.guarantees.platform import _kubernetes_access as access
from prodproof.verdicts import Example, Finding, Verdict, broken, guarantee, holds, unknown

BASELINE_CAPABILITIES = {
    "AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD", "NET_BIND_SERVICE", "SETFCAP",
    "SETGID", "SETPCAP", "SETUID", "SYS_CHROOT",
}  # fmt: skip
"""Source: https://kubernetes.io/docs/concepts/security/pod-security-standards/#baseline"""

SAFE_SYSCTLS = {
    "kernel.shm_rmid_forced", "net.ipv4.ip_local_port_range", "net.ipv4.ip_unprivileged_port_start",
    "net.ipv4.tcp_syncookies", "net.ipv4.ping_group_range", "net.ipv4.ip_local_reserved_ports",
    "net.ipv4.tcp_keepalive_time", "net.ipv4.tcp_fin_timeout", "net.ipv4.tcp_keepalive_intvl",
    "net.ipv4.tcp_keepalive_probes", "net.ipv4.tcp_rmem", "net.ipv4.tcp_wmem",
}  # fmt: skip
_SOCKETS = ("docker.sock", "containerd.sock", "crio.sock", "cri-dockerd.sock", "podman.sock")


@guarantee("platform.kubernetes-hardened", seeds="H-guide-Kubernetes L-1", proof="inside", severity="high",
           when_none="not_applicable")  # fmt: skip
def judge(workload: Workload) -> Verdict:
    """A pod against the Restricted standard, isolation and image digests."""
    findings = [*_host(workload), *_containers(workload), *_isolation(workload)]
    if findings:
        return broken(*findings)
    if any(one.pinned is None for one in workload.containers):
        return unknown(Reason.INCOMPLETE, "its image is put in by the pipeline, so whether by digest is not said here")
    return holds("restricted, isolated by a network policy, image by digest")


def _host(workload: Workload) -> Iterable[Finding]:
    for shared, name in ((workload.host_pid, "hostPID"), (workload.host_network, "hostNetwork"),
                         (workload.host_ipc, "hostIPC")):  # fmt: skip
        if shared:
            yield _about(workload, f"host-{name[4:].lower()}", f"shares the node's namespace: {name}")
    sockets = [path for path in workload.host_paths if path.endswith(_SOCKETS)]
    for path in sockets:
        yield _about(workload, "runtime-socket", f"mounts {path}, which gives control of the node", path)
    others = [path for path in workload.host_paths if path not in sockets]
    if others:
        more = f" and {len(others) - 3} more" if len(others) > 3 else ""
        yield _about(workload, "host-path", f"mounts the node's {', '.join(others[:3])}{more}")
    unsafe = [name for name in workload.sysctls if name not in SAFE_SYSCTLS]
    if unsafe:
        yield _about(workload, "unsafe-sysctl", f"sets {', '.join(unsafe)} of the node's kernel")


_RESTRICTED: tuple[tuple[str, str, Callable[[PodContainer], bool]], ...] = (
    ("privileged-pod", "runs privileged", lambda one: one.privileged),
    ("added-capability", "adds capabilities", lambda one: not set(one.added) <= BASELINE_CAPABILITIES),
    ("host-port", "opens a port of the node", lambda one: bool(one.host_ports)),
    ("unmasked-proc", "sees the node's /proc", lambda one: one.unmasked_proc),
    ("may-escalate", "may gain privileges (allowPrivilegeEscalation)", lambda one: one.escalation is not False),
    ("runs-as-root", "runs as root", lambda one: one.run_as_user == 0),
    ("may-run-as-root", "may run as root (no runAsNonRoot)",
     lambda one: one.run_as_non_root is not True and one.run_as_user is None),
    ("keeps-capabilities", "keeps capabilities (no drop: ALL)", lambda one: "ALL" not in one.dropped),
    ("no-seccomp", "has no seccomp profile", lambda one: one.seccomp not in ("RuntimeDefault", "Localhost")),
    ("image-by-tag", "names its image by tag, not by digest", lambda one: one.pinned is False),
)  # fmt: skip
_LINUX_ONLY = {"added-capability", "may-escalate", "keeps-capabilities", "no-seccomp"}


def _containers(workload: Workload) -> Iterable[Finding]:
    for rule, text, wrong in _RESTRICTED:
        if workload.windows and rule in _LINUX_ONLY:
            continue
        offenders = [one for one in workload.containers if wrong(one)]
        if offenders:
            names = ", ".join(one.name for one in offenders)
            extra = (
                ": " + ", ".join(sorted({cap for one in offenders for cap in one.added})) if rule[:5] == "added" else ""
            )
            yield _about(workload, rule, f"{names} {text}{extra}", line=offenders[0].line)


def _isolation(workload: Workload) -> Iterable[Finding]:
    if not workload.policies and not workload.host_network:
        yield _about(workload, "no-network-policy", "no network policy confines who may connect to it")


def _about(workload: Workload, rule: str, text: str, key: str = "", line: int | None = None) -> Finding:
    place = Location(workload.location.path, line or workload.location.line)
    identity = f"{workload.kind}/{workload.namespace or ''}/{workload.name} {key}".strip()
    return Finding(rule, f"{workload.kind} {workload.name}: {text}", place, identity)


judge.also(access.role)
judge.also(access.binding)


@judge.also
def namespace(namespace: KubernetesNamespace) -> Verdict:
    """Pods that break the standard are refused."""
    if namespace.enforce in ("restricted", "baseline"):
        return holds(f"enforces the {namespace.enforce} pod security standard")
    if namespace.policy_engine:
        return unknown(Reason.INCOMPLETE, "a policy engine may guard it; its policies are not evaluated")
    how = f"enforces only {namespace.enforce!r}" if namespace.enforce else "does not enforce pod security"
    message = f"namespace {namespace.name} {how} (label pod-security.kubernetes.io/enforce)"
    return broken(Finding("no-pod-security", message, namespace.location, namespace.name))


@judge.also
def settings(settings: KubernetesSettings) -> Verdict:
    """Secrets are encrypted in the cluster's store, and changes come by GitOps."""
    if settings.encrypts_secrets is False:
        message = "the encryption configuration writes Secrets unencrypted (identity comes first)"
        return broken(Finding("secrets-unencrypted", message, settings.encryption))
    if settings.encrypts_secrets is None:
        text = "nothing here says that the cluster encrypts its Secrets (EncryptionConfiguration, or KMS in terraform)"
        return unknown(Reason.NOT_DECLARED, text)
    if not settings.gitops:
        return unknown(Reason.NOT_DECLARED, "nothing here shows changes by GitOps (an Argo CD or Flux object)")
    return holds(f"Secrets are encrypted, changes come through {settings.gitops[0]}")


_AT = Location("k8s/web.yaml", 1)
_CONTAINER = PodContainer(
    name="web",
    image="ghcr.io/harbour/shop@sha256:0000",
    escalation=False,
    run_as_user=10001,
    run_as_non_root=True,
    read_only_root=True,
    dropped=("ALL",),
    seccomp="RuntimeDefault",
    pinned=True,
    readiness=True,
)
_POD = Workload(
    kind="Deployment", name="web", namespace="shop", containers=(_CONTAINER,), policies=("default-deny",), location=_AT
)


def _with(**changes: Any) -> Workload:
    return replace(_POD, containers=(replace(_CONTAINER, **changes),))


_NAMESPACE = KubernetesNamespace(name="shop", enforce="restricted", location=_AT)
_SETTINGS = KubernetesSettings(workloads=1, gitops=("Application shop",), encrypts_secrets=True)


def _on_windows(pinned: bool = True) -> Workload:
    pod = _with(escalation=None, dropped=(), seccomp=None, added=("NET_RAW",), pinned=pinned)
    return replace(pod, windows=True)


EXAMPLES = (
    Example("a restricted pod", _POD, holds),
    Example("privileged", _with(privileged=True), broken, says="web runs privileged"),
    Example("shares the node's processes", replace(_POD, host_pid=True), broken, says="hostPID"),
    Example(
        "mounts the docker socket",
        replace(_POD, host_paths=("/var/run/docker.sock",)),
        broken,
        says="control of the node",
    ),
    Example("root", _with(run_as_user=0, run_as_non_root=None), broken, says="runs as root"),
    Example("SYS_ADMIN added", _with(added=("SYS_ADMIN",)), broken, says="SYS_ADMIN"),
    Example("no network policy", replace(_POD, policies=()), broken, says="no network policy"),
    Example("an image by tag", _with(pinned=False), broken, says="by tag"),
    Example("an image that the pipeline puts in", _with(pinned=None), unknown, reason=Reason.INCOMPLETE),
    Example("a restricted namespace", _NAMESPACE, holds),
    Example("a namespace that takes any pod", replace(_NAMESPACE, enforce=None), broken),
    Example(
        "a policy engine instead",
        replace(_NAMESPACE, enforce=None, policy_engine=True),
        unknown,
        reason=Reason.INCOMPLETE,
    ),
    Example("encrypted, by GitOps", _SETTINGS, holds),
    Example("identity first", replace(_SETTINGS, encrypts_secrets=False), broken),
    Example(
        "nothing said of encryption", replace(_SETTINGS, encrypts_secrets=None), unknown, reason=Reason.NOT_DECLARED
    ),
    Example("nothing shows GitOps", replace(_SETTINGS, gitops=()), unknown, reason=Reason.NOT_DECLARED),
    Example(
        "one of two images is put in by the pipeline",
        replace(_POD, containers=(_CONTAINER, replace(_CONTAINER, pinned=None))),
        unknown,
        reason=Reason.INCOMPLETE,
    ),
    Example("shares the node's network", replace(_POD, host_network=True), broken, says="hostNetwork"),
    Example(
        "shares the node's network and processes, and no policy could confine it",
        replace(_POD, host_network=True, host_pid=True, policies=()),
        broken,
        says="(and 1 more)",
    ),
    Example("shares the node's shared memory", replace(_POD, host_ipc=True), broken, says="hostIPC"),
    Example("mounts a folder of the node", replace(_POD, host_paths=("/var/log",)), broken, says="the node's /var/log"),
    Example(
        "mounts containerd's socket and a folder",
        replace(_POD, host_paths=("/run/containerd/containerd.sock", "/var/log")),
        broken,
        says="containerd.sock, which gives control of the node (and 1 more)",
    ),
    *(
        Example(f"mounts {name}", replace(_POD, host_paths=(f"/run/{name}",)), broken, says="control of the node")
        for name in ("crio.sock", "cri-dockerd.sock", "podman.sock")
    ),
    Example("a kernel setting of its own", replace(_POD, sysctls=("net.ipv4.tcp_keepalive_time",)), holds),
    Example("a kernel setting of its own shared memory", replace(_POD, sysctls=("kernel.shm_rmid_forced",)), holds),
    Example("a kernel setting of the node", replace(_POD, sysctls=("kernel.msgmax",)), broken, says="kernel.msgmax"),
    Example("a capability of the baseline", _with(added=("NET_BIND_SERVICE",)), holds),
    Example(
        "every capability of the baseline",
        _with(
            added=(
                "AUDIT_WRITE",
                "CHOWN",
                "DAC_OVERRIDE",
                "FOWNER",
                "FSETID",
                "KILL",
                "MKNOD",
                "NET_BIND_SERVICE",
                "SETFCAP",
                "SETGID",
                "SETPCAP",
                "SETUID",
                "SYS_CHROOT",
            )
        ),
        holds,
    ),
    Example("a user, and no word about root", _with(run_as_non_root=None), holds),
    Example("not root, and no word about the user", _with(run_as_user=None), holds),
    Example(
        "no word about root nor user", _with(run_as_user=None, run_as_non_root=None), broken, says="may run as root"
    ),
    Example("a seccomp profile of its own", _with(seccomp="Localhost"), holds),
    Example("no seccomp profile", _with(seccomp="Unconfined"), broken, says="no seccomp profile"),
    Example("on Windows there are no capabilities", _on_windows(), holds),
    Example("on Windows, by tag", _on_windows(pinned=False), broken, says="by tag"),
    Example("may escalate", _with(escalation=None), broken, says="may gain privileges"),
    Example("keeps its capabilities", _with(dropped=()), broken, says="keeps capabilities"),
    Example("opens a port of the node", _with(host_ports=(80,)), broken, says="port of the node"),
    Example("sees the node's /proc", _with(unmasked_proc=True), broken, says="/proc"),
    Example("a baseline namespace", replace(_NAMESPACE, enforce="baseline"), holds),
    *access.EXAMPLES,
)
