"""Metadata of installed Python packages, read as files: nothing is imported or run.

Source: https://packaging.python.org/en/latest/specifications/recording-installed-packages/ and core metadata.
"""

import os
import re
from dataclasses import dataclass
from pathlib import Path

from packaging.utils import canonicalize_name

MAX_PACKAGES = 3_000
MAX_RECORD = 8 * 1024 * 1024
_ENVIRONMENTS = (".venv", "venv", "env", ".env")
_SECTION = re.compile(r"^\[([^\]]+)\]\s*$", re.MULTILINE)
_REQUIRES = re.compile(r"^Requires-Dist:\s*([A-Za-z0-9][A-Za-z0-9._-]*)([^\n]*)$", re.MULTILINE)


@dataclass(frozen=True)
class Installed:
    """One installed distribution."""

    name: str
    modules: frozenset[str]
    """Dotted names of what it makes importable: `PIL`, `google.cloud.storage`."""

    commands: frozenset[str]
    plugin_of: frozenset[str]
    """Entry point groups beside commands: `pytest11`."""

    requires: frozenset[str]


def read_installed(root: Path) -> tuple[str, dict[str, Installed]]:
    """The packages of a virtual environment within `root`; an empty place when there is none.

    Returns:
        Where they were read (relative to `root`) and the packages by normalised name.
    """
    for environment in _ENVIRONMENTS:
        for pattern in ("lib/python3*/site-packages", "Lib/site-packages"):
            for place in sorted((root / environment).glob(pattern)):
                found = _packages(place)
                if found:
                    return place.relative_to(root).as_posix(), found
    return "", {}


def _packages(place: Path) -> dict[str, Installed]:
    found = {}
    try:
        names = sorted(name for name in os.listdir(place) if name.endswith(".dist-info"))
    except OSError:
        return {}
    for name in names[:MAX_PACKAGES]:
        made = _package(place / name)
        if made is not None:
            found[made.name] = made
    return found


def _package(directory: Path) -> Installed | None:
    metadata = _text(directory / "METADATA")
    match = re.search(r"^Name:\s*(\S+)", metadata, re.MULTILINE)
    if match is None:
        return None
    groups = _entry_points(_text(directory / "entry_points.txt"))
    commands = groups.pop("console_scripts", frozenset()) | groups.pop("gui_scripts", frozenset())
    required = {
        canonicalize_name(item[1])
        for item in _REQUIRES.finditer(metadata.partition("\n\n")[0])
        if "extra" not in item[2]
    }
    record = _text(directory / "RECORD")
    modules = _modules(record) | set(_text(directory / "top_level.txt").split())
    return Installed(
        name=canonicalize_name(match[1]),
        modules=frozenset(modules),
        commands=commands | _scripts(record),
        plugin_of=frozenset(groups),
        requires=frozenset(required),
    )


def _text(path: Path) -> str:
    try:
        if not path.is_file() or path.stat().st_size > MAX_RECORD:
            return ""
        return path.read_text("utf-8", "replace")
    except OSError:
        return ""


def _entry_points(text: str) -> dict[str, frozenset[str]]:
    parts = _SECTION.split(text)
    return {
        group.strip(): frozenset(
            line.partition("=")[0].strip() for line in body.splitlines() if "=" in line and not line.startswith("#")
        )
        for group, body in zip(parts[1::2], parts[2::2], strict=True)
    }


def _modules(record: str) -> set[str]:
    """Importable names: a module file, a package with `__init__`, or what lies within a namespace without one."""
    paths = [line.partition(",")[0].strip('"') for line in record.splitlines()]
    inside = [path for path in paths if not path.startswith(("..", "/")) and ".dist-info/" not in path]
    packages = {path.removesuffix("/__init__.py") for path in inside if path.endswith("/__init__.py")}
    found = set()
    for path in inside:
        folder, _, name = path.rpartition("/")
        stem = name.partition(".")[0]
        if not name.endswith((".py", ".so", ".pyd")):
            continue
        if not folder:
            found.add(stem)
            continue
        # The outermost package that has an `__init__`: `google/cloud/storage`, not the namespace `google`.
        parts = folder.split("/")
        outer = next(
            ("/".join(parts[: end + 1]) for end in range(len(parts)) if "/".join(parts[: end + 1]) in packages), folder
        )
        found.add(outer.replace("/", "."))
    return found


def _scripts(record: str) -> frozenset[str]:
    paths = (line.partition(",")[0] for line in record.splitlines())
    return frozenset(path.rpartition("/")[2] for path in paths if re.match(r"(\.\./)+(bin|Scripts)/", path))
