"""A pod's manifest as a fact: settings of the pod where the container has none."""

from collections.abc import Callable
from typing import Any

from prodproof.facts import Location
from prodproof.facts.kubernetes import PodContainer, Rollout, Workload
from prodproof.reach.files.kube_objects import KubeObject
from prodproof.reach.files.placed import PlacedMap
from prodproof.reach.git.repository import shown

_PATHS: dict[str, tuple[str, ...]] = {
    "Pod": (),
    "CronJob": ("jobTemplate", "spec", "template"),
    "Deployment": ("template",),
    "DeploymentConfig": ("template",),
    "StatefulSet": ("template",),
    "DaemonSet": ("template",),
    "ReplicaSet": ("template",),
    "ReplicationController": ("template",),
    "Rollout": ("template",),
    "Job": ("template",),
}


def template_of(item: KubeObject) -> PlacedMap | None:
    """The object's pod template (with metadata and spec); None for objects that make no pods."""
    if item.kind not in _PATHS:
        return None
    at = item.body if item.kind == "Pod" else item.spec
    for step in _PATHS[item.kind]:
        at = at.map(step)
    return at if at.maps("containers") or at.map("spec").maps("containers") else None


def labels_of(template: PlacedMap) -> dict[str, str]:
    """Labels that the pods get."""
    labels = template.map("metadata").map("labels")
    return {name: labels.text(name) or "" for name in labels}


def workload(
    item: KubeObject, template: PlacedMap, policies: tuple[str, ...], digests: set[str], guarded: bool
) -> Workload:
    """The fact of one object that makes pods."""
    spec = template.map("spec")
    context = spec.map("securityContext")
    containers = tuple(
        _container(one, context, digests, key == "initContainers")
        for key in ("initContainers", "containers")
        for one in spec.maps(key)
    )
    return Workload(
        kind=item.kind,
        name=item.name,
        namespace=item.namespace,
        containers=containers,
        host_pid=spec.get("hostPID") is True,
        host_network=spec.get("hostNetwork") is True,
        host_ipc=spec.get("hostIPC") is True,
        host_paths=tuple(
            volume.map("hostPath").text("path") or "/" for volume in spec.maps("volumes") if "hostPath" in volume
        ),
        service_account=spec.text("serviceAccountName") or spec.text("serviceAccount"),
        mounts_token=_flag(spec, "automountServiceAccountToken"),
        sysctls=tuple(one.text("name") or "" for one in context.maps("sysctls")),
        policies=policies,
        rollout=_rollout(item, guarded),
        windows=spec.map("os").text("name") == "windows"
        or spec.map("nodeSelector").text("kubernetes.io/os") == "windows",
        location=Location(shown(item.path), item.body.line),
    )


def _container(one: PlacedMap, pod: PlacedMap, digests: set[str], init: bool) -> PodContainer:
    own = one.map("securityContext")

    def effective(key: str, read: Callable[[PlacedMap, str], Any]) -> Any:
        value = read(own, key)
        return read(pod, key) if value is None else value

    image = one.text("image") or ""
    capabilities = own.map("capabilities")
    return PodContainer(
        name=one.text("name") or "(unnamed)",
        image=image[:300],
        init=init,
        privileged=own.get("privileged") is True,
        escalation=_flag(own, "allowPrivilegeEscalation"),
        run_as_user=effective("runAsUser", _number),
        run_as_non_root=effective("runAsNonRoot", _flag),
        read_only_root=own.get("readOnlyRootFilesystem") is True,
        added=_capabilities(capabilities, "add"),
        dropped=_capabilities(capabilities, "drop"),
        seccomp=own.map("seccompProfile").text("type") or pod.map("seccompProfile").text("type"),
        host_ports=tuple(number for port in one.maps("ports") if (number := _number(port, "hostPort"))),
        unmasked_proc=own.get("procMount") == "Unmasked",
        pinned=_pinned(image, digests),
        readiness="readinessProbe" in one,
        liveness="livenessProbe" in one,
        line=one.line,
    )


def _pinned(image: str, digests: set[str]) -> bool | None:
    if "@sha256:" in image:
        return True
    bare = image.rpartition(":")[0] if ":" in image.rpartition("/")[2] else image
    if bare in digests:
        return True
    return None if not image or "$" in image or "{" in image else False


def _capabilities(capabilities: PlacedMap, key: str) -> tuple[str, ...]:
    return tuple(name.upper().removeprefix("CAP_") for name in capabilities.texts(key))


def _flag(mapping: PlacedMap, key: str) -> bool | None:
    value = mapping.get(key)
    return value if isinstance(value, bool) else None


def _number(mapping: PlacedMap, key: str) -> int | None:
    value = mapping.get(key)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _rollout(item: KubeObject, guarded: bool) -> Rollout | None:
    replicas = _number(item.spec, "replicas")
    if item.kind == "Rollout":
        strategy = item.spec.map("strategy")
        canary, blue_green = strategy.map("canary"), strategy.map("blueGreen")
        watched = "analysis" in canary or any("analysis" in step or "pause" in step for step in canary.maps("steps"))
        watched = watched or bool({"prePromotionAnalysis", "postPromotionAnalysis"} & blue_green.keys())
        return Rollout(strategy="BlueGreen" if blue_green else "Canary", replicas=replicas, guarded=watched or guarded)
    if item.kind not in ("Deployment", "DeploymentConfig", "StatefulSet", "DaemonSet"):
        return None
    settings = item.spec.map("strategy") or item.spec.map("updateStrategy")
    rolling = settings.map("rollingUpdate") or settings.map("rollingParams")
    return Rollout(
        strategy=settings.text("type") or "RollingUpdate",
        max_unavailable=rolling.text("maxUnavailable"),
        replicas=replicas,
        guarded=guarded,
    )
