"""A total loss that can be cut off at any point, by `scripts.cuts --drill tests.drills.scenario_ground:SCENARIO`."""

import shutil
import sqlite3
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from prodproof.drills.drill import Drill
from prodproof.drills.plan import DrillPlan
from prodproof.drills.scenario import scenario
from prodproof.facts.declared import ScenarioKind
from tests.drills.grounds import left_in_scratch
from tests.drills.practising import planned, with_scenario
from tests.drills.restore.restoring import backup, declared_shop, shop_store

ROWS = 50
BOOK = """\
```sh step=restore repeat=safe
test "$(wc -c < "$PRODPROOF_COPY")" -gt 0
cp "$PRODPROOF_COPY" "$PRODPROOF_SCRATCH/live.db"
```
```sh prove=restore
cmp "$PRODPROOF_COPY" "$PRODPROOF_SCRATCH/live.db"
```
```sh undo=restore
rm -f "$PRODPROOF_SCRATCH/live.db"
```
"""


class Loss:
    """A database in a file, and a runbook that is followed on the copy."""

    name = "scenario"
    records = 33
    drills: Mapping[str, Drill] = {"scenario": scenario}

    def plan(self, root: Path) -> DrillPlan:
        copy = root / "copy.db"
        if not copy.exists():
            (root / "runbooks").mkdir(exist_ok=True)
            (root / "runbooks" / "database.md").write_text(BOOK)
            with sqlite3.connect(root / "live.db") as link:
                link.execute("CREATE TABLE item (id integer PRIMARY KEY, name text)")
                link.executemany("INSERT INTO item VALUES (?, ?)", [(n, f"item {n}") for n in range(ROWS)])
            link.close()
            shutil.copy(root / "live.db", copy)
        store = shop_store(None, None, kind="sqlite", restore={"source": "live.db"})
        system = declared_shop(root, store, backup(copy, "sqlite"))
        plan = planned(with_scenario(system, ScenarioKind.TOTAL_LOSS))
        assert isinstance(plan, DrillPlan), plan
        return plan

    def troubles(self, root: Path, id: str, result: Mapping[str, Any] | None) -> list[str]:
        found = left_in_scratch(id)
        if result is not None and result["outcome"] == "failed":
            found.append(f"the scenario failed: {result['detail']}")
        return found


SCENARIO = Loss()
