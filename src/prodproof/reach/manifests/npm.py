"""npm, Yarn and pnpm: package.json and the lock files."""

import json
import re
from collections import deque
from dataclasses import replace

import yaml

from prodproof.facts.dependencies import Dependency, Ecosystem, Manifest, Origin, Role
from prodproof.reach.files.placed import is_too_deep
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

_EXACT = re.compile(r"[=v]*\s*(\d+\.\d+\.\d+(?:-[0-9A-Za-z.-]+)?(?:\+[0-9A-Za-z.-]+)?)")
_COMMIT = re.compile(r"#([0-9a-f]{40})$")
_LOCAL = ("file:", "link:", "workspace:", "portal:", "./", "../", "/", "~/")
_VCS = re.compile(r"^(git(\+[a-z]+)?:|github:|gitlab:|bitbucket:|gist:|git@|[\w.-]+/[\w.-]+(#|$))")


def read_json(text: str) -> dict[str, object]:
    """A JSON object; raises UnparsableError."""
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UnparsableError("not JSON") from error
    if not isinstance(data, dict):
        raise UnparsableError("not a JSON object")
    return table(data)


def read_yaml(text: str) -> dict[str, object]:
    """A machine-written YAML mapping; raises UnparsableError."""
    try:
        if is_too_deep(text):
            raise UnparsableError("not YAML of a sensible depth")
        data = yaml.load(text, yaml.CSafeLoader)
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise UnparsableError("not YAML") from error
    if not isinstance(data, dict):
        raise UnparsableError("not a YAML mapping")
    return table(data)


def read_package_json(path: str, text: str) -> Manifest:
    """Dependencies of a package.json."""
    data = read_json(text)
    lines = Lines(text)
    found = []
    for section in ("dependencies", "optionalDependencies", "devDependencies"):
        for name, value in table(data.get(section)).items():
            spec = string(value) or "*"
            found.append(_asked(name, spec, lines.of(f'"{name}"'), development=section == "devDependencies"))
    manifest = made(path, Ecosystem.NPM, "package.json", Role.MANIFEST, found)
    published = data.get("private") is not True and string(data.get("name")) is not None and "version" in data
    entered = {"main", "exports", "module", "bin"} & data.keys()
    return replace(manifest, library=published and bool(entered))


def _asked(name: str, spec: str, line: int | None, *, development: bool) -> Dependency:
    target = spec.removeprefix("npm:")
    if spec.startswith("npm:") and "@" in target[1:]:
        name, _, target = target.rpartition("@")
    origin = Origin.REGISTRY
    if target.startswith(_LOCAL):
        origin = Origin.LOCAL
    elif _VCS.match(target) or target.removesuffix("/").endswith(".git"):
        origin = Origin.VCS
    elif target.startswith(("http://", "https://")):
        origin = Origin.URL
    exact = _EXACT.fullmatch(target)
    remote = origin in (Origin.VCS, Origin.URL)
    return Dependency(
        name=name,
        written=plain(f"{name} {target}"),
        version=exact[1] if exact and origin is Origin.REGISTRY else None,
        origin=origin,
        source=(host_of(re.sub(r"^git\+", "", target)) or "github.com") if remote else None,
        revision=target.partition("#")[2] or None if origin is Origin.VCS else None,
        insecure=remote and is_insecure(target),
        development=development,
        line=line,
    )


def read_package_lock(path: str, text: str) -> Manifest:
    """A package-lock.json or npm-shrinkwrap.json of lockfileVersion 1, 2 or 3."""
    data = read_json(text)
    lines = Lines(text)
    if "packages" in data:
        found = _packages(table(data["packages"]), lines)
    elif "dependencies" in data or "lockfileVersion" in data:
        found = _nested(table(data.get("dependencies")), lines)
    else:
        raise UnparsableError("neither `packages` nor `dependencies`")
    return made(path, Ecosystem.NPM, "package-lock", Role.LOCK, found)


def _packages(packages: dict[str, object], lines: Lines) -> list[Dependency]:
    found = []
    for place, value in packages.items():
        entry = table(value)
        marker = place.rfind("node_modules/")
        if marker < 0 or entry.get("link") is True:
            continue  # the project itself, or a member of its workspace
        name = string(entry.get("name")) or place[marker + len("node_modules/") :]
        line = lines.of(f'"{place}"')
        if entry.get("inBundle") is True:
            entry = {**entry, "integrity": "bundled"}  # comes inside its parent's archive, whose hash covers it
        found.append(_locked(name, entry, line))
    return found


def _nested(top: dict[str, object], lines: Lines) -> list[Dependency]:
    found = []
    queue = deque([top])
    while queue:
        for name, value in queue.popleft().items():
            entry = table(value)
            line = lines.of(f'"{name}": {{')
            aliased = string(entry.get("version")) or ""
            if aliased.startswith("npm:"):
                name, _, version = aliased.removeprefix("npm:").rpartition("@")
                entry = {**entry, "version": version}
            if entry.get("bundled") is True:
                entry = {**entry, "integrity": "bundled"}
            found.append(_locked(name, entry, line))
            if nested := table(entry.get("dependencies")):
                queue.append(nested)
    return found


def _locked(name: str, entry: dict[str, object], line: int | None) -> Dependency:
    version = string(entry.get("version")) or ""
    resolved = string(entry.get("resolved")) or (version if "/" in version else "")
    origin = Origin.REGISTRY
    if resolved.startswith("git") or _VCS.match(resolved):
        origin = Origin.VCS
    elif resolved.startswith(_LOCAL):
        origin = Origin.LOCAL
    commit = _COMMIT.search(resolved)
    exact = _EXACT.fullmatch(version)
    return Dependency(
        name=name,
        written=plain(f"{name} {version}"),
        version=exact[1] if exact else None,
        origin=origin,
        source=host_of(re.sub(r"^git\+", "", resolved)) if resolved else None,
        revision=commit[1] if commit else None,
        hashed=string(entry.get("integrity")) is not None,
        insecure=bool(resolved) and is_insecure(resolved),
        development=entry.get("dev") is True or entry.get("devOptional") is True,
        line=line,
    )


_YARN_VALUE = re.compile(r'^  (version|resolved|integrity) "?([^"\s]+)"?$')


def read_yarn_lock(path: str, text: str) -> Manifest:
    """A yarn.lock, classic (version 1) or Berry."""
    if re.search(r"^__metadata:", text, re.MULTILINE):
        return _berry(path, text)
    if "# yarn lockfile v1" not in text:
        raise UnparsableError("not a yarn.lock")
    found: list[Dependency] = []
    names: list[str] = []
    entry: dict[str, object] = {}
    start = 0

    def finish() -> None:
        if names:
            found.append(_locked(names[0], entry, start))

    for number, line in enumerate(text.splitlines(), 1):
        if not line or line.startswith("#"):
            continue
        if not line.startswith(" "):
            finish()
            names, entry, start = _descriptors(line), {}, number
        elif match := _YARN_VALUE.match(line):
            entry[match[1]] = match[2]
    finish()
    # Entries of old versions carry a SHA-1 after `#` only: no protection, so it does not count as a hash.
    return made(path, Ecosystem.NPM, "yarn.lock", Role.LOCK, found)


def _descriptors(line: str) -> list[str]:
    names = []
    for part in line.rstrip(":").split(","):
        descriptor = part.strip().strip('"')
        name, _, wanted = descriptor[1:].partition("@")
        name = descriptor[:1] + name
        if wanted.startswith("npm:") and "@" in wanted[5:]:
            name = wanted.removeprefix("npm:").rpartition("@")[0]
        if not name:
            raise UnparsableError("an entry without a name")
        names.append(name)
    return names


def _berry(path: str, text: str) -> Manifest:
    data = read_yaml(text)
    lines = Lines(text)
    found = []
    for key, value in data.items():
        entry = table(value)
        resolution = string(entry.get("resolution"))
        if key == "__metadata" or resolution is None:
            continue
        name, _, wanted = resolution[1:].partition("@")
        name = resolution[:1] + name
        if wanted.startswith(("workspace:", "link:", "portal:", "file:", "patch:")):
            continue
        version = string(entry.get("version"))
        commit = re.search(r"commit=([0-9a-f]{40})", wanted)
        found.append(
            Dependency(
                name=name,
                written=plain(f"{name} {version or wanted}"),
                version=version,
                origin=Origin.REGISTRY if wanted.startswith("npm:") else Origin.VCS,
                source=None if wanted.startswith("npm:") else host_of(wanted),
                revision=commit[1] if commit else None,
                hashed=string(entry.get("checksum")) is not None or "conditions" in entry,
                line=lines.of(f'resolution: "{resolution}"'),
            )
        )
    return made(path, Ecosystem.NPM, "yarn.lock", Role.LOCK, found)


_PNPM_KEY = re.compile(r"^/?(@[^/@]+/[^/@]+|[^/@]+)[@/]([^(_]+)")


def read_pnpm_lock(path: str, text: str) -> Manifest:
    """A pnpm-lock.yaml of lockfileVersion 5 to 9."""
    data = read_yaml(text)
    if "lockfileVersion" not in data:
        raise UnparsableError("no lockfileVersion")
    lines = Lines(text)
    found = []
    needed = _needed(data)
    for key, value in table(data.get("packages")).items():
        entry = table(value)
        match = _PNPM_KEY.match(key)
        if match is None:
            raise UnparsableError("a package without name or version")
        resolution = table(entry.get("resolution"))
        address = string(resolution.get("tarball")) or string(resolution.get("repo"))
        version = _EXACT.fullmatch(match[2])
        origin = Origin.VCS if "commit" in resolution or "repo" in resolution else Origin.REGISTRY
        found.append(
            Dependency(
                name=string(entry.get("name")) or match[1],
                written=plain(key),
                version=string(entry.get("version")) or (version[1] if version else None),
                origin=origin,
                source=host_of(address) if address else None,
                revision=string(resolution.get("commit")),
                hashed=string(resolution.get("integrity")) is not None,
                insecure=bool(address) and is_insecure(address or ""),
                development=entry.get("dev") is True or (needed is not None and key not in needed),
                line=lines.of(f"\n  {key}:", f"\n  '{key}':"),
            )
        )
    return made(path, Ecosystem.NPM, "pnpm-lock", Role.LOCK, found)


def _needed(data: dict[str, object]) -> set[str] | None:
    """Keys of `packages` that importers reach without devDependencies (lockfileVersion 9); None for older ones."""
    snapshots = table(data.get("snapshots"))
    if not snapshots:
        return None
    queue: deque[str] = deque()
    for importer in table(data.get("importers")).values():
        for section in ("dependencies", "optionalDependencies"):
            for name, value in table(table(importer).get(section)).items():
                queue.append(f"{name}@{string(table(value).get('version')) or ''}")
    seen: set[str] = set()
    while queue:
        key = queue.popleft()
        if key in seen:
            continue
        seen.add(key)
        for section in ("dependencies", "optionalDependencies"):
            for name, value in table(table(snapshots.get(key)).get(section)).items():
                version = string(value) or ""
                # An aliased package is written with its own name: `name: other@1.0.0`.
                queue.append(version if version in snapshots else f"{name}@{version}")
    return {key.partition("(")[0] for key in seen}


def workspace_members(text: str) -> bool:
    """Whether a package.json names workspaces whose packages its lock covers."""
    try:
        data = read_json(text)
    except UnparsableError:
        return False
    return bool(listed(data.get("workspaces")) or table(data.get("workspaces")))
