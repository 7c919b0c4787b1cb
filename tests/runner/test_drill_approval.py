"""Two persons behind a drill on production: what one of them alone can make up is refused."""

import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from prodproof.drills.plan import DrillPlan
from prodproof.facts.declared import Environment, EnvironmentKind, Person
from prodproof.jobs.errors import JobError
from prodproof.jobs.order import DrillOrder
from prodproof.jobs.statement import Purpose, Signed
from prodproof.runner.approval import GOOD_FOR, not_approved, person_of, signed, statement
from tests.drills.exercises import order, planned

pytestmark = pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="OpenSSH is not installed")
NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("keys")
    for name in ("ana", "ben", "eve"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder / name], check=True)
    return {name: folder / name for name in ("ana", "ben", "eve")}


def public(path: Path) -> str:
    return " ".join(path.with_suffix(".pub").read_text().split()[:2])


@pytest.fixture
def plan(tmp_path: Path, keys: dict[str, Path]) -> DrillPlan:
    people = tuple(Person(id=name, keys=(public(path),)) for name, path in keys.items() if name != "eve")
    environment = Environment(name="production", kind=EnvironmentKind.PRODUCTION)
    return planned("deliver", tmp_path, people=(*people, Person(id="dan")), environment=environment)


Make = Callable[..., DrillOrder]


@pytest.fixture
def make(plan: DrillPlan, keys: dict[str, Path]) -> Make:
    """An order by ana that ben approved, but for what the test changes."""

    def made(**changes: Any) -> DrillOrder:
        own = order(plan, "deliver-1", at=NOW)
        return replace(own, **{"signed": ordering(plan, keys), "approval": approving(plan, keys), **changes})

    return made


def ordering(plan: DrillPlan, keys: dict[str, Path], run: str = "deliver-1", until: datetime = LATER) -> Signed:
    return signed(statement(plan, Purpose.ORDER, "ana", "ana", until, run), keys["ana"], plan.declared)


def approving(plan: DrillPlan, keys: dict[str, Path], author: str = "ana", until: datetime = LATER) -> Signed:
    return signed(statement(plan, Purpose.APPROVAL, author, "ben", until), keys["ben"], plan.declared)


def test_two_persons_are_enough(plan: DrillPlan, make: Make) -> None:
    assert not_approved(make(), plan, NOW) is None
    assert make().approved_by == "ben"


def test_one_of_them_alone_is_not(plan: DrillPlan, make: Make) -> None:
    assert not_approved(make(approval=None), plan, NOW) == f"nobody has approved plan {plan.digest[:12]} of ana"
    assert not_approved(make(signed=None), plan, NOW) == "the author has not signed the order"


def test_the_author_is_no_second_person(plan: DrillPlan, make: Make, keys: dict[str, Path]) -> None:
    own = signed(statement(plan, Purpose.APPROVAL, "ana", "ana", LATER), keys["ana"], plan.declared)
    assert not_approved(make(approval=own), plan, NOW) == "the author cannot approve a plan of their own"


def test_the_authors_key_under_another_name_is_no_second_person(
    plan: DrillPlan, make: Make, keys: dict[str, Path]
) -> None:
    both = Person(id="ben", keys=(public(keys["ben"]), public(keys["ana"])))
    people = tuple(both if item.id == "ben" else item for item in plan.declared.people)
    system = replace(plan.declared, people=people)
    assert not_approved(make(declared=system), plan, NOW) == "the author cannot approve a plan of their own"


def test_a_signature_of_somebody_else_does_not_count(plan: DrillPlan, make: Make, keys: dict[str, Path]) -> None:
    said = statement(plan, Purpose.APPROVAL, "ana", "ben", LATER)
    with pytest.raises(JobError, match="none of the keys that the system file has for ben"):
        signed(said, keys["eve"], plan.declared)
    forged = replace(approving(plan, keys), signature=ordering(plan, keys).signature)
    assert not_approved(make(approval=forged), plan, NOW) == "the approval is not signed by ben"
    forged = replace(ordering(plan, keys), signature=approving(plan, keys).signature)
    assert not_approved(make(signed=forged), plan, NOW) == "the order is not signed by ana"


def test_an_approval_is_for_one_plan_of_one_author(plan: DrillPlan, make: Make, keys: dict[str, Path]) -> None:
    other = replace(plan, exercise=replace(plan.exercise, blast_radius="everything"))
    assert not_approved(make(approval=approving(other, keys)), plan, NOW) == (
        "the approval is of another plan, or of another author's"
    )
    assert not_approved(make(approval=approving(plan, keys, author="dan")), plan, NOW) == (
        "the approval is of another plan, or of another author's"
    )
    changed = replace(approving(plan, keys), statement=replace(approving(other, keys).statement, plan=plan.digest))
    assert not_approved(make(approval=changed), plan, NOW) is None, "what is signed is the same text"


def test_an_order_is_for_one_run(plan: DrillPlan, make: Make, keys: dict[str, Path]) -> None:
    assert not_approved(make(signed=ordering(plan, keys, run="deliver-2")), plan, NOW) == (
        "the order is not signed by ana"
    )
    old = ordering(plan, keys, until=NOW)
    assert not_approved(make(signed=old), plan, NOW) == "the author's signature is too old"


def test_an_approval_runs_out_and_is_never_for_long(plan: DrillPlan, make: Make, keys: dict[str, Path]) -> None:
    for until in (NOW, NOW - timedelta(days=1), NOW + GOOD_FOR + timedelta(seconds=1)):
        said = not_approved(make(approval=approving(plan, keys, until=until)), plan, NOW)
        assert said is not None and said.startswith("the approval was good until")


def test_whoever_has_left_does_not_approve(plan: DrillPlan, make: Make) -> None:
    people = tuple(replace(item, left=date(2026, 3, 1)) if item.id == "ben" else item for item in plan.declared.people)
    assert not_approved(make(declared=replace(plan.declared, people=people)), plan, NOW) == "ben has left"


def test_nobody_of_the_roster_and_nobody_without_a_key(plan: DrillPlan, make: Make) -> None:
    with pytest.raises(JobError, match=r"'zoe' is no \[\[person\]\] of the system file"):
        person_of(plan.declared, "zoe")
    with pytest.raises(JobError, match="dan has no key in the system file"):
        person_of(plan.declared, "dan")
    assert not_approved(make(by="zoe"), plan, NOW) == "'zoe' is no [[person]] of the system file"
