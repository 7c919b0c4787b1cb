"""What a run of the matrix saw, kept in the form of `tests/range/recordings.py`, so that judges are tested against it.

Where the range lay on this machine is replaced, so that two runs differ in what they saw alone.
"""

import json
from pathlib import Path
from typing import Any

from prodproof.range import Range
from prodproof.verdicts import Guarantee
from scripts.prove.observer import Seen
from scripts.prove.rows import Row
from tests.range import recordings

PLACE = "/var/lib/prodproof/ranges/harbour"


class Recorder:
    """Collects the rows of one run, and writes them when it has ended."""

    def __init__(self, range: Range) -> None:
        self._directory = str(range.directory)
        self._rows: dict[str, list[dict[str, Any]]] = {}
        self._wrong: set[str] = set()

    def keep(self, row: Row, seen: Seen, guarantee: Guarantee) -> None:
        """Keep the facts behind a row."""
        if not row.right:
            self._wrong.add(row.guarantee)
        surveys = [survey for found in seen.evidence.surveys.values() for survey in found]
        made = recordings.row_of(row.state, row.variant, guarantee, surveys, seen.declared, seen.at)
        text = json.dumps(made).replace(json.dumps(self._directory)[1:-1], PLACE)
        kept = json.loads(text)
        # A finding may be told apart by a path, and so by where the range lay.
        kept["findings"] = list(recordings.judged_again(recordings.read_row(kept), guarantee).findings)
        self._rows.setdefault(row.guarantee, []).append(kept)

    def write(self, folder: Path) -> None:
        """Write one file for each guarantee of which every row is right; its earlier file is replaced."""
        for guarantee, rows in self._rows.items():
            if guarantee not in self._wrong:
                recordings.write(guarantee, rows, folder)
