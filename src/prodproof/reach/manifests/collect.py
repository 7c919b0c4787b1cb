"""All manifests and lock files of a repository, and which lock covers which manifest."""

import posixpath
import re
from dataclasses import dataclass, replace

from prodproof.facts import Reason, Unseen
from prodproof.facts.dependencies import Dependency, Ecosystem, Manifest, Origin, Purpose, Role
from prodproof.reach.git.repository import RepositoryReader, shown
from prodproof.reach.manifests.npm import read_package_json, read_package_lock, read_pnpm_lock, read_yarn_lock
from prodproof.reach.manifests.npm import workspace_members as npm_workspace
from prodproof.reach.manifests.others import (
    Unlocked,
    read_cargo_lock,
    read_composer_lock,
    read_gemfile_lock,
    read_go_mod,
    read_pubspec,
    read_pubspec_lock,
)
from prodproof.reach.manifests.parsing import Read, UnparsableError
from prodproof.reach.manifests.purpose import purpose_of
from prodproof.reach.manifests.python import read_pipfile, read_pyproject, read_setup_cfg, read_setup_py
from prodproof.reach.manifests.python_locks import (
    read_pdm_lock,
    read_pipfile_lock,
    read_poetry_lock,
    read_pylock,
    read_uv_lock,
)
from prodproof.reach.manifests.requirements import IndexOption, read_requirements

MAX_LOCK = 32 * 1024 * 1024
MAX_MANIFESTS = 5_000

_READERS: dict[str, Read] = {
    "pyproject.toml": read_pyproject,
    "setup.cfg": read_setup_cfg,
    "setup.py": read_setup_py,
    "Pipfile": read_pipfile,
    "Pipfile.lock": read_pipfile_lock,
    "poetry.lock": read_poetry_lock,
    "uv.lock": read_uv_lock,
    "pdm.lock": read_pdm_lock,
    "pylock.toml": read_pylock,
    "package.json": read_package_json,
    "package-lock.json": read_package_lock,
    "npm-shrinkwrap.json": read_package_lock,
    "yarn.lock": read_yarn_lock,
    "pnpm-lock.yaml": read_pnpm_lock,
    "pubspec.yaml": read_pubspec,
    "pubspec.lock": read_pubspec_lock,
    "go.mod": read_go_mod,
    "Cargo.toml": Unlocked(Ecosystem.CARGO, "Cargo.toml"),
    "Cargo.lock": read_cargo_lock,
    "Gemfile": Unlocked(Ecosystem.RUBYGEMS, "Gemfile"),
    "Gemfile.lock": read_gemfile_lock,
    "composer.json": Unlocked(Ecosystem.PACKAGIST, "composer.json"),
    "composer.lock": read_composer_lock,
}
_UNREADABLE = frozenset(("bun.lockb", "bun.lock"))
_LOCKS = {
    "pyproject": ("uv.lock", "poetry.lock", "pdm.lock", "pylock.toml", "requirements.txt"),
    "setup.cfg": ("uv.lock", "pdm.lock", "requirements.txt"),
    "setup.py": ("uv.lock", "pdm.lock", "requirements.txt"),
    "Pipfile": ("Pipfile.lock",),
    "package.json": (
        "package-lock.json",
        "npm-shrinkwrap.json",
        "yarn.lock",
        "pnpm-lock.yaml",
        "bun.lock",
        "bun.lockb",
    ),
    "pubspec": ("pubspec.lock",),
    "Cargo.toml": ("Cargo.lock",),
    "Gemfile": ("Gemfile.lock",),
    "composer.json": ("composer.lock",),
}
_REQUIREMENTS = re.compile(
    r"(?:.*/)?(?:[\w.-]*(?:requirements|constraints)[\w.-]*\.(?:txt|in|pip)|requirements/[\w.-]+\.(?:txt|in|pip))",
    re.IGNORECASE,
)
_APPLICATION = re.compile(
    r"(?:.*/)?(?:manage\.py|wsgi\.py|asgi\.py|Procfile|app\.yaml|fly\.toml|serverless\.ya?ml|(?:docker-)?compose[\w.-]*\.ya?ml)"
)


@dataclass(frozen=True)
class Collected:
    """What was read."""

    files: tuple[tuple[str, Manifest | Unseen], ...]
    options: tuple[tuple[str, tuple[IndexOption, ...]], ...] = ()
    """Index options by requirements file."""


def collect(reader: RepositoryReader) -> Collected:
    """Read every manifest and lock file of a repository."""
    read: dict[str, Manifest | Unseen] = {}
    options: dict[str, tuple[IndexOption, ...]] = {}
    queue = [path for path in reader.files if _wanted(path)]
    while queue and len(read) < MAX_MANIFESTS:
        path = queue.pop(0)
        if path in read:
            continue
        read[path] = _read(reader, path, options)
        manifest = read[path]
        if isinstance(manifest, Manifest):
            for named in (*manifest.includes, *manifest.constraints):
                if _inside(named):
                    queue.append(named)
                else:
                    why = f"{shown(path)} includes it, and it lies outside the repository: it was not read"
                    read.setdefault(named, Unseen(Reason.INCOMPLETE, why))
    for path in queue:
        read.setdefault(path, Unseen(Reason.INCOMPLETE, f"more than {MAX_MANIFESTS} manifests; this one was not read"))
    applications = [path for path in reader.files if _APPLICATION.fullmatch(path)]
    linked = _linked(reader, read, bool(applications))
    return Collected(tuple(sorted(linked.items())), tuple(sorted(options.items())))


def _inside(path: str) -> bool:
    return not path.startswith(("..", "/")) and "://" not in path


def _wanted(path: str) -> bool:
    name = path.rpartition("/")[2]
    if "/node_modules/" in f"/{path}" or "/site-packages/" in f"/{path}":
        return False
    return name in _READERS or name in _UNREADABLE or _REQUIREMENTS.fullmatch(path) is not None


def _read(reader: RepositoryReader, path: str, options: dict[str, tuple[IndexOption, ...]]) -> Manifest | Unseen:
    name = path.rpartition("/")[2]
    if name in _UNREADABLE:
        return Unseen(Reason.NOT_VERIFIABLE_YET, f"{shown(path)}: this version does not read Bun's lock files")
    text = reader.text(path, MAX_LOCK)
    if isinstance(text, Unseen):
        return text
    try:
        if name in _READERS:
            manifest = _READERS[name](shown(path), text)
        else:
            file = read_requirements(shown(path), text)
            manifest = file.manifest
            if file.options:
                options[shown(path)] = file.options
    except UnparsableError as error:
        if purpose_of(path) is Purpose.ASIDE:
            # A fixture is often broken on purpose; it stays listed, and tells nothing of what runs.
            return Manifest(
                path=shown(path),
                ecosystem=_ecosystem(name),
                form="requirements" if name not in _READERS else name,
                role=Role.MANIFEST,
                purpose=Purpose.ASIDE,
            )
        return Unseen(Reason.INCOMPLETE, f"{shown(path)} could not be read: {error}")
    if name == "go.mod" and not reader.exists(posixpath.join(posixpath.dirname(path), "go.sum")):
        manifest = replace(manifest, dependencies=tuple(replace(item, hashed=False) for item in manifest.dependencies))
    return replace(manifest, purpose=purpose_of(path))


def _ecosystem(name: str) -> Ecosystem:
    by_start = {
        ("package", "npm", "yarn", "pnpm"): Ecosystem.NPM,
        ("pubspec",): Ecosystem.PUB,
        ("go.",): Ecosystem.GO,
        ("Cargo",): Ecosystem.CARGO,
        ("Gemfile",): Ecosystem.RUBYGEMS,
        ("composer",): Ecosystem.PACKAGIST,
    }
    return next((ecosystem for starts, ecosystem in by_start.items() if name.startswith(starts)), Ecosystem.PYPI)


def _linked(
    reader: RepositoryReader, read: dict[str, Manifest | Unseen], application: bool
) -> dict[str, Manifest | Unseen]:
    linked: dict[str, Manifest | Unseen] = {}
    for path, manifest in read.items():
        if isinstance(manifest, Unseen):
            linked[path] = manifest
            continue
        if manifest.form == "requirements":
            manifest = _constrained(manifest, read)
        if lock := _lock_of(reader, manifest, path, read):
            locked = read.get(lock)
            manifest = replace(manifest, lock=shown(lock), lock_lacks=_lacking(manifest, locked))
        linked[path] = replace(manifest, library=manifest.library and not application)
    return linked


def _lacking(manifest: Manifest, locked: Manifest | Unseen | None) -> tuple[str, ...]:
    if not isinstance(locked, Manifest):
        return ()
    held = {item.name for item in locked.dependencies}
    asked = {item.name for item in manifest.dependencies if item.origin is Origin.REGISTRY and not item.development}
    return tuple(sorted(asked - held))


def _constrained(manifest: Manifest, read: dict[str, Manifest | Unseen]) -> Manifest:
    """Versions that constraint files fix, for this file and for those that include it."""
    paths = set(manifest.constraints)
    for other in read.values():
        if isinstance(other, Manifest) and manifest.path in other.includes:
            paths.update(other.constraints)
    fixed: dict[str, Dependency] = {}
    for path in paths:
        constraints = read.get(path)
        if isinstance(constraints, Manifest):
            fixed.update({item.name: item for item in constraints.dependencies if item.version})
    if not fixed:
        return manifest
    dependencies = tuple(
        replace(item, version=fixed[item.name].version) if item.version is None and item.name in fixed else item
        for item in manifest.dependencies
    )
    return replace(manifest, dependencies=dependencies)


def _lock_of(reader: RepositoryReader, manifest: Manifest, path: str, read: dict[str, Manifest | Unseen]) -> str | None:
    folder, name = posixpath.split(path)
    if manifest.form == "requirements":
        # `x.in` is compiled to `x.txt`.
        compiled = path.removesuffix(".in") + ".txt"
        return compiled if path.endswith(".in") and _is_whole(read.get(compiled)) else None
    for candidate in _LOCKS.get(manifest.form, ()):
        lock = posixpath.join(folder, candidate)
        if lock in read and (candidate != "requirements.txt" or _is_whole(read[lock])):
            return lock
    parent = posixpath.dirname(folder)
    while folder:
        for candidate in _LOCKS.get(manifest.form, ()):
            lock = posixpath.join(parent, candidate)
            if lock in read and candidate != "requirements.txt" and _is_workspace(reader, parent, name):
                return lock
        if not parent:
            return None
        parent = posixpath.dirname(parent)
    return None


def _is_whole(manifest: Manifest | Unseen | None) -> bool:
    return isinstance(manifest, Manifest) and manifest.whole


def _is_workspace(reader: RepositoryReader, folder: str, name: str) -> bool:
    if name == "package.json" and reader.exists(posixpath.join(folder, "pnpm-workspace.yaml")):
        return True
    root = posixpath.join(folder, name)
    text = reader.text(root) if reader.exists(root) else ""
    if isinstance(text, Unseen):
        return False
    if name == "package.json":
        return npm_workspace(text)
    return (
        re.search(r"^\[(tool\.uv\.)?workspace\]|^workspace:|^resolution:\s*workspace", text, re.MULTILINE) is not None
    )
