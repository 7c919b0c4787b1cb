"""Tells which members of a container image are its configuration and its layers (OCI image layout, `docker save`)."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from prodproof.trace.content.reader import Reader, Slice
from prodproof.trace.content.tarball import members

LARGEST = 4 * 1024 * 1024
"""Bytes of a manifest or configuration that is parsed."""

_FIRST = re.compile(
    r"(?:\./)?(?:blobs(?:/|$)|oci-layout$|index\.json$|manifest\.json$|repositories$|[0-9a-f]{64}(?:/|\.json$))"
)
_DIGEST = re.compile(r"sha256:([0-9a-f]{64})")
_MOST_MANIFESTS = 1_000
_MOST_SMALL = 2_000

Document = Callable[[str], bytes | None]
"""The member of the image by a name, if it is small enough to be a document."""


@dataclass(frozen=True, slots=True)
class Role:
    """What a member of an image is."""

    label: str
    """`config`, `layer-3(sha256:0123456789ab)`."""

    config: bool = False


def may_be_image(first: str) -> bool:
    """Whether an archive that begins with a member of that name is worth a look at its manifests."""
    return _FIRST.match(first) is not None


def documents(reader: Reader) -> Mapping[str, bytes]:
    """The small JSON members of an archive, by name.

    Args:
        reader: the archive, from its start; it is read to its end.
    """
    found: dict[str, bytes] = {}
    for member in members(reader):
        if isinstance(member.data, Slice) and member.data.left <= LARGEST and len(found) < _MOST_SMALL:
            head = member.data.peek(1)
            if head in (b"{", b"["):
                found[_plain(member.name)] = member.data.exactly(member.data.left)
    return found


def roles(document: Document) -> dict[str, Role]:
    """What the members of an image are, by name; empty if it is no image."""
    found: dict[str, Role] = {}
    for config, layers in [*_docker(document), *_oci(document)]:
        if config:
            number = sum(role.config for role in found.values())
            found.setdefault(config, Role("config" if not number else f"config-{number + 1}", True))
        for index, layer in enumerate(layers, 1):
            found.setdefault(layer, Role(f"layer-{index}({_short(layer)})"))
    return found


def configuration(data: bytes) -> bytes | None:
    """An image's configuration as lines: environment, commands, labels, history; None if it is none."""
    whole = _json(data)
    if not isinstance(whole, dict):
        return None
    return "\n".join(_lines(whole)).encode("utf-8", "surrogatepass") + b"\n"


def _lines(whole: Mapping[str, object]) -> Iterator[str]:
    inner = whole.get("config")
    config = inner if isinstance(inner, dict) else {}
    yield from _texts(config.get("Env"))
    for name in ("Cmd", "Entrypoint", "OnBuild", "Healthcheck", "User", "WorkingDir"):
        if config.get(name):
            yield f"{name}: {json.dumps(config[name], ensure_ascii=False)}"
    labels = config.get("Labels")
    for name, value in labels.items() if isinstance(labels, dict) else ():
        yield f"{name}={value}"
    history = whole.get("history")
    for entry in history if isinstance(history, list) else ():
        if isinstance(entry, dict):
            yield from (str(entry[name]) for name in ("created_by", "comment", "author") if entry.get(name))
    rest = {name: value for name, value in whole.items() if name not in ("config", "history", "rootfs")}
    rest["config"] = {name: value for name, value in config.items() if name not in ("Env", "Labels")}
    yield json.dumps(rest, ensure_ascii=False)


def _docker(document: Document) -> Iterator[tuple[str, list[str]]]:
    manifest = _json(document("manifest.json"))
    for image in manifest[:_MOST_MANIFESTS] if isinstance(manifest, list) else ():
        if isinstance(image, dict):
            config = image.get("Config")
            yield (_plain(config) if isinstance(config, str) else ""), [*map(_plain, _texts(image.get("Layers")))]


def _oci(document: Document) -> Iterator[tuple[str, list[str]]]:
    waiting = ["index.json"]
    seen: set[str] = set()
    while waiting and len(seen) < _MOST_MANIFESTS:
        name = waiting.pop()
        whole = None if name in seen else _json(document(name))
        seen.add(name)
        if isinstance(whole, dict):
            manifests = whole.get("manifests")
            waiting += [*map(_blob, manifests if isinstance(manifests, list) else ())]
            layers = whole.get("layers")
            if isinstance(layers, list):
                yield _blob(whole.get("config")), [*map(_blob, layers)]


def _blob(descriptor: object) -> str:
    digest = descriptor.get("digest") if isinstance(descriptor, dict) else None
    match = _DIGEST.fullmatch(digest) if isinstance(digest, str) else None
    return f"blobs/sha256/{match[1]}" if match else ""


def _short(name: str) -> str:
    match = re.search(r"[0-9a-f]{64}", name)
    if match is None:
        return name[-40:]
    return f"sha256:{match[0][:12]}" if "sha256" in name else match[0][:12]


def _texts(value: object) -> list[str]:
    return [text for text in value if isinstance(text, str)] if isinstance(value, list) else []


def _plain(name: str) -> str:
    return name.removeprefix("./")


def _json(data: bytes | None) -> object:
    if data is None or len(data) > LARGEST:
        return None
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        return None
