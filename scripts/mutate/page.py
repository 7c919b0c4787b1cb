"""`docs/mutation.md`, from the numbers of the last run (`docs/mutation.json`) and the explanations of its survivors."""

import fnmatch
import json
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scripts.mutate.mutants import ROOT
from scripts.mutate.result import FILE, percent

PAGE = ROOT / "docs" / "mutation.md"
EXPLANATIONS = Path(__file__).parent / "survivors.toml"
KILLERS = {
    "examples": "the examples of the guarantees",
    "tests": "the tests of the same room (`tests/guarantees`, `tests/verdicts`)",
    "recordings": "the recorded facts of the matrix",
    "import": "the file cannot be imported any more",
    "time": "it does not end",
    "crash": "the process ends",
}


@dataclass(frozen=True)
class Explanation:
    """Why some survivors may live."""

    file: str
    match: tuple[str, ...]
    """Patterns of what follows the file in a survivor's key; `*` stands for any text."""

    why: str

    def covers(self, key: str) -> bool:
        """Whether a survivor is meant."""
        file, _, rest = key.partition(": ")
        # Brackets are text here: keys are full of them.
        return file.endswith(self.file) and any(
            fnmatch.fnmatchcase(rest, pattern.replace("[", "[[]").replace("?", "[?]")) for pattern in self.match
        )


def explanations() -> tuple[Explanation, ...]:
    """Every explanation, in the order of its file."""
    data = tomllib.loads(EXPLANATIONS.read_text())
    return tuple(Explanation(item["file"], tuple(item["match"]), item["why"]) for item in data["survivor"])


def page_text() -> str:
    """The whole page."""
    data = json.loads(FILE.read_text())
    return "\n".join([*_head(data), *_numbers(data), *_survivors(data), ""])


def unexplained() -> list[str]:
    """Survivors of the last run that nobody has explained."""
    known = explanations()
    data = json.loads(FILE.read_text())
    return [item["key"] for item in data["survivors"] if not any(one.covers(item["key"]) for one in known)]


def _head(data: dict[str, Any]) -> Iterator[str]:
    killed, total = data["killed"], data["total"]
    yield "# Mutation testing"
    yield ""
    yield "Generated from `docs/mutation.json`, the last whole run of `make mutate`."
    yield ""
    asked = f"{data['needed_percent']:g}% are asked for."
    yield f"**{killed} of {total} mutants were noticed ({percent(killed, total)})**; {asked}"
    yield ""
    yield (
        "A mutant is one small wrong change in a judge, one of its helpers, or the arithmetic of verdicts: a "
        "comparison turned, an operand dropped, a branch forced, a verdict or a reason swapped, a boundary moved, a "
        "filter or a statement removed, a word of a list or a part of a pattern lost. Each is imported in the place of "
        "the file and judged by the examples, the tests of its room and the recorded facts of the matrix. Mutants "
        "that change nothing are counted like the others."
    )
    yield ""
    yield (
        "Left alone: messages and keys of findings, docstrings, types, imports, assertions, the arguments of "
        "`@guarantee` (the pages of the catalogue repeat them, and a test compares), and the examples themselves. A "
        "list of more than eight words loses each of its halves, a shorter one each of its words."
    )
    yield ""


def _numbers(data: dict[str, Any]) -> Iterator[str]:
    yield "| noticed by | mutants |"
    yield "| --- | --- |"
    for name, count in sorted(data["killed_by"].items(), key=lambda item: -item[1]):
        yield f"| {KILLERS[name]} | {count} |"
    yield ""
    yield "| area | mutants | noticed | share |"
    yield "| --- | --- | --- | --- |"
    areas: dict[str, tuple[int, int]] = {}
    for path, item in data["files"].items():
        killed, total = areas.get(_area(path), (0, 0))
        areas[_area(path)] = (killed + item["killed"], total + item["total"])
    for area, (killed, total) in sorted(areas.items()):
        yield f"| {area} | {total} | {killed} | {percent(killed, total)} |"
    yield ""
    weakest = sorted(data["files"].items(), key=lambda item: item[1]["killed"] / item[1]["total"])[:5]
    named = ", ".join(f"`{_short(path)}` ({percent(item['killed'], item['total'])})" for path, item in weakest)
    yield f"The weakest files: {named}."
    yield ""


def _survivors(data: dict[str, Any]) -> Iterator[str]:
    yield f"## The {len(data['survivors'])} that live"
    yield ""
    left = list(data["survivors"])
    for known in explanations():
        mine = [item for item in left if known.covers(item["key"])]
        if not mine:
            continue
        left = [item for item in left if item not in mine]
        yield f"**{_short(mine[0]['file'])}**: {known.why}"
        yield ""
        yield from (f"- {_code(item)}" for item in mine)
        yield ""
    if left:
        yield "**Not explained yet**"
        yield ""
        yield from (f"- {_short(item['file'])}: {_code(item)}" for item in left)
        yield ""


def _code(item: dict[str, Any]) -> str:
    text = item["key"].partition(": ")[2]
    text = text if len(text) <= 200 else f"{text[:200]} …"
    fence = "``" if "`" in text else "`"
    return f"{fence}{text}{fence}"


def _area(path: str) -> str:
    parts = Path(path).parts
    room = parts.index("prodproof") + 1
    return "/".join(parts[room : min(room + 2, len(parts) - 1)]) + ("" if len(parts) - room > 2 else " (shared)")


def _short(path: str) -> str:
    return path.removeprefix("src/prodproof/")
