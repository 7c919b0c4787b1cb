"""A rehearsed way back that can be cut off again and again: `scripts.cuts --drill
tests.drills.rollback_ground:ROLLBACK`.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from prodproof.drills._scratch import DISK, MEMORY
from prodproof.drills.drill import Drill
from prodproof.drills.plan import DrillPlan
from prodproof.drills.rollback import rollback
from prodproof.reach.marked import MARK
from tests.drills.rollback_shop import FIRST, WELL, planned, repository


class Rollback:
    """A shop with two versions, on SQLite."""

    name = "rollback"
    records = 39
    drills: Mapping[str, Drill] = {"rollback": rollback}

    def plan(self, root: Path) -> DrillPlan:
        shop = root / "shop"
        if not (root / "made").exists():
            repository(shop, FIRST, WELL)
            (root / "made").touch()
        return planned(shop)

    def troubles(self, root: Path, id: str, result: Mapping[str, Any] | None) -> list[str]:
        places = [base / f"prodproof-{id}" for base in (MEMORY, DISK)]
        found = [f"{place} is still there" for place in places if place.exists()]
        for entry in Path("/proc").glob("[0-9]*"):
            try:
                inside = os.readlink(entry / "cwd").startswith(tuple(map(str, places)))
                marked = f"{MARK}={id}.".encode() in (entry / "environ").read_bytes()
            except OSError:  # gone meanwhile
                continue
            found += [f"process {entry.name} still runs"] * (inside or marked)
        listed = sorted(item.name for item in (root / "shop").iterdir())
        wanted = sorted({".git", *(name.partition("/")[0] for name in FIRST)})
        found += [f"the repository holds {listed}"] * (listed != wanted)
        if result is not None and result["outcome"] == "failed":
            found.append(f"the way back failed: {result['detail']}")
        return found


ROLLBACK = Rollback()
