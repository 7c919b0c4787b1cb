"""Whoever was erased since the backup was made does not come back with it: in a whole restore drill."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from prodproof.drills.plan import plan_drill
from prodproof.drills.restore import restore
from prodproof.facts import Reason, Unseen
from prodproof.facts.declared import Declared, Erasure
from prodproof.facts.drills import DrillOutcome
from prodproof.facts.erasures import ReErased
from prodproof.reach.people.log import ErasureLog
from tests.drills.restore.restoring import Drilling, drilled

KEY = "0123456789abcdef-for-tests"
GONE = "SELECT count(*) FROM public.customer WHERE id = :key"


@pytest.fixture
def log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The log of erasures, beside the data: two customers of the dump, one who came later, and a courier."""
    monkeypatch.setenv("ERASURE_KEY", KEY)
    path = tmp_path / "erasures.jsonl"
    made = ErasureLog(path, KEY.encode())
    for people, who in (("customers", "c3@example.org"), ("customers", "c7@example.org"),
                        ("customers", "later@example.org"), ("couriers", "7")):  # fmt: skip
        made.append(people, who, datetime(2026, 3, 1, tzinfo=UTC))
    return path


def declared(drilling: Drilling, good: Path, **changes: Any) -> Declared:
    """A shop whose customers are erased with their orders."""
    made: dict[str, Any] = {
        "name": "customers", "store": "shop", "table": "public.customer", "key": "id", "identifier": "email",
        "erase": (
            "DELETE FROM line WHERE order_id IN (SELECT id FROM \"order\" WHERE customer_id = :key)",
            'DELETE FROM "order" WHERE customer_id = :key',
            "DELETE FROM customer WHERE id = :key",
        ),
        "gone": ('SELECT count(*) FROM "order" WHERE customer_id = :key', GONE),
        "log": "erasures.jsonl", "log_key": "env:ERASURE_KEY", "environment": "staging",
    }  # fmt: skip
    ours = Erasure(**{**made, **changes})
    couriers = replace(ours, name="couriers", store="fleet")
    return replace(drilling.system(good), erasures=(ours, couriers))


def test_a_person_erased_after_the_backup_does_not_come_back(drilling: Drilling, good: Path, log: Path) -> None:
    before = log.read_bytes()
    done = drilled(declared(drilling, good))
    assert done.run.outcome is DrillOutcome.PROVEN, done.run.detail
    assert done.restored.re_erased == (ReErased(people="customers", rows=200, logged=3, came_back=2, left=0),)
    assert log.read_bytes() == before, "the log survives the restore as it was"
    phase = next(item for item in done.restored.phases if item.name == "re-erase")
    assert not phase.proof and phase.seconds is not None, "nobody may see the data before"
    assert "c3@example.org" not in str((done.run, done.fact, done.gave))


def test_an_erasure_that_leaves_somebody_fails_the_restore(drilling: Drilling, good: Path, log: Path) -> None:
    weak = declared(drilling, good, erase=("UPDATE customer SET settings = NULL WHERE id = :key",), gone=())
    done = drilled(weak)
    assert done.run.outcome is DrillOutcome.FAILED
    assert done.run.detail == "re-erase: 2 of the erased customers are still there"
    assert done.restored.re_erased[0].left == 2


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"log": "gone.jsonl"}, Reason.UNREACHABLE),
        ({"log_key": "env:NO_SUCH_KEY"}, Reason.NOT_CONFIGURED),
        ({"log_key": "env:SHORT_KEY"}, Reason.NOT_CONFIGURED),
        ({"log_key": "env:OTHER_KEY"}, Reason.INCOMPLETE),
    ],
)
def test_without_its_log_nobody_says_that_they_are_gone(
    drilling: Drilling, good: Path, log: Path, monkeypatch: pytest.MonkeyPatch, changes: dict[str, str], reason: Reason
) -> None:
    monkeypatch.setenv("SHORT_KEY", "short")
    monkeypatch.setenv("OTHER_KEY", KEY[::-1])
    done = drilled(declared(drilling, good, **changes))
    assert (done.run.outcome, done.run.reason) == (DrillOutcome.NOT_PROVEN, reason), done.run.detail


def test_stores_without_declared_people_have_no_such_step(drilling: Drilling, good: Path) -> None:
    system = declared(drilling, good, store="other")
    plan = plan_drill(restore, system.data_stores[0], system)
    assert not isinstance(plan, Unseen)
    assert "re-erase" not in [step.name for step in plan.exercise.steps]
