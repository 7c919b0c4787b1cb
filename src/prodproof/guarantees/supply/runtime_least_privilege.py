"""Services run with no more rights than they need: not as root, no extra capabilities, read-only where possible.

Risk: A flaw in one service hands the attacker the whole machine, and with it every other service that runs there.
Verified: Dockerfiles (the last stage's user), compose files, Kubernetes pods and systemd units are read for root,
privileged mode, dangerous capabilities, host namespaces and the container engine's socket. That can find it broken;
for it to hold the live processes must be seen, which this version does not do.
Mend: Add `USER 10001` to the Dockerfile's last stage, `user:` and `security_opt: [no-new-privileges:true]` to compose
services, `runAsNonRoot: true` to pods, `User=` or `DynamicUser=yes` to units; take `privileged`, added capabilities
and the docker socket away.
"""

from collections.abc import Iterable
from dataclasses import replace

from prodproof.facts import Location, Reason
from prodproof.facts.kubernetes import PodContainer, Workload
from prodproof.facts.runtime import ComposeService, ImageUser, SystemdUnit
from prodproof.verdicts import Example, Finding, Verdict, broken, guarantee, holds, unknown

DANGEROUS = {
    "ALL", "BPF", "DAC_READ_SEARCH", "MAC_ADMIN", "MAC_OVERRIDE", "NET_ADMIN", "PERFMON", "SYS_ADMIN", "SYS_BOOT",
    "SYS_MODULE", "SYS_PTRACE", "SYS_RAWIO", "SYS_TIME", "SYSLOG",
}  # fmt: skip
"""Capabilities that reach beyond the container. Source: https://man7.org/linux/man-pages/man7/capabilities.7.html"""

_SOCKETS = ("docker.sock", "containerd.sock", "crio.sock", "cri-dockerd.sock", "podman.sock")
_ROOT = {"root", "0"}
_UNPRIVILEGED_BASES = ("distroless/", "nginx-unprivileged", "chainguard/")


@guarantee(
    "supply.runtime-least-privilege",
    seeds="M-text H-guide-Kubernetes",
    proof="inside",
    severity="high",
    verifiable=False,
    nothing="no Dockerfile, compose file, Kubernetes pod or systemd unit was found in the repositories",
)
def judge(image: ImageUser) -> Verdict:
    """The user of a Dockerfile's last stage."""
    place = image.location
    if not image.resolved:
        return unknown(Reason.INCOMPLETE, "its user is named by a build argument without a default")
    if image.user is not None and image.user.partition(":")[0] not in _ROOT:
        return holds(f"the image runs as {image.user}")
    if image.drops_rights:
        return unknown(
            Reason.INCOMPLETE, "it starts as root and hands over in its entry point; which rights stay is not seen"
        )
    if image.user is not None:
        return broken(Finding("image-runs-as-root", f"the image runs as root (USER {image.user})", place))
    if not image.base or image.base.endswith("nonroot") or any(name in image.base for name in _UNPRIVILEGED_BASES):
        return unknown(
            Reason.INCOMPLETE, f"it names no user; that of {image.base or 'its base image'} is not known here"
        )
    return broken(Finding("image-runs-as-root", "the image names no USER, so it runs as root", place, "no-user"))


@judge.also
def compose(service: ComposeService) -> Verdict:
    """A compose service."""
    findings = list(_compose(service))
    return broken(*findings) if findings else holds("takes no rights beyond its image's")


def _compose(service: ComposeService) -> Iterable[Finding]:
    def finding(rule: str, text: str, key: str = "") -> Finding:
        return Finding(rule, f"service {service.name} {text}", service.location, f"{service.name} {key}".strip())

    if service.privileged:
        yield finding("privileged-container", "runs privileged")
    if service.user is not None and service.user.partition(":")[0] in _ROOT:
        yield finding("runs-as-root", f"runs as root (user: {service.user})")
    for name in sorted(DANGEROUS & set(service.added)):
        yield finding("dangerous-capability", f"gets the capability {name}", name)
    for name in service.host_namespaces:
        yield finding("host-namespace", f"shares the host's {name} namespace", name)
    for path in service.mounts:
        if path.endswith(_SOCKETS):
            yield finding("runtime-socket", f"mounts {path}, which gives control of the host", path)
        else:
            yield finding("host-path", f"may write the host's {path}", path)
    for name in service.unconfined:
        yield finding("unconfined", f"switches {name} off", name)


@judge.also
def pod(workload: Workload) -> Verdict:
    """A Kubernetes pod."""

    def finding(rule: str, text: str, key: str = "", line: int | None = None) -> Finding:
        place = Location(workload.location.path, line or workload.location.line)
        identity = f"{workload.kind}/{workload.namespace or ''}/{workload.name} {key}".strip()
        return Finding(rule, f"{workload.kind} {workload.name}: {text}", place, identity)

    findings = []
    for shared, name in ((workload.host_pid, "hostPID"), (workload.host_network, "hostNetwork"),
                         (workload.host_ipc, "hostIPC")):  # fmt: skip
        if shared:
            findings.append(finding("host-namespace", f"shares the node's namespace: {name}", name))
    findings += [
        finding("runtime-socket", f"mounts {path}, which gives control of the node", path)
        for path in workload.host_paths
        if path.endswith(_SOCKETS)
    ]
    for one in workload.containers:
        if one.privileged:
            findings.append(finding("privileged-container", f"{one.name} runs privileged", one.name, one.line))
        if one.run_as_user == 0:
            findings.append(finding("runs-as-root", f"{one.name} runs as root", one.name, one.line))
        for name in sorted(DANGEROUS & set(one.added)):
            text = f"{one.name} gets the capability {name}"
            findings.append(finding("dangerous-capability", text, f"{one.name} {name}", one.line))
    if findings:
        return broken(*findings)
    if image_decides := [one.name for one in workload.containers if not _not_root(one)]:
        names = ", ".join(image_decides[:3]) + (" …" if len(image_decides) > 3 else "")
        return unknown(Reason.INCOMPLETE, f"asks for no rights, but the image decides whether {names} runs as root")
    return holds("no root, no privileged mode, no dangerous capability")


def _not_root(container: PodContainer) -> bool:
    return container.run_as_non_root is True or bool(container.run_as_user)


@judge.also
def unit(unit: SystemdUnit) -> Verdict:
    """A systemd service unit."""
    dangerous = sorted(DANGEROUS & set(unit.ambient))
    if dangerous:
        text = f"{unit.name} gets the capability {dangerous[0]}"
        return broken(Finding("dangerous-capability", text, unit.location, f"{unit.name} {dangerous[0]}"))
    if unit.dynamic_user or (unit.user is not None and unit.user not in _ROOT):
        return holds(f"runs as {'a user of its own' if unit.dynamic_user else unit.user}")
    if unit.one_shot:
        return holds("runs once and ends")
    if unit.capabilities is not None and not DANGEROUS & set(unit.capabilities):
        return holds("root with a bounded set of capabilities")
    return broken(Finding("unit-runs-as-root", f"{unit.name} runs as root (no User=)", unit.location, unit.name))


_IMAGE = ImageUser(user="10001", base="python:3.12-slim", location=Location("Dockerfile", 9))
_SERVICE = ComposeService(name="web", image="shop", user="10001", location=Location("compose.yml", 2))
_CONTAINER = PodContainer(name="web", image="shop", run_as_user=10001, run_as_non_root=True)
_POD = Workload(
    kind="Deployment", name="web", namespace="shop", containers=(_CONTAINER,), location=Location("k8s/web.yaml", 1)
)
_UNIT = SystemdUnit(name="shop.service", user="shop", location=Location("deploy/shop.service", 1))

EXAMPLES = (
    Example("a user of its own", _IMAGE, holds),
    Example("no USER", replace(_IMAGE, user=None), broken, says="no USER"),
    Example("USER root", replace(_IMAGE, user="root"), broken, says="root"),
    Example(
        "hands over in its entry point",
        replace(_IMAGE, user=None, drops_rights=True),
        unknown,
        reason=Reason.INCOMPLETE,
    ),
    Example(
        "a base without root",
        replace(_IMAGE, user=None, base="gcr.io/distroless/python3"),
        unknown,
        reason=Reason.INCOMPLETE,
    ),
    Example(
        "a user that only the build knows",
        replace(_IMAGE, user=None, resolved=False),
        unknown,
        reason=Reason.INCOMPLETE,
    ),
    Example("a plain service", _SERVICE, holds),
    Example("a privileged service", replace(_SERVICE, privileged=True), broken, says="privileged"),
    Example("the docker socket", replace(_SERVICE, mounts=("/var/run/docker.sock",)), broken, says="docker.sock"),
    Example("SYS_ADMIN", replace(_SERVICE, added=("SYS_ADMIN",)), broken),
    Example("the host's processes", replace(_SERVICE, host_namespaces=("pid",)), broken),
    Example("a service as root", replace(_SERVICE, user="0:0"), broken),
    Example("seccomp switched off", replace(_SERVICE, unconfined=("seccomp",)), broken),
    Example("a plain pod", _POD, holds),
    Example(
        "a pod that leaves the user to its image",
        replace(_POD, containers=(replace(_CONTAINER, run_as_user=None, run_as_non_root=None),)),
        unknown,
        says="whether web runs as root",
        reason=Reason.INCOMPLETE,
    ),
    Example("a privileged pod", replace(_POD, containers=(replace(_CONTAINER, privileged=True),)), broken),
    Example("the node's network", replace(_POD, host_network=True), broken),
    Example("a pod as root", replace(_POD, containers=(replace(_CONTAINER, run_as_user=0),)), broken),
    Example("a unit with a user", _UNIT, holds),
    Example("a unit as root", replace(_UNIT, user=None), broken, says="no User="),
    Example("a unit with a dynamic user", replace(_UNIT, user=None, dynamic_user=True), holds),
    Example("a unit that may load modules", replace(_UNIT, ambient=("SYS_MODULE",)), broken),
    Example("a user of a name and a group", replace(_IMAGE, user="0:1000"), broken, says="USER 0:1000"),
    Example(
        "USER root, on a base without root",
        replace(_IMAGE, user="root", base="gcr.io/distroless/python3"),
        broken,
        says="USER root",
    ),
    *(
        Example(
            f"the base is {base or 'not known'}",
            replace(_IMAGE, user=None, base=base),
            unknown,
            reason=Reason.INCOMPLETE,
        )
        for base in ("", "nginxinc/nginx-unprivileged:1.27", "cgr.dev/chainguard/python", "acme/base:nonroot")
    ),
    Example("a base that only begins so", replace(_IMAGE, user=None, base="nonroot/python"), broken),
    Example("every capability", replace(_SERVICE, added=("ALL",)), broken, says="ALL"),
    Example("a harmless capability", replace(_SERVICE, added=("CHOWN",)), holds),
    Example("a service without a user", replace(_SERVICE, user=None), holds),
    Example("a folder of the host", replace(_SERVICE, mounts=("/etc",)), broken, says="may write the host's /etc"),
    *(
        Example(f"mounts {name}", replace(_SERVICE, mounts=(f"/run/{name}",)), broken, says="gives control")
        for name in ("containerd.sock", "crio.sock", "cri-dockerd.sock", "podman.sock", "docker.sock")
    ),
    Example("the node's processes", replace(_POD, host_pid=True), broken, says="hostPID"),
    Example("the node's shared memory", replace(_POD, host_ipc=True), broken, says="hostIPC"),
    Example(
        "a pod with the docker socket",
        replace(_POD, host_paths=("/var/run/docker.sock",)),
        broken,
        says="control of the node",
    ),
    Example("a pod with a folder of the node", replace(_POD, host_paths=("/var/log",)), holds),
    Example(
        "a pod with SYS_ADMIN",
        replace(_POD, containers=(replace(_CONTAINER, added=("SYS_ADMIN",)),)),
        broken,
        says="SYS_ADMIN",
    ),
    Example("a pod with a user alone", replace(_POD, containers=(replace(_CONTAINER, run_as_non_root=None),)), holds),
    Example(
        "a pod without root, whoever it is", replace(_POD, containers=(replace(_CONTAINER, run_as_user=None),)), holds
    ),
    Example("a unit as root by name", replace(_UNIT, user="root"), broken),
    Example("a unit that runs once", replace(_UNIT, user=None, one_shot=True), holds),
    Example(
        "a unit with bounded capabilities", replace(_UNIT, user=None, capabilities=("CAP_NET_BIND_SERVICE",)), holds
    ),
    Example("a unit that keeps a dangerous one", replace(_UNIT, user=None, capabilities=("SYS_ADMIN",)), broken),
)
