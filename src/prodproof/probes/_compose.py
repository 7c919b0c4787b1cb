"""Services of compose files as facts."""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from prodproof.facts import Location, Reason, Unseen
from prodproof.facts.runtime import ComposeService, ComposeUpdate
from prodproof.probes._files import is_for_development, is_sample
from prodproof.reach.files.placed import PlacedMap, read_documents
from prodproof.reach.git.repository import RepositoryReader, shown

_COMPOSE = tuple(f"**/{name}" for name in ("compose*.y*ml", "docker-compose*.y*ml", "*compose.y*ml", "stack*.y*ml"))
_NAMED = re.compile(r"^(docker-)?compose([.\-_][\w.\-]*)?\.ya?ml$")
_POWERFUL = (
    "/", "/etc", "/root", "/home", "/proc", "/sys", "/dev", "/boot", "/usr", "/lib", "/run", "/var/run",
    "/var/lib/docker",
)  # fmt: skip
MAX_ITEMS = 100_000
"""Items of all services' lists; by anchors, a small file can hold any number."""

_LISTS = ("cap_add", "security_opt", "volumes")
_ENGINES = {"docker.sock", "containerd.sock", "crio.sock", "cri-dockerd.sock", "podman.sock"}


def _is_compose(path: str, documents: Sequence[Any] | Unseen) -> bool:
    """Whether a file really is a compose file: one named `stack-usage.yml` or `decompose.yaml` can be anything."""
    if _NAMED.search(path.rpartition("/")[2]):
        return True
    if isinstance(documents, Unseen):
        return False
    listed = [document.map("services") for document in documents if isinstance(document, PlacedMap)]
    return any({"image", "build"} & one.map(name).keys() for one in listed for name in one)


def compose_files(reader: RepositoryReader) -> Iterator[tuple[str, list[Any] | Unseen]]:
    """Printable path and documents of each compose file that is no sample and not for a developer's machine."""
    for path in reader.glob(*_COMPOSE):
        if is_sample(path) or is_for_development(path):
            continue
        name, text = shown(path), reader.text(path)
        documents = read_documents(text) if isinstance(text, str) else text
        if not _is_compose(path, documents):
            continue
        if isinstance(text, str) and isinstance(documents, Unseen):
            documents = Unseen(documents.why, f"{name} {documents.detail}")
        elif not isinstance(documents, Unseen) and _items(documents) > MAX_ITEMS:
            documents = Unseen(Reason.INCOMPLETE, f"{name} has services with more than {MAX_ITEMS} items in all")
        yield name, documents


def _items(documents: Sequence[Any]) -> int:
    listed = [document.map("services") for document in documents if isinstance(document, PlacedMap)]
    bodies = [(one.map(name), one.map(name).map("healthcheck")) for one in listed for name in one]
    return sum(len(check.items_of("test")) + sum(len(body.items_of(key)) for key in _LISTS) for body, check in bodies)


def services(documents: Sequence[Any], path: str, other_platform: bool) -> Iterator[ComposeService]:
    """All services of a compose file's documents."""
    for document in documents:
        listed = document.map("services") if isinstance(document, PlacedMap) else PlacedMap()
        for name in listed:
            yield _service(name, listed.map(name), Location(path, listed.at(name)), other_platform)


def _service(name: str, body: PlacedMap, place: Location, other: bool) -> ComposeService:
    shared = [("pid", body.text("pid")), ("network", body.text("network_mode")), ("ipc", body.text("ipc")),
              ("userns", body.text("userns_mode"))]  # fmt: skip
    options = [text.replace("=", ":").replace(" ", "") for text in body.texts("security_opt")]
    deploy = body.map("deploy")
    check = body.map("healthcheck")
    return ComposeService(
        name=name,
        image=(body.text("image") or "")[:300],
        user=body.text("user"),
        privileged=body.get("privileged") is True,
        added=tuple(item.upper().removeprefix("CAP_") for item in body.texts("cap_add")),
        host_namespaces=tuple(kind for kind, value in shared if value == "host"),
        mounts=tuple(_mounts(body)),
        unconfined=tuple(text.partition(":")[0] for text in options if text.endswith(":unconfined")),
        health_check=bool(check) and check.get("disable") is not True and check.texts("test")[:1] != ("NONE",),
        deployed=bool({"update_config", "rollback_config", "replicas", "mode", "placement"} & deploy.keys()),
        update=_update(deploy.map("update_config")) if "update_config" in deploy else None,
        other_platform=other,
        location=place,
    )


def _update(settings: PlacedMap) -> ComposeUpdate:
    count = settings.get("parallelism")
    return ComposeUpdate(
        failure_action=settings.text("failure_action") or "pause",
        order=settings.text("order") or "stop-first",
        parallelism=count if isinstance(count, int) and not isinstance(count, bool) else 1,
    )


def _mounts(body: PlacedMap) -> Iterator[str]:
    for item in body.items_of("volumes"):
        if isinstance(item, PlacedMap):
            source, read_only = item.text("source") or "", item.get("read_only") is True
        elif isinstance(item, str):
            source, *rest = item.split(":")
            read_only = len(rest) > 1 and "ro" in rest[1].split(",")
        else:
            continue
        socket = source.endswith((".sock",)) and "/run/" in source
        if (socket and source.rpartition("/")[2] in _ENGINES) or (
            (source.rstrip("/") or "/") in _POWERFUL and source.startswith("/") and not read_only
        ):
            yield source
