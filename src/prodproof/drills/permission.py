"""Whether a drill may be carried out: trust, opt-in, time, and what cannot be taken back."""

from collections.abc import Iterator
from datetime import datetime

from prodproof.drills.plan import DrillPlan
from prodproof.drills.windows import shut
from prodproof.facts.declared import EnvironmentKind, Permission


def needs_approval(plan: DrillPlan) -> bool:
    """Whether a second person must approve the plan."""
    return plan.declared.environment.kind is EnvironmentKind.PRODUCTION


def refusals(plan: DrillPlan, now: datetime, *, accepted: bool = False) -> Iterator[str]:
    """Why a drill must not begin, one line each with what to do; the approval of a second person is not looked at.

    Args:
        plan: what would be done.
        now: the clock reading.
        accepted: whether whoever orders it accepts that some steps cannot be undone.
    """
    yield from not_permitted(plan)
    declared = plan.declared
    windows = [item for item in declared.maintenance if item.environment == declared.environment.name]
    if closed := shut(windows, now, plan.open_for):
        yield closed
    if plan.irreversible and not accepted and not needs_approval(plan):
        names = ", ".join(step.name for step in plan.irreversible)
        yield f"{names} cannot be undone; --irreversible says that you accept it"


def not_permitted(plan: DrillPlan) -> Iterator[str]:
    """What of trust and opt-in is lacking, one line each with what to do."""
    declared = plan.declared
    if not declared.trusted:
        yield "drills run only with your trust: prodproof trust, or --trust"
    if Permission.DRILLS not in declared.environment.allow | getattr(plan.target, "allow", frozenset()):
        yield f'{plan.subject} did not opt in: allow = ["drills"], there or on its [[environment]]'
