"""Where the programs of one major version of PostgreSQL are."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

from prodproof.reach.process import run

_PLACES = (
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/usr/local/pgsql/bin",
    "/opt/homebrew/opt/postgresql@*/bin",
)


def versions() -> dict[int, Path]:
    """The folder of programs by major version."""
    found: dict[int, Path] = {}
    for folder in _folders():
        if (version := _version(folder)) is not None:
            found.setdefault(version, folder)
    return found


def program(name: str, version: int | None = None) -> Path | None:
    """A program of that major version, else of the newest one; None where it is not installed."""
    known = versions()
    folder = known.get(max(known) if version is None and known else version or 0)
    path = folder / name if folder else None
    return path if path is not None and path.exists() else None


def _folders() -> Iterator[Path]:
    for pattern in _PLACES:
        yield from sorted(Path("/").glob(pattern.removeprefix("/")))
    if found := shutil.which("postgres"):
        yield Path(found).resolve().parent


def _version(folder: Path) -> int | None:
    if not (folder / "postgres").exists():
        return None
    named = re.search(r"(?:postgresql@?/?|pgsql-)(\d+)/bin$", str(folder))
    if named:
        return int(named[1])
    said = run([folder / "postgres", "--version"], timeout=10)
    words = getattr(said, "stdout", b"").decode(errors="replace").split()
    number = re.match(r"\d+", words[-1]) if words else None
    return int(number[0]) if number else None
