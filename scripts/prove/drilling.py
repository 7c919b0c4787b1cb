"""Carries drills out on a range: by the program's own engine, with its records in memory."""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from prodproof.drills.drill import Plain
from prodproof.drills.permission import not_permitted
from prodproof.drills.plan import DrillPlan, plan_for, read_documents
from prodproof.facts import Observation, Proof, Reason, Survey, Unseen
from prodproof.facts.declared import Declared
from prodproof.jobs.order import DrillOrder, new_id
from prodproof.jobs.store import Message
from prodproof.plan import DrillNeeded
from prodproof.reach.world import World
from prodproof.runner.acts import Event
from prodproof.runner.drill import Carried
from prodproof.runner.durable import Record

AREA = "recovery"
"""Who answers for it carries drills out."""


class _Records:
    """Keeps nothing: what is carried out here is never gone on with."""

    def once(self, name: str, act: Callable[[], Plain]) -> Record:
        started, clock = datetime.now(UTC), time.monotonic()
        value = act()
        return Record(value, "matrix", started, datetime.now(UTC), "matrix", clock, time.monotonic() - clock, True)

    def stopping(self) -> bool:
        return False


@dataclass
class _Desk:
    """Where persons answer at once that they have done it."""

    by: str
    crashes: list[str] = field(default_factory=list)

    def answer(self, step: str) -> Message | None:
        return Message("answer", step, self.by, datetime.now(UTC), "done")

    def undo_wanted(self) -> Message | None:
        return None

    def tell(self, event: Event) -> None:
        """Nobody follows it."""

    def crashed(self, step: str, error: BaseException) -> str:
        self.crashes.append(f"{step}: {type(error).__name__}: {error}")
        return self.crashes[-1]


def carry_out(need: DrillNeeded, declared: Declared, world: World) -> Survey[Any]:
    """What a drill tells when it is carried out now, as the ledger would have it.

    Raises RuntimeError where it crashes, or leaves something behind.
    """
    fact = need.drill.fact
    assert fact is not None
    documents: dict[str, str] | Unseen = {}
    for target in () if need.drill.reads is None else (declared.find(need.drill.per, need.scope),):
        documents = read_documents(need.drill, target, declared)
    plan = documents if isinstance(documents, Unseen) else plan_for(need.drill, need.scope, declared, documents)
    seen = plan if isinstance(plan, Unseen) else _carried(plan, world)
    return Survey(fact, (Observation(need.scope, seen, datetime.now(UTC), "inside", Proof.DRILL),))


def _carried(plan: DrillPlan, world: World) -> Any:
    if refused := next(not_permitted(plan), None):
        return Unseen(Reason.NOT_PERMITTED, refused)
    if lacking := next(iter(plan.exercise.lacks(world)), None):
        return Unseen(Reason.INCOMPLETE, lacking)
    by = next((owner.person for owner in plan.declared.owners if owner.of == AREA), "matrix")
    now, desk = datetime.now(UTC), _Desk(by)
    order = DrillOrder(
        id=new_id(plan.drill.name, now, os.urandom(8)),
        drill=plan.drill.name,
        target=plan.subject,
        declared=plan.declared,
        plan=plan.digest,
        documents=dict(plan.documents),
        by=by,
        at=now,
    )
    carried = Carried(order, plan, world, desk, _Records())
    run = carried.forward()
    if desk.crashes or run.left:
        raise RuntimeError(f"{order.id}: {'; '.join((*desk.crashes, *run.left))}")
    assert plan.exercise.tell is not None
    return plan.exercise.tell(run, carried.gave)
