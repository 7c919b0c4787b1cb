"""A restore that can be cut off again and again, by `scripts.cuts --drill tests.drills.restore.ground:RESTORE`."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from prodproof.drills.drill import Drill
from prodproof.drills.plan import DrillPlan, plan_drill
from prodproof.drills.restore import restore
from prodproof.facts import Unseen
from tests.drills.grounds import left_in_scratch
from tests.drills.restore.restoring import backup, declared_shop, shop_store

DUMP = """\
--
-- PostgreSQL database dump
--

-- Dumped from database version 15.1
-- Dumped by pg_dump version 15.1

CREATE TABLE public.film (id integer NOT NULL, title text);
COPY public.film (id, title) FROM stdin;
{rows}
\\.

ALTER TABLE ONLY public.film ADD CONSTRAINT film_pkey PRIMARY KEY (id);

--
-- PostgreSQL database dump complete
--

"""
ROWS = 500


class Restore:
    """A dump whose source is gone."""

    name = "restore"
    records = 39
    drills: Mapping[str, Drill] = {"restore": restore}

    def plan(self, root: Path) -> DrillPlan:
        dump = root / "shop.sql"
        if not dump.exists():
            dump.write_text(DUMP.format(rows="\n".join(f"{number}\tfilm {number}" for number in range(ROWS))))
        asked = {"invariants": (("all films", f"SELECT count(*) = {ROWS} FROM film"),)}
        store = shop_store(None, None, restore=asked)
        plan = plan_drill(restore, store, declared_shop(root, store, backup(dump)))
        assert not isinstance(plan, Unseen)
        return plan

    def troubles(self, root: Path, id: str, result: Mapping[str, Any] | None) -> list[str]:
        found = left_in_scratch(id)
        if result is not None and result["outcome"] == "failed":
            found.append(f"the restore failed: {result['detail']}")
        return found


RESTORE = Restore()
