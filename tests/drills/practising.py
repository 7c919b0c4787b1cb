"""Scenarios of tests, carried out in this process: a repository with runbooks, and who wrote them."""

import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from prodproof.drills.plan import DrillPlan, plan_drill
from prodproof.drills.scenario import scenario
from prodproof.facts import Unseen
from prodproof.facts.declared import DataStore, Declared, Permission, Person, Scenario, ScenarioKind
from prodproof.facts.scenarios import ScenarioPractised
from prodproof.jobs.store import Message
from prodproof.reach.world import Settings, World
from prodproof.runner.unkept import Ended, carry_out
from tests.drills.restore.restoring import KEY
from tests.runner.drill_records import Desk

ANA = Person(id="ana", email="ana@shop.example")
BEN = Person(id="ben", email="ben@shop.example", roles=("on-call",))
PEOPLE = (ANA, BEN)


class Practice(Ended):
    """A scenario that came to its end."""

    @property
    def practised(self) -> ScenarioPractised:
        """The fact."""
        assert isinstance(self.fact, ScenarioPractised), self.fact
        return self.fact


def git(root: Path, *words: str, by: str = "ben") -> None:
    """Something done in a repository by somebody."""
    who = {f"GIT_{role}_{part}": value for role in ("AUTHOR", "COMMITTER")
           for part, value in (("NAME", by.title()), ("EMAIL", f"{by}@shop.example"))}  # fmt: skip
    subprocess.run(["git", *words], cwd=root, check=True, capture_output=True, env={**os.environ, **who}, timeout=60)


def book(root: Path, text: str, by: str = "ben", path: str = "runbooks/database.md") -> None:
    """A runbook that somebody wrote and committed."""
    if not (root / ".git").exists():
        git(root, "init", "--quiet")
    (root / path).parent.mkdir(exist_ok=True)
    (root / path).write_text(text)
    git(root, "add", "--", path)
    git(root, "commit", "--quiet", "--message=runbook", "--", path, by=by)


def with_scenario(declared: Declared, kind: ScenarioKind, **changes: Any) -> Declared:
    """A system whose one store has one scenario."""
    (store,) = declared.data_stores
    made: dict[str, Any] = {"name": "lost", "kind": kind, "runbook": "runbooks/database.md", "rto": 3600}
    of = {"store": store.name, "environment": store.environment, "allow": frozenset({Permission.DRILLS})}
    one = Scenario(**{**made, **of, **changes})
    return replace(declared, data_stores=(replace(store, scenarios=(one,)),), people=PEOPLE)


def planned(declared: Declared) -> DrillPlan | Unseen:
    """The plan of the only scenario."""
    (store,) = declared.data_stores
    assert isinstance(store, DataStore)
    return plan_drill(scenario, store.scenarios[0], declared)


def practised(declared: Declared, answers: Mapping[str, str] | None = None, by: str = "ana") -> Practice:
    """Carry the only scenario out.

    Args:
        declared: the system.
        answers: who answers for which step of a person.
        by: who carries it out.
    """
    plan = planned(declared)
    assert isinstance(plan, DrillPlan), plan
    world = World(declared=declared, now=datetime.now(UTC), settings=Settings(fingerprint_key=KEY), tools=shutil.which)
    desk = Desk(
        {name: Message("answer", name, who, datetime.now(UTC), "done") for name, who in (answers or {}).items()}
    )
    ended = carry_out(plan, world, by, desk, f"scenario-{os.urandom(6).hex()}")
    return Practice(ended.run, ended.gave, ended.fact)
