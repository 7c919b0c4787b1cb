"""The two persons of a production drill: its author, who signs the order, and another one, who approves the plan."""

from datetime import datetime, timedelta
from pathlib import Path

from prodproof.drills.plan import DrillPlan
from prodproof.facts import Unseen
from prodproof.facts.declared import Declared, Person
from prodproof.jobs.errors import JobError
from prodproof.jobs.order import DrillOrder
from prodproof.jobs.statement import Purpose, Signed, Statement
from prodproof.reach.ssh_signature import sign, verified

GOOD_FOR = timedelta(days=7)
"""How long an approval may be used."""


def person_of(declared: Declared, id: str) -> Person:
    """Somebody of the roster. Raises JobError for nobody of it, and for somebody without a key."""
    person = next((item for item in declared.people if item.id == id), None)
    if person is None:
        raise JobError(f"{id!r} is no [[person]] of the system file")
    if not person.keys:
        raise JobError(f'{id} has no key in the system file: keys = ["ssh-ed25519 …"] in their [[person]]')
    return person


def statement(plan: DrillPlan, purpose: Purpose, author: str, person: str, until: datetime, run: str = "") -> Statement:
    """What `person` says of a plan that `author` orders."""
    return Statement(
        purpose=purpose,
        system=plan.declared.system,
        environment=plan.declared.environment.name,
        drill=plan.drill.name,
        target=str(plan.subject),
        plan=plan.digest,
        author=author,
        person=person,
        until=until,
        run=run,
    )


def signed(said: Statement, key: Path, declared: Declared) -> Signed:
    """Sign a statement. Raises JobError when the key is not that person's, or cannot sign."""
    person = person_of(declared, said.person)
    signature = sign(said.text, key, said.purpose)
    if isinstance(signature, Unseen):
        raise JobError(signature.detail)
    made = Signed(said, signature)
    if not _is_by(made, person):
        raise JobError(f"{key} is none of the keys that the system file has for {person.id}")
    return made


def not_approved(order: DrillOrder, plan: DrillPlan, now: datetime) -> str | None:
    """Why an order does not have two persons behind it; None if it has.

    1. The author is of the roster, and signed this very order.
    2. The approval is of this very plan, by this author, and in time.
    3. The approver is another person of the roster, with no key in common, and has not left.
    4. The approver's signature is good.
    """
    if order.signed is None:
        return "the author has not signed the order"
    if order.approval is None:
        return f"nobody has approved plan {plan.digest[:12]} of {order.by}"
    approval = order.approval.statement
    try:
        author, approver = person_of(order.declared, order.by), person_of(order.declared, approval.person)
    except JobError as error:
        return str(error)
    wanted = statement(plan, Purpose.ORDER, author.id, author.id, order.signed.statement.until, order.id)
    if now >= wanted.until:
        return "the author's signature is too old"
    if order.signed.statement != wanted or not _is_by(order.signed, author):
        return f"the order is not signed by {author.id}"
    if approval != statement(plan, Purpose.APPROVAL, author.id, approver.id, approval.until):
        return "the approval is of another plan, or of another author's"
    if not now < approval.until <= now + GOOD_FOR:
        return f"the approval was good until {approval.until:%Y-%m-%d %H:%M} UTC"
    if author.id == approver.id or set(author.keys) & set(approver.keys):
        return "the author cannot approve a plan of their own"
    if approver.left is not None and approver.left <= now.date():
        return f"{approver.id} has left"
    if not _is_by(order.approval, approver):
        return f"the approval is not signed by {approver.id}"
    return None


def _is_by(made: Signed, person: Person) -> bool:
    good = verified(made.statement.text, made.signature, person.keys, made.statement.purpose)
    if isinstance(good, Unseen):
        raise JobError(f"signatures cannot be verified: {good.detail}")
    return good
