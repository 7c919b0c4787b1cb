"""A drill carried out for what it tells alone: at once, in this process, and outside the ledger.

Nothing is written down, so what is cut off here nobody goes on with. For the proof matrix, benchmarks and tests, whose
systems are made for it and thrown away; whatever is anybody's own is drilled by `runner/conduct.py`.
"""

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from prodproof.drills.drill import Plain, Values
from prodproof.drills.plan import DrillPlan
from prodproof.facts.drills import DrillRun
from prodproof.jobs.order import DrillOrder, new_id
from prodproof.jobs.store import Message
from prodproof.reach.world import World
from prodproof.runner.acts import Event
from prodproof.runner.drill import Carried
from prodproof.runner.durable import Record


@dataclass(frozen=True)
class Unkept:
    """A recorder that keeps no record."""

    by: str

    def once(self, name: str, act: Callable[[], Plain]) -> Record:
        """Do it, and measure it."""
        started, clock = datetime.now(UTC), time.monotonic()
        value = act()
        took = time.monotonic() - clock
        return Record(value, self.by, started, datetime.now(UTC), "unkept", clock, took, True)

    def stopping(self) -> bool:
        """Nobody stops it."""
        return False


@dataclass
class Unattended:
    """A desk at which nobody sits: nobody answers, wants it undone, or follows it. Faults of ours are kept."""

    crashes: list[BaseException] = field(default_factory=list, init=False)

    def answer(self, step: str) -> Message | None:
        """Nobody answers."""
        return None

    def undo_wanted(self) -> Message | None:
        """Nobody wants that."""
        return None

    def tell(self, event: Event) -> None:
        """Nobody listens."""

    def crashed(self, step: str, error: BaseException) -> str:
        """Keep the error, for whoever carries it out."""
        self.crashes.append(error)
        # What an error says may hold what must not be told.
        return f"prodproof failed ({type(error).__name__})"


@dataclass(frozen=True)
class Ended:
    """A drill that came to its end."""

    run: DrillRun
    gave: Mapping[str, Values]
    """What its steps gave."""

    fact: Any
    """What it tells; None for a drill that tells nothing beside its run."""


def carry_out(plan: DrillPlan, world: World, by: str, desk: Unattended | None = None, id: str = "") -> Ended:
    """Carry a drill out.

    Args:
        plan: of the drill.
        world: what it reaches the outside with.
        by: who does it.
        desk: where persons answer; nobody does if None.
        id: of the run; a new one if empty.

    Raises RuntimeError where prodproof itself fails.
    """
    now, desk = datetime.now(UTC), desk or Unattended()
    order = DrillOrder(
        id=id or new_id(plan.drill.name, now, os.urandom(8)),
        drill=plan.drill.name,
        target=plan.subject,
        declared=plan.declared,
        plan=plan.digest,
        documents=dict(plan.documents),
        moment=plan.moment,
        by=by,
        at=now,
    )
    carried = Carried(order, plan, world, desk, Unkept(by))
    run = carried.forward()
    for error in desk.crashes:
        raise RuntimeError(f"{order.id}: {run.detail}") from error
    tell = plan.exercise.tell
    return Ended(run, dict(carried.gave), tell(run, carried.gave) if tell else None)
