"""zizmor, offline, over copies of a repository's workflows and actions.

Copies, so that neither a configuration beside them nor a link or an odd file name has a say.
"""

import json
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from prodproof.facts import Reason, Unseen
from prodproof.facts.pipeline import AuditFinding
from prodproof.reach.process import run

_ENDED = {0, 10, 11, 12, 13, 14}
"""0: nothing found; 10 to 14: found, by severity. Everything else is an error of the tool."""

MAX_FINDINGS = 500
"""For one file."""


@dataclass(frozen=True)
class Audit:
    """What came back: findings by the path that was handed in, for each file that was really audited."""

    version: str
    files: Mapping[str, tuple[AuditFinding, ...]]


def audit(program: str, workflows: Mapping[str, bytes], actions: Mapping[str, bytes], timeout: float) -> Audit | Unseen:
    """Audit workflow and action files.

    Args:
        program: path of zizmor.
        workflows: content by path.
        actions: content of `action.yml` files by path.
        timeout: seconds.

    Returns:
        The findings, or why there are none: timed-out, or incomplete when zizmor failed. A file that zizmor could not
        parse is not among the result's files.
    """
    version = run((program, "--version"), timeout=20)
    if isinstance(version, Unseen):
        return version
    with tempfile.TemporaryDirectory(prefix="prodproof-workflows-") as folder:
        root = Path(folder)
        names: dict[str, str] = {}
        for number, (path, data) in enumerate(workflows.items()):
            names[_write(root, f".github/workflows/w{number:05}.yml", data)] = path
        for number, (path, data) in enumerate(actions.items()):
            names[_write(root, f"a{number:05}/action.yml", data)] = path
        command = (
            program,
            "--offline",
            "--no-config",
            "--no-ignores",
            "--no-progress",
            "--format",
            "json",
            "--collect=all",
            ".",
        )
        answer = run(command, timeout=timeout, cwd=root, env={"HOME": folder, "RUST_LOG": "", "NO_COLOR": "1"})
    if isinstance(answer, Unseen):
        return answer
    if answer.code == 3:  # no file that it could read
        return Audit(version.stdout.decode("utf-8", "replace").strip(), {})
    if answer.code not in _ENDED:
        return Unseen(Reason.INCOMPLETE, f"zizmor failed: {answer.error_line()}")
    try:
        raw = json.loads(answer.stdout)
    except (ValueError, RecursionError):
        return Unseen(Reason.INCOMPLETE, "zizmor's answer is not JSON")
    audited = _audited(answer.stderr.decode("utf-8", "replace"), names)
    found: dict[str, list[AuditFinding]] = {path: [] for path in audited}
    for item in raw if isinstance(raw, list) else []:
        for name, finding in _finding(item):
            if name in names:
                found.setdefault(names[name], []).append(finding)
    shown = version.stdout.decode("utf-8", "replace").strip()
    return Audit(shown, {path: tuple(items[:MAX_FINDINGS]) for path, items in found.items()})


def _write(root: Path, name: str, data: bytes) -> str:
    file = root / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(data)
    return name


def _audited(log: str, names: Mapping[str, str]) -> list[str]:
    found = []
    for line in log.splitlines():
        _, mark, name = line.partition(" completed ")
        name = name.strip().removeprefix("./")
        if mark and name in names:
            found.append(names[name])
    return found


def _finding(item: Any) -> list[tuple[str, AuditFinding]]:
    """One finding at its primary place; empty for a form that is not known."""
    try:
        determined = item["determinations"]
        for location in item["locations"]:
            symbolic = location["symbolic"]
            if symbolic["kind"] != "Primary":
                continue
            route = ".".join(str(next(iter(part.values()))) for part in symbolic["route"]["route"])
            concrete = location["concrete"]
            return [
                (
                    symbolic["key"]["Local"]["verbatim_path"].removeprefix("./"),
                    AuditFinding(
                        rule=item["ident"],
                        severity=determined["severity"].lower(),
                        confidence=determined["confidence"].lower(),
                        message=f"{item['desc']}: {symbolic['annotation']}"[:300],
                        line=int(concrete["location"]["start_point"]["row"]) + 1,
                        key=route[:200],
                    ),
                )
            ]
    except (KeyError, TypeError, AttributeError, ValueError, StopIteration):
        return []
    return []
