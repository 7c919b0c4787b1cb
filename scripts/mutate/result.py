"""The numbers of a run: as a table, and as the JSON that the document is made from."""

import json
from collections import Counter
from dataclasses import dataclass
from typing import Any

from scripts.mutate.mutants import ROOT, Mutant
from scripts.mutate.trial import Outcome

NEEDED = 95.0
"""Percent of all mutants that must be noticed, those that change nothing included."""

FILE = ROOT / "docs" / "mutation.json"


@dataclass(frozen=True)
class Run:
    """What a run found."""

    killed: int
    total: int
    by: dict[str, int]
    files: dict[str, tuple[int, int]]
    survivors: tuple[dict[str, Any], ...]

    @classmethod
    def of(cls, ended: list[tuple[Mutant, Outcome]]) -> "Run":
        """Count what has ended."""
        files: dict[str, tuple[int, int]] = {}
        for mutant, outcome in ended:
            killed, total = files.get(mutant.path, (0, 0))
            files[mutant.path] = (killed + outcome.killed, total + 1)
        by = Counter(outcome.by for _, outcome in ended if outcome.killed)
        survivors = tuple(
            {"key": mutant.key, "file": mutant.path, "line": mutant.line}
            for mutant, outcome in ended
            if not outcome.killed
        )
        return cls(sum(by.values()), len(ended), dict(sorted(by.items())), files, survivors)

    @property
    def enough(self) -> bool:
        """Whether the run reaches what is asked for."""
        return 100 * self.killed >= NEEDED * self.total

    def headline(self) -> str:
        """One line with the result."""
        return f"killed {self.killed}/{self.total} ({percent(self.killed, self.total)})"

    def table(self) -> str:
        """A line for each file, the weakest first."""
        ordered = sorted(self.files.items(), key=lambda item: (item[1][0] / item[1][1], item[0]))
        width = max(len(path) for path in self.files)
        return "\n".join(
            f"{path:{width}} {killed:5}/{total:<5}{percent(killed, total):>8}" for path, (killed, total) in ordered
        )

    def write(self) -> None:
        """Write the JSON of the run."""
        data = {
            "killed": self.killed,
            "total": self.total,
            "needed_percent": NEEDED,
            "killed_by": self.by,
            "files": {path: {"killed": killed, "total": total} for path, (killed, total) in sorted(self.files.items())},
            "survivors": list(self.survivors),
        }
        FILE.write_text(json.dumps(data, indent=1, ensure_ascii=False) + "\n")


def percent(part: int, whole: int) -> str:
    """A share with one decimal, rounded down, so that 94.96 never reads as 95.0."""
    return f"{1000 * part // whole / 10:.1f}%" if whole else "-"
