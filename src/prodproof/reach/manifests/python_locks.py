"""Python lock files: Poetry, uv, PDM, Pipenv and pylock.toml (PEP 751)."""

import json
from collections import deque

from packaging.utils import canonicalize_name

from prodproof.facts.dependencies import Dependency, Ecosystem, Manifest, Origin, Role
from prodproof.reach.manifests.parsing import (
    Lines,
    UnparsableError,
    host_of,
    is_insecure,
    listed,
    made,
    plain,
    string,
    table,
)
from prodproof.reach.manifests.python import read_toml

_RUNTIME_GROUPS = {"main", "default"}


def read_poetry_lock(path: str, text: str) -> Manifest:
    """A poetry.lock, of every version that Poetry has written."""
    data = read_toml(text)
    old_hashes = table(table(data.get("metadata")).get("files")) or table(table(data.get("metadata")).get("hashes"))
    return _packages(path, "poetry.lock", text, data, old_hashes)


def read_pdm_lock(path: str, text: str) -> Manifest:
    """A pdm.lock."""
    data = read_toml(text)
    return _packages(path, "pdm.lock", text, data, table(table(data.get("metadata")).get("files")))


def _packages(path: str, form: str, text: str, data: dict[str, object], old_hashes: dict[str, object]) -> Manifest:
    lines = Lines(text)
    found = []
    for entry in _entries(data, "package"):
        name, version = _named(entry)
        source = table(entry.get("source"))
        address = string(source.get("url")) or string(entry.get("git")) or string(entry.get("url"))
        kind = string(source.get("type")) or ("git" if "git" in entry else "path" if "path" in entry else "")
        origin = {"git": Origin.VCS, "url": Origin.URL, "directory": Origin.LOCAL, "file": Origin.LOCAL}.get(
            kind, Origin.LOCAL if kind == "path" else Origin.REGISTRY
        )
        groups = {string(item) or "" for item in listed(entry.get("groups"))}
        development = entry.get("category") == "dev" or (bool(groups) and not groups & _RUNTIME_GROUPS)
        found.append(
            Dependency(
                name=canonicalize_name(name),
                written=plain(f"{name} {version}"),
                version=version,
                origin=origin,
                source=host_of(address) if address else None,
                revision=string(source.get("resolved_reference")) or string(entry.get("revision")),
                hashed=bool(listed(entry.get("files"))) or _has_hash(old_hashes, name, version),
                insecure=bool(address) and is_insecure(address or ""),
                development=development,
                line=lines.of(f'name = "{name}"'),
            )
        )
    return made(path, Ecosystem.PYPI, form, Role.LOCK, found)


def _has_hash(old: dict[str, object], name: str, version: str) -> bool:
    return any(bool(listed(old.get(key))) for key in (name, f"{name} {version}", canonicalize_name(name)))


def read_uv_lock(path: str, text: str) -> Manifest:
    """A uv.lock; what only development groups need is marked."""
    data = read_toml(text)
    lines = Lines(text)
    entries = _entries(data, "package")
    needed = _needed(entries)
    found = []
    for entry in entries:
        name = string(entry.get("name"))
        if name is None:
            raise UnparsableError("a package without a name")
        source = table(entry.get("source"))
        if "virtual" in source or "editable" in source or "directory" in source:
            continue
        version = string(entry.get("version"))
        address = next((string(source[key]) for key in ("registry", "git", "url") if key in source), None)
        files = [table(entry.get("sdist")), *(table(item) for item in listed(entry.get("wheels")))]
        files = [item for item in files if item]
        origin = Origin.VCS if "git" in source else Origin.URL if "url" in source else Origin.REGISTRY
        origin = Origin.LOCAL if "path" in source else origin
        found.append(
            Dependency(
                name=canonicalize_name(name),
                written=plain(f"{name} {version}"),
                version=version,
                origin=origin,
                source=host_of(address) if address else None,
                revision=address.rpartition("#")[2] if address and "git" in source and "#" in address else None,
                hashed=bool(files) and all(string(item.get("hash")) for item in files),
                insecure=bool(address) and is_insecure(address or ""),
                development=name not in needed,
                line=lines.of(f'name = "{name}"'),
            )
        )
    return made(path, Ecosystem.PYPI, "uv.lock", Role.LOCK, found)


def _needed(entries: list[dict[str, object]]) -> set[str]:
    """Names that the project itself (or a member) reaches without its development groups."""
    edges: dict[str, set[str]] = {}
    roots: set[str] = set()
    for entry in entries:
        name = string(entry.get("name")) or ""
        wanted = {string(table(item).get("name")) or "" for item in listed(entry.get("dependencies"))}
        for items in table(entry.get("optional-dependencies")).values():
            wanted |= {string(table(item).get("name")) or "" for item in listed(items)}
        edges[name] = edges.get(name, set()) | wanted
        if table(entry.get("source")).keys() & {"virtual", "editable", "directory"}:
            roots.add(name)
    if not roots:
        return set(edges)
    seen, queue = set(roots), deque(roots)
    while queue:
        for name in edges.get(queue.popleft(), set()) - seen:
            seen.add(name)
            queue.append(name)
    return seen


def read_pylock(path: str, text: str) -> Manifest:
    """A pylock.toml (PEP 751)."""
    data = read_toml(text)
    if "lock-version" not in data:
        raise UnparsableError("no lock-version")
    lines = Lines(text)
    found = []
    for entry in _entries(data, "packages"):
        name = string(entry.get("name"))
        if name is None:
            raise UnparsableError("a package without a name")
        files = [table(entry.get("sdist")), table(entry.get("archive"))]
        files += [table(item) for item in listed(entry.get("wheels"))]
        files = [item for item in files if item]
        vcs = table(entry.get("vcs"))
        origin = Origin.VCS if vcs else Origin.LOCAL if "directory" in entry else Origin.REGISTRY
        address = string(vcs.get("url")) or string(entry.get("index"))
        found.append(
            Dependency(
                name=canonicalize_name(name),
                written=plain(f"{name} {string(entry.get('version')) or ''}"),
                version=string(entry.get("version")),
                origin=origin,
                source=host_of(address) if address else None,
                revision=string(vcs.get("commit-id")),
                hashed=bool(files) and all(table(item.get("hashes")) for item in files),
                insecure=bool(address) and is_insecure(address or ""),
                line=lines.of(f'name = "{name}"'),
            )
        )
    return made(path, Ecosystem.PYPI, "pylock", Role.LOCK, found)


def read_pipfile_lock(path: str, text: str) -> Manifest:
    """A Pipfile.lock."""
    try:
        data = table(json.loads(text))
    except (ValueError, RecursionError) as error:
        raise UnparsableError("not JSON") from error
    if "default" not in data:
        raise UnparsableError("it has no `default` packages")
    lines = Lines(text)
    found = []
    for section, development in (("default", False), ("develop", True)):
        for name, value in table(data.get(section)).items():
            entry = table(value)
            version = (string(entry.get("version")) or "").lstrip("=") or None
            address = string(entry.get("git")) or string(entry.get("file"))
            origin = Origin.VCS if "git" in entry else Origin.URL if "file" in entry else Origin.REGISTRY
            origin = Origin.LOCAL if "path" in entry else origin
            found.append(
                Dependency(
                    name=canonicalize_name(name),
                    written=plain(f"{name} {version or address or ''}"),
                    version=version,
                    origin=origin,
                    source=host_of(address) if address else None,
                    revision=string(entry.get("ref")),
                    hashed=bool(listed(entry.get("hashes"))),
                    insecure=bool(address) and is_insecure(address or ""),
                    development=development,
                    line=lines.of(f'"{name}": {{'),
                )
            )
    return made(path, Ecosystem.PYPI, "Pipfile.lock", Role.LOCK, found)


def _entries(data: dict[str, object], key: str) -> list[dict[str, object]]:
    value = data.get(key, [])
    if not isinstance(value, list):
        raise UnparsableError(f"`{key}` is not a list of packages")
    return [table(item) for item in value]


def _named(entry: dict[str, object]) -> tuple[str, str]:
    name, version = string(entry.get("name")), string(entry.get("version"))
    if name is None or version is None:
        raise UnparsableError("a package without name or version")
    return name, version
