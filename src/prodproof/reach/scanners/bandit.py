"""bandit as a program: a second opinion on Python files, without the repository's own configuration of it."""

import json
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from prodproof.facts import Reason, Unseen
from prodproof.reach.process import run

TESTS = ("B102", "B307", "B506", "B602", "B605", "B608", "B610", "B611", "B702")
"""exec, eval, yaml.load, shells, SQL in strings, Django's extra and RawSQL, Mako templates."""

MAX_FILES_A_RUN = 1000
TIME_LIMIT = 120.0


@dataclass(frozen=True, kw_only=True)
class BanditIssue:
    """One issue that bandit reports."""

    test: str
    severity: str
    confidence: str
    text: str
    path: str
    line: int


def check(root: Path, paths: Sequence[str]) -> list[BanditIssue] | Unseen:
    """Run bandit over files of a work tree.

    It is started outside the repository and given files, not folders, so that no `.bandit` or `pyproject.toml` of the
    repository is read; `# nosec` is ignored, for the place must be seen before it can be accepted.

    Args:
        root: the work tree.
        paths: Python files, relative to it.
    """
    found: list[BanditIssue] = []
    for start in range(0, len(paths), MAX_FILES_A_RUN):
        files = [os.fspath(root / path) for path in paths[start : start + MAX_FILES_A_RUN]]
        command = (sys.executable, "-m", "bandit", "--quiet", "--format", "json", "--ignore-nosec", "--exit-zero")
        finished = run((*command, "--tests", ",".join(TESTS), *files), timeout=TIME_LIMIT, cwd=Path("/"))
        if isinstance(finished, Unseen):
            return finished
        try:
            report = json.loads(finished.stdout)
            found.extend(_issue(item, root) for item in report["results"])
        except (ValueError, KeyError, TypeError, RecursionError):
            return Unseen(Reason.INCOMPLETE, f"bandit gave no readable report: {finished.error_line()}")
    return found


def _issue(item: dict[str, object], root: Path) -> BanditIssue:
    return BanditIssue(
        test=str(item["test_id"]),
        severity=str(item["issue_severity"]),
        confidence=str(item["issue_confidence"]),
        text=str(item["issue_text"])[:200],
        path=os.path.relpath(str(item["filename"]), root).replace(os.sep, "/"),
        line=int(str(item["line_number"])),
    )
