"""Reports of our own faults: where it went wrong, without a single value."""

import os
import traceback
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from prodproof import __version__
from prodproof.plan import Step


def write_crash_report(directory: Path, step: Step, error: BaseException, at: datetime) -> str:
    """Write a redacted report and return one line that names it.

    Only types, files, lines and function names are kept: messages and local values may hold secrets.
    """
    name = f"{at:%Y%m%dT%H%M%S}-{step.probe.name.replace('.', '-')}-{os.urandom(3).hex()}.txt"
    return write_report(directory, name, (f"probe {step.probe.name}", f"about a {step.scope.kind}"), error, at)


def write_report(directory: Path, name: str, about: Sequence[str], error: BaseException, at: datetime) -> str:
    """Write a redacted report of a fault of ours to a file of that name, and return one line that names it.

    Args:
        directory: where reports lie; made if it is not there.
        name: of the file.
        about: lines that say what was done.
        error: what went wrong; only its type and places are kept.
        at: the clock reading.
    """
    lines = [f"prodproof {__version__} failed", *about, f"at {at.isoformat()}", "", *_frames(error)]
    try:
        directory.mkdir(parents=True, exist_ok=True)
        path = directory / name
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        os.chmod(path, 0o600)
    except OSError as failed:
        return f"prodproof failed ({type(error).__name__}); its report could not be written: {failed.strerror}"
    return f"prodproof failed ({type(error).__name__}); report {path}"


def _frames(error: BaseException) -> list[str]:
    lines: list[str] = []
    current: BaseException | None = error
    while current is not None and len(lines) < 400:
        lines.append(f"{type(current).__module__}.{type(current).__qualname__}")
        frames = traceback.extract_tb(current.__traceback__)
        lines += [f"  {_short(frame.filename)}:{frame.lineno} in {frame.name}" for frame in frames]
        current = current.__cause__ or current.__context__
        if current is not None:
            lines.append("caused by")
    return lines


def _short(filename: str) -> str:
    for mark in ("site-packages/", "/src/", "lib/python"):
        _, found, rest = filename.rpartition(mark)
        if found:
            return rest
    return Path(filename).name
