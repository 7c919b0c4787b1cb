"""Worlds in which a drill can be cut off again and again, and in which it is seen what it did twice or left behind.

`python -m scripts.cuts --drill MODULE:NAME` takes any object of this form.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from prodproof.drills._scratch import DISK, MEMORY
from prodproof.drills.drill import Drill
from prodproof.drills.plan import DrillPlan
from prodproof.reach.marked import MARK
from tests.drills.exercises import DRILLS, book, planned, processes


class Ground(Protocol):
    """A drill with a world of its own."""

    name: str
    """Of the drill."""

    records: int
    """How many records it writes from its beginning to its end."""

    drills: Mapping[str, Drill]

    def plan(self, root: Path) -> DrillPlan:
        """The plan; makes its world in this folder, unless that is there."""
        ...

    def troubles(self, root: Path, id: str, result: Mapping[str, Any] | None) -> list[str]:
        """What is not as it must be once a run has ended: done twice, left behind, out of order; one line each.

        `result` is what the run came to, None if it was cut off before anything was ordered.
        """
        ...


def still_running(id: str, *places: Path) -> list[str]:
    """Processes that a run started, or that are in one of these folders; one line each."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            marked = f"{MARK}={id}.".encode() in (entry / "environ").read_bytes()
            inside = places and os.readlink(entry / "cwd").startswith(tuple(map(str, places)))
        except OSError:  # gone meanwhile
            continue
        found += [f"process {entry.name} still runs"] * bool(inside or marked)
    return found


def left_in_scratch(id: str) -> list[str]:
    """What a run left of its scratch, and in it; one line each."""
    places = [base / f"prodproof-{id}" for base in (MEMORY, DISK)]
    return [f"{place} is still there" for place in places if place.exists()] + still_running(id, *places)


class Deliver:
    """The exercise of the tests: lines in a book, a folder that is filled slowly, a process."""

    name = "deliver"
    records = 23
    drills: Mapping[str, Drill] = DRILLS

    def plan(self, root: Path) -> DrillPlan:
        return planned(self.name, root)

    def troubles(self, root: Path, id: str, result: Mapping[str, Any] | None) -> list[str]:
        lines = [line.rpartition(".")[2] for line in book(root)]
        wanted = ["first", "last"] if result is not None and result["outcome"] == "proven" else []
        found = [f"the book says {lines} and not {wanted}"] * (lines != wanted)
        found += [f"{item.name} is still there" for item in root.glob(f"{id}.*")]
        return found + [f"{count} processes still run" for count in [len(processes(id, root))] if count]


DELIVER: Ground = Deliver()
