"""Dart and Flutter, Go, Rust, Ruby and PHP."""

import re

from prodproof.facts.dependencies import Dependency, Ecosystem, Manifest, Origin, Role
from prodproof.reach.manifests.npm import read_json, read_yaml
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


def read_pubspec(path: str, text: str) -> Manifest:
    """Dependencies of a pubspec.yaml."""
    data = read_yaml(text)
    lines = Lines(text)
    found = []
    for section, development in (("dependencies", False), ("dev_dependencies", True)):
        for name, value in table(data.get(section)).items():
            settings = table(value)
            spec = string(value) or string(settings.get("version")) or ("any" if not settings else "")
            git = settings.get("git")
            address = string(git) or string(table(git).get("url"))
            hosted = settings.get("hosted")
            registry = string(hosted) or string(table(hosted).get("url"))
            origin = Origin.LOCAL if "path" in settings or "sdk" in settings else Origin.REGISTRY
            origin = Origin.VCS if address else origin
            source = address or registry
            found.append(
                Dependency(
                    name=name,
                    written=plain(f"{name} {spec or address or ''}"),
                    version=spec if re.fullmatch(r"\d+\.\d+\.\d+(?:[-+][0-9A-Za-z.+-]+)?", spec) else None,
                    origin=origin,
                    source=host_of(source) if source else None,
                    revision=string(table(git).get("ref")),
                    insecure=bool(source) and is_insecure(source or ""),
                    development=development,
                    line=lines.of(f"\n  {name}:"),
                )
            )
    return made(path, Ecosystem.PUB, "pubspec", Role.MANIFEST, found)


def read_pubspec_lock(path: str, text: str) -> Manifest:
    """A pubspec.lock."""
    data = read_yaml(text)
    if "packages" not in data:
        raise UnparsableError("it has no `packages`")
    lines = Lines(text)
    found = []
    for name, value in table(data.get("packages")).items():
        entry = table(value)
        description = table(entry.get("description"))
        kind = string(entry.get("source")) or ""
        address = string(description.get("url"))
        origin = {"hosted": Origin.REGISTRY, "git": Origin.VCS}.get(kind, Origin.LOCAL)
        version = string(entry.get("version"))
        found.append(
            Dependency(
                name=string(description.get("name")) or name,
                written=plain(f"{name} {version or ''}"),
                version=version,
                origin=origin,
                source=host_of(address) if address else None,
                revision=string(description.get("resolved-ref")),
                hashed=string(description.get("sha256")) is not None,
                insecure=bool(address) and is_insecure(address or ""),
                development=entry.get("dependency") == "direct dev",
                line=lines.of(f"\n  {name}:"),
            )
        )
    return made(path, Ecosystem.PUB, "pubspec.lock", Role.LOCK, found)


_GO_REQUIRE = re.compile(r"^(?:require\s+)?([\w~-]++(?:\.[\w~-]++)++(?:/[\w.~/-]++)?)\s+(v\d\S*)")


def read_go_mod(path: str, text: str) -> Manifest:
    """A go.mod: its versions are exact, and since Go 1.17 it names indirect ones too."""
    if not re.search(r"^module\s", text, re.MULTILINE):
        raise UnparsableError("no `module` line")
    found = []
    block = None
    for number, raw in enumerate(text.splitlines(), 1):
        line = raw.partition("//")[0].strip()
        if match := re.match(r"^(\w+)\s*\($", line):
            block = match[1]
        elif line == ")":
            block = None
        elif (block == "require" or line.startswith("require ")) and (match := _GO_REQUIRE.match(line)):
            found.append(Dependency(name=match[1], written=plain(line), version=match[2], hashed=True, line=number))
    recent = re.search(r"^go\s+1\.(\d{1,4})", text, re.MULTILINE)
    whole = recent is not None and int(recent[1]) >= 17
    return made(path, Ecosystem.GO, "go.mod", Role.MANIFEST, found, whole=whole)


def read_cargo_lock(path: str, text: str) -> Manifest:
    """A Cargo.lock."""
    data = read_toml(text)
    lines = Lines(text)
    found = []
    for entry in map(table, listed(data.get("package"))):
        name, source = string(entry.get("name")), string(entry.get("source"))
        if name is None:
            raise UnparsableError("a package without a name")
        if source is None:
            continue  # a member of the workspace
        vcs = source.startswith("git+")
        found.append(
            Dependency(
                name=name,
                written=plain(f"{name} {string(entry.get('version')) or ''}"),
                version=string(entry.get("version")),
                origin=Origin.VCS if vcs else Origin.REGISTRY,
                source=host_of(re.sub(r"^[a-z]+\+", "", source)),
                revision=source.rpartition("#")[2] if vcs else None,
                hashed=string(entry.get("checksum")) is not None or "metadata" in data,
                line=lines.of(f'name = "{name}"'),
            )
        )
    return made(path, Ecosystem.CARGO, "Cargo.lock", Role.LOCK, found)


def read_gemfile_lock(path: str, text: str) -> Manifest:
    """A Gemfile.lock."""
    if not re.search(r"^(GEM|PATH|GIT)$", text, re.MULTILINE):
        raise UnparsableError("no GEM section")
    section, remote = "", None
    found = []
    checksums = set(re.findall(r"^  (\S+) \([^)]*\) sha256=", text, re.MULTILINE))
    for number, line in enumerate(text.splitlines(), 1):
        if re.fullmatch(r"[A-Z ]+", line):
            section, remote = line, None
        elif match := re.fullmatch(r"  remote: (\S+)", line):
            remote = match[1]
        elif section in ("GEM", "GIT") and (match := re.fullmatch(r"    ([\w.-]+) \(([^)]+)\)", line)):
            found.append(
                Dependency(
                    name=match[1],
                    written=plain(f"{match[1]} {match[2]}"),
                    version=re.sub(r"-(x86|x64|arm|aarch|java|universal|mswin|mingw).*$", "", match[2]),
                    origin=Origin.VCS if section == "GIT" else Origin.REGISTRY,
                    source=host_of(remote) if remote else None,
                    hashed=match[1] in checksums,
                    insecure=remote is not None and is_insecure(remote),
                    line=number,
                )
            )
    return made(path, Ecosystem.RUBYGEMS, "Gemfile.lock", Role.LOCK, found)


def read_composer_lock(path: str, text: str) -> Manifest:
    """A composer.lock."""
    data = read_json(text)
    if "packages" not in data:
        raise UnparsableError("it has no `packages`")
    lines = Lines(text)
    found = []
    for section, development in (("packages", False), ("packages-dev", True)):
        for entry in map(table, listed(data.get(section))):
            name, version = string(entry.get("name")), string(entry.get("version"))
            if name is None or version is None:
                raise UnparsableError("a package without name or version")
            dist = table(entry.get("dist"))
            address = string(dist.get("url"))
            found.append(
                Dependency(
                    name=name,
                    written=plain(f"{name} {version}"),
                    version=version.removeprefix("v"),
                    source=host_of(address) if address else None,
                    revision=string(table(entry.get("source")).get("reference")),
                    hashed=bool(string(dist.get("shasum"))) or bool(string(dist.get("reference"))),
                    insecure=bool(address) and is_insecure(address or ""),
                    development=development,
                    line=lines.of(f'"name": "{name}"'),
                )
            )
    return made(path, Ecosystem.PACKAGIST, "composer.lock", Role.LOCK, found)


class Unlocked:
    """Reads manifests of which the names and the presence of a lock matter: Gemfile, Cargo.toml, composer.json."""

    def __init__(self, ecosystem: Ecosystem, form: str) -> None:
        self._ecosystem = ecosystem
        self._form = form

    def __call__(self, path: str, text: str) -> Manifest:
        names = {
            "Gemfile": self._gems,
            "Cargo.toml": self._crates,
            "composer.json": self._composer,
        }[self._form](text)
        lines = Lines(text)
        found = [Dependency(name=name, written=name, line=lines.of(name)) for name in names]
        return made(path, self._ecosystem, self._form, Role.MANIFEST, found)

    def _gems(self, text: str) -> list[str]:
        return re.findall(r"^[ \t]*gem\s*+(?:\(\s*+)?[\"']([\w.-]+)[\"']", text, re.MULTILINE)

    def _crates(self, text: str) -> list[str]:
        data = read_toml(text)
        return [
            name
            for section in ("dependencies", "build-dependencies")
            for name, value in table(data.get(section)).items()
            if "path" not in table(value) and table(value).get("workspace") is not True
        ]

    def _composer(self, text: str) -> list[str]:
        return [name for name in table(read_json(text).get("require")) if "/" in name]
