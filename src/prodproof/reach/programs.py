"""Where a program is installed, and which build of it."""

import os
import re
import shutil
import sys
from pathlib import Path


def find_program(name: str) -> str | None:
    """Path of an installed program: beside the running Python first (tools that came with us), then on PATH."""
    beside = Path(sys.executable).parent / name
    return str(beside) if beside.is_file() else shutil.which(name)


def build_of(name: str) -> str:
    """Which build of a program `find_program` finds, without starting it; empty where there is none.

    The version that the Python package of that name has in the program's own environment, so that two machines with
    the same version agree; else where the file lies, its size and when it was written.
    """
    found = find_program(name)
    if found is None:
        return ""
    try:
        program = Path(found).resolve(strict=True)
        written = program.stat()
    except (OSError, RuntimeError):
        return ""
    folders = program.parent.parent.glob("lib/python*/site-packages")
    versions = [version for folder in folders for version in _versions(folder, name)]
    return " ".join(sorted(versions)) or f"{program} {written.st_size} {written.st_mtime_ns}"


def _versions(folder: Path, name: str) -> list[str]:
    # The folder's name has `_` where the package's has `-`.
    wanted = re.compile(rf"{re.escape(name.replace('-', '_'))}-(?P<version>[^-]+)\.dist-info", re.IGNORECASE)
    try:
        entries = os.listdir(folder)
    except OSError:
        return []
    return [match["version"] for entry in entries if (match := wanted.fullmatch(entry))]
