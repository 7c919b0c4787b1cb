"""zizmor, offline, over copies of a repository's workflows and actions.

Copies, so that neither a configuration beside them nor a link or an odd file name has a say.
"""

import json
import tempfile
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from yaml import YAMLError

from prodproof.facts import Reason, Unseen
from prodproof.facts.pipeline import AuditFinding
from prodproof.reach.files.placed import is_too_deep
from prodproof.reach.process import run

_ENDED = {0, 10, 11, 12, 13, 14}
"""0: nothing found; 10 to 14: found, by severity. Everything else is an error of the tool."""

MAX_FINDINGS = 500
"""For one file."""

BATCH = 400
"""Files of one run: zizmor holds all of them in memory."""

_OPTIONS = ("--offline", "--no-config", "--no-ignores", "--no-progress", "--format", "json", "--collect=all")
_File = tuple[str, str, bytes]
"""Path in the repository, name of the copy, content."""


@dataclass(frozen=True)
class Audit:
    """What came back: findings by the path that was handed in, for each file that was really audited."""

    version: str
    files: Mapping[str, tuple[AuditFinding, ...] | Unseen]
    """Why there are none for a file whose run ended otherwise; a file that could not be parsed is not among them."""


def audit(program: str, workflows: Mapping[str, bytes], actions: Mapping[str, bytes], timeout: float) -> Audit | Unseen:
    """Audit workflow and action files.

    Args:
        program: path of zizmor.
        workflows: content by path.
        actions: content of `action.yml` files by path.
        timeout: seconds, for all together.

    Returns:
        The findings, or why there are none for any file: timed-out, or incomplete when zizmor failed.
    """
    version = run((program, "--version"), timeout=20)
    if isinstance(version, Unseen):
        return version
    named = [
        (path, f".github/workflows/w{number:05}.yml", data) for number, (path, data) in enumerate(workflows.items())
    ]
    named += [(path, f"a{number:05}/action.yml", data) for number, (path, data) in enumerate(actions.items())]
    named = [file for file in named if _is_sound(file[2])]
    deadline = time.monotonic() + timeout
    found: dict[str, tuple[AuditFinding, ...] | Unseen] = {}
    for batch in _batched(named, BATCH):
        found |= _each(program, batch, deadline)
    lost = [answer for answer in found.values() if isinstance(answer, Unseen)]
    if lost and len(lost) == len(found):
        return lost[0]
    return Audit(version.stdout.decode("utf-8", "replace").strip(), found)


def _batched(items: list[_File], size: int) -> Iterable[list[_File]]:
    return (items[start : start + size] for start in range(0, len(items), size))


def _each(program: str, files: list[_File], deadline: float) -> Mapping[str, tuple[AuditFinding, ...] | Unseen]:
    """Audit files together; when that fails, find the one that zizmor fails on, so that only its answer is lost."""
    part = _audit(program, files, deadline - time.monotonic())
    if not isinstance(part, Unseen):
        return part
    if part.why is not Reason.INCOMPLETE or len(files) == 1:
        return {path: part for path, _, _ in files}
    middle = len(files) // 2
    return {**_each(program, files[:middle], deadline), **_each(program, files[middle:], deadline)}


def _audit(program: str, files: list[_File], timeout: float) -> dict[str, tuple[AuditFinding, ...]] | Unseen:
    names = {name: path for path, name, _ in files}
    with tempfile.TemporaryDirectory(prefix="prodproof-workflows-") as folder:
        for _, name, data in files:
            file = Path(folder) / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(data)
        command = (program, *_OPTIONS, ".")
        home = {"HOME": folder, "RUST_LOG": "", "NO_COLOR": "1"}
        answer = run(command, timeout=max(timeout, 0.1), cwd=Path(folder), env=home)
    if isinstance(answer, Unseen):
        return answer
    if answer.code == 3:  # no file that it could read
        return {}
    if answer.code not in _ENDED:
        return Unseen(Reason.INCOMPLETE, f"zizmor failed: {answer.error_line()}")
    try:
        raw = json.loads(answer.stdout)
    except (ValueError, RecursionError):
        return Unseen(Reason.INCOMPLETE, "zizmor's answer is not JSON")
    found: dict[str, list[AuditFinding]] = {
        path: [] for path in _audited(answer.stderr.decode("utf-8", "replace"), names)
    }
    for item in raw if isinstance(raw, list) else [None]:
        name, finding = _finding(item) or ("", None)
        if finding is None or name not in names:
            return Unseen(Reason.INCOMPLETE, "zizmor's answer has an unknown form")
        found.setdefault(names[name], []).append(finding)
    return {path: tuple(items[:MAX_FINDINGS]) for path, items in found.items()}


def _is_sound(data: bytes) -> bool:
    """Whether zizmor may be handed this: text that is not UTF-8 ends its whole run, deep nesting takes it minutes."""
    try:
        return not is_too_deep(data.decode())
    except UnicodeDecodeError:
        return False
    except YAMLError:
        return True  # its own parser forgives more


def _audited(log: str, names: Mapping[str, str]) -> list[str]:
    found = []
    for line in log.splitlines():
        _, mark, name = line.partition(" completed ")
        name = name.strip().removeprefix("./")
        if mark and name in names:
            found.append(names[name])
    return found


def _finding(item: Any) -> tuple[str, AuditFinding] | None:
    """The copy's name and one finding at its primary place; None for a form that is not known."""
    try:
        determined = item["determinations"]
        for location in item["locations"]:
            symbolic = location["symbolic"]
            if symbolic["kind"] != "Primary":
                continue
            route = ".".join(str(next(iter(part.values()))) for part in symbolic["route"]["route"])
            concrete = location["concrete"]
            return (
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
    except (KeyError, TypeError, AttributeError, ValueError, StopIteration):
        return None
    return None
