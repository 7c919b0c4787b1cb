"""What follows from one look at a declared system, without a ledger."""

import asyncio
from datetime import UTC, datetime

from prodproof.facts.declared import Declared
from prodproof.guarantees import catalogue
from prodproof.plan import make_plan
from prodproof.reach.world import Settings, World
from prodproof.runner.observe import observe
from prodproof.verdicts import Evidence, Result, decide


def judged(declared: Declared, settings: Settings, *ids: str) -> dict[str, Result]:
    """Plan, observe and judge the named guarantees; for systems without repositories."""
    chosen = [entry.guarantee for entry in catalogue() if entry.id in ids]
    assert len(chosen) == len(ids), f"not all of {ids} are in the catalogue"
    now = datetime.now(UTC)
    world = World(declared=declared, now=now, settings=settings)
    plan = make_plan(declared, chosen)

    async def all_steps() -> Evidence:
        answers = await asyncio.gather(*(observe(step, world, crashed) for step in plan.steps))
        return Evidence.of(survey for surveys in answers for survey in surveys)

    evidence = asyncio.run(all_steps())
    return {item.id: decide(item, evidence, declared, now) for item in chosen}


def crashed(step: object, error: BaseException) -> str:
    """In tests a crash of a probe is an error of the test."""
    raise AssertionError(f"{step} crashed") from error
