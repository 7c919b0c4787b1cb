"""Carries drills out on a range: by the program's own engine, and outside the ledger."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from prodproof.drills.permission import not_permitted
from prodproof.drills.plan import DrillPlan, plan_drill
from prodproof.facts import Observation, Proof, Reason, Survey, Unseen
from prodproof.facts.declared import Declared
from prodproof.jobs.store import Message
from prodproof.plan import DrillNeeded
from prodproof.reach.world import World
from prodproof.runner.unkept import Unattended
from prodproof.runner.unkept import carry_out as carried_out

AREA = "recovery"
"""Who answers for it carries drills out."""


@dataclass
class _Desk(Unattended):
    """Where persons answer at once that they have done it."""

    by: str

    def answer(self, step: str) -> Message | None:
        return Message("answer", step, self.by, datetime.now(UTC), "done")


def carry_out(need: DrillNeeded, declared: Declared, world: World) -> Survey[Any]:
    """What a drill tells when it is carried out now, as the ledger would have it.

    Raises RuntimeError where it crashes, or leaves something behind.
    """
    fact = need.drill.fact
    assert fact is not None
    plan = plan_drill(need.drill, declared.find(need.drill.per, need.scope), declared)
    seen = plan if isinstance(plan, Unseen) else _carried(plan, world)
    return Survey(fact, (Observation(need.scope, seen, datetime.now(UTC), "inside", Proof.DRILL),))


def _carried(plan: DrillPlan, world: World) -> Any:
    if refused := next(not_permitted(plan), None):
        return Unseen(Reason.NOT_PERMITTED, refused)
    if lacking := next(iter(plan.exercise.lacks(world)), None):
        return Unseen(Reason.INCOMPLETE, lacking)
    by = next((owner.person for owner in plan.declared.owners if owner.of == AREA), "matrix")
    ended = carried_out(plan, world, by, _Desk(by))
    if ended.run.left:
        raise RuntimeError(f"{ended.run.id}: {'; '.join(ended.run.left)}")
    return ended.fact
