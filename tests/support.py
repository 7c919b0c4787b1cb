"""What tests share: one look at a lab, judged."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path

from prodproof.guarantees import catalogue
from prodproof.plan import make_plan
from prodproof.range import Lab
from prodproof.reach.git.repository import RepositoryReader
from prodproof.reach.world import World
from prodproof.runner.observe import observe
from prodproof.verdicts import Evidence, Result, decide


def look(lab: Lab, *ids: str) -> dict[str, Result]:
    """Plan, observe and judge the named guarantees on a lab, without a ledger."""
    chosen = [entry.guarantee for entry in catalogue() if entry.id in ids]
    assert len(chosen) == len(ids), f"not all of {ids} are in the catalogue"
    now = datetime.now(UTC)
    world = World(
        declared=lab.declared,
        now=now,
        settings=lab.settings,
        repositories={
            item.path: RepositoryReader.open(Path(lab.declared.root or ".") / item.path)
            for item in lab.declared.repositories
        },
        tools=lab.tool,
        previous=lab.previous,
    )
    plan = make_plan(lab.declared, chosen, has_tool=lambda name: lab.tool(name) is not None)

    async def all_steps() -> Evidence:
        answers = await asyncio.gather(*(observe(step, world, crashed) for step in plan.steps))
        return Evidence.of(survey for surveys in answers for survey in surveys)

    evidence = asyncio.run(all_steps())
    return {item.id: decide(item, evidence, lab.declared, now) for item in chosen}


def crashed(step: object, error: BaseException) -> str:
    """In tests a crash of a probe is an error of the test."""
    raise AssertionError(f"{step} crashed") from error
