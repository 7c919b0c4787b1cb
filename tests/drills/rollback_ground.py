"""A rehearsed way back that can be cut off again and again: `scripts.cuts --drill
tests.drills.rollback_ground:ROLLBACK`.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from prodproof.drills.drill import Drill
from prodproof.drills.plan import DrillPlan
from prodproof.drills.rollback import rollback
from tests.drills.grounds import left_in_scratch
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
        found = left_in_scratch(id)
        listed = sorted(item.name for item in (root / "shop").iterdir())
        wanted = sorted({".git", *(name.partition("/")[0] for name in FIRST)})
        found += [f"the repository holds {listed}"] * (listed != wanted)
        if result is not None and result["outcome"] == "failed":
            found.append(f"the way back failed: {result['detail']}")
        return found


ROLLBACK = Rollback()
