"""Orders for drills, with the signatures that production asks for."""

import json
import os
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from pydantic import ValidationError

from prodproof.drills.permission import needs_approval
from prodproof.drills.plan import DrillPlan
from prodproof.facts.codec import decode, encode
from prodproof.jobs.order import DrillOrder, new_id
from prodproof.jobs.statement import Purpose, Signed
from prodproof.jobs.store import Store
from prodproof.runner.approval import not_approved, signed, statement
from prodproof.runner.worker import QUEUED_FOR
from prodproof.system.errors import UserError

MAX_APPROVAL = 100_000
ORDER_FOR = timedelta(hours=1)
"""How long an author's signature of an order counts: it is given when the drill begins."""


def ordered(
    plan: DrillPlan,
    who: str,
    now: datetime,
    store: Store,
    *,
    key: Path | None = None,
    approval: Path | None = None,
    irreversible: bool = False,
    queue: bool = False,
) -> DrillOrder:
    """An order by `who` for a plan; in production signed with their key, and with another person's approval.

    Raises UserError when a signature is missing or no good.
    """
    made = DrillOrder(
        id=new_id(plan.drill.name, now, os.urandom(4)),
        drill=plan.drill.name,
        target=plan.subject,
        declared=plan.declared,
        plan=plan.digest,
        documents=dict(plan.documents),
        moment=plan.moment,
        by=who,
        at=now,
        irreversible=irreversible,
    )
    if not needs_approval(plan):
        return made
    if key is None:
        raise UserError("production: say who you are with --as PERSON, and sign the order with --key FILE")
    said = statement(plan, Purpose.ORDER, who, who, now + (QUEUED_FOR if queue else ORDER_FOR), made.id)
    made = replace(made, signed=signed(said, key, plan.declared))
    candidates = (read_approval(approval),) if approval else store.approvals(plan.digest)
    for candidate in candidates:
        if not_approved(replace(made, approval=candidate), plan, now) is None:
            return replace(made, approval=candidate)
    why = not_approved(replace(made, approval=next(iter(candidates), None)), plan, now)
    raise UserError(
        f"production needs two persons: {why}",
        f"the second one runs: prodproof record approve {plan.drill.name} --on {plan.subject} --author {who} "
        "--as THEIR-ID --key THEIR-KEY",
    )


def read_approval(path: Path) -> Signed:
    """An approval from a file. Raises UserError for anything else."""
    try:
        with open(path, "rb") as file:
            found = decode(Signed, json.loads(file.read(MAX_APPROVAL)))
    except (OSError, ValueError, ValidationError):
        raise UserError(f"{path} is no approval; prodproof record approve -o FILE writes one") from None
    assert isinstance(found, Signed)
    return found


def write_approval(path: Path, approval: Signed) -> None:
    """Write an approval that another machine reads. Raises UserError when it cannot be written."""
    try:
        path.write_text(json.dumps(encode(approval), indent=1) + "\n")
    except OSError as error:
        raise UserError(f"{path} cannot be written: {error.strerror}") from None
