"""checkov as a separate program: infrastructure files in, its failed checks out.

It runs in an empty folder of its own over links to the files that are asked about, because a `.checkov.yaml` in the
repository could name checks to skip and Python to run. It is kept from the network by a proxy that does not exist.
"""

import json
import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from prodproof.facts import Reason, Unseen
from prodproof.reach.git.repository import RepositoryReader, shown
from prodproof.reach.process import run

Kind = TypeVar("Kind")
TIME_LIMIT = 240.0
_NOWHERE = "http://127.0.0.1:9"
_ENVIRONMENT = {
    "HOME": "/nonexistent",
    "HTTP_PROXY": _NOWHERE,
    "HTTPS_PROXY": _NOWHERE,
    "http_proxy": _NOWHERE,
    "https_proxy": _NOWHERE,
    "LOG_LEVEL": "ERROR",
    "PYTHONDONTWRITEBYTECODE": "1",
}


@dataclass(frozen=True)
class FailedCheck:
    """One check that a resource does not pass."""

    path: str
    check: str
    title: str
    resource: str
    line: int | None
    skipped: bool = False
    """A comment in the file asks to skip it."""


@dataclass(frozen=True)
class Scan:
    """What one run of checkov says."""

    version: str
    failed: tuple[FailedCheck, ...]
    unread: frozenset[str]
    """Files that it could not parse."""


def scan(program: str, reader: RepositoryReader, paths: Sequence[str], frameworks: Sequence[str]) -> Scan | Unseen:
    """Scan the named files of a repository.

    Args:
        program: path of the checkov program.
        paths: files of the repository; names that are not UTF-8 are left out and reported as unread.
        frameworks: checkov's names of the languages to look for: `terraform`, `cloudformation`, `kubernetes`.

    Returns:
        Its results by repository path, or why there are none: tool-missing, timed-out or incomplete.
    """
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="prodproof-", dir=memory) as scratch:
        root = Path(scratch, "files")
        unread = {path for path in paths if not _place(reader, path, root)}
        empty = Path(scratch, "empty")
        empty.mkdir()
        root.mkdir(exist_ok=True)
        command = [program, "--skip-download", "--compact", "--output", "json", "--directory", os.fspath(root)]
        answer = run([*command, "--framework", *frameworks], timeout=TIME_LIMIT, cwd=empty, env=_ENVIRONMENT)
        if isinstance(answer, Unseen):
            return answer
        if answer.code not in (0, 1):
            return Unseen(Reason.INCOMPLETE, f"checkov failed: {answer.error_line()}")
        return read_results(answer.stdout, os.fspath(root), frozenset(unread))


def _place(reader: RepositoryReader, path: str, root: Path) -> bool:
    target = root / path
    try:
        path.encode("utf-8")
        target.parent.mkdir(parents=True, exist_ok=True)
        if reader.bare:
            data = reader.data(path)
            if isinstance(data, Unseen):
                return False
            target.write_bytes(data)
        else:
            real = (reader.directory / path).resolve(strict=True)
            if not real.is_relative_to(reader.directory):
                return False
            target.symlink_to(real)
    except (OSError, ValueError):
        return False
    return True


def read_results(output: bytes, root: str, unread: frozenset[str] = frozenset()) -> Scan | Unseen:
    """Read checkov's JSON: one report, a list of them, or the bare summary of a run that found nothing to look at."""
    try:
        document = json.loads(output)
    except (ValueError, RecursionError):
        return Unseen(Reason.INCOMPLETE, "checkov's answer is not JSON")
    failed: list[FailedCheck] = []
    missed = set(unread)
    version = ""
    try:
        for report in document if isinstance(document, list) else [document]:
            summary = report.get("summary", report)
            version = str(summary["checkov_version"])[:40]
            results = _of(dict, report.get("results") or {})
            missed.update(_relative(_of(str, path), root) for path in _of(list, results.get("parsing_errors") or []))
            for key in ("failed_checks", "skipped_checks"):
                failed += [_failed(item, key == "skipped_checks") for item in _of(list, results.get(key) or [])]
    except (KeyError, TypeError, AttributeError):
        return Unseen(Reason.INCOMPLETE, "checkov's answer has an unknown form")
    return Scan(version, tuple(failed), frozenset(missed))


def _of(kind: type[Kind], value: Any) -> Kind:
    if not isinstance(value, kind):
        raise TypeError
    return value


def _relative(path: str, root: str) -> str:
    return path.removeprefix(root).lstrip("/")


def _failed(item: Any, skipped: bool) -> FailedCheck:
    """One entry; raises KeyError, TypeError or AttributeError for a form that is not known."""
    lines = item.get("file_line_range")
    line = lines[0] if isinstance(lines, list) and lines and isinstance(lines[0], int) else None
    return FailedCheck(
        path=_of(str, item["file_path"]).lstrip("/"),
        check=_of(str, item["check_id"])[:60],
        title=shown(str(item.get("check_name", "")))[:300],
        resource=shown(str(item.get("resource", "")))[:300],
        line=line or None,
        skipped=skipped,
    )
