"""What drills told the last time: planned, never carried out, and judged from the ledger."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from prodproof.facts import Observation, Proof, Reason, Survey, Unseen
from prodproof.facts.declared import Backup, DataStore, Declared, Environment
from prodproof.facts.restores import ComparedWith, RestoreTested
from prodproof.guarantees import catalogue
from prodproof.plan import drill_key, make_plan
from prodproof.runner.verify import gather
from prodproof.verdicts import Kind, Result, decide

NOW = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
SHOP = DataStore(name="shop", kind="sqlite", rto=3600, rpo=86400)
NIGHTLY = Backup(name="nightly", kind="sqlite", path="backups/*.sqlite3", store="shop")
DECLARED = Declared(
    system="shop",
    environment=Environment(name="production"),
    data_stores=(SHOP,),
    backups=(NIGHTLY,),
)
KEY = drill_key("restore", SHOP.subject)
CLAIM = "recovery.restore-tested"


def judged(declared: Declared, known: dict[str, tuple[Survey[Any], ...]], at: datetime = NOW) -> Result:
    chosen = [entry.guarantee for entry in catalogue() if entry.id == CLAIM]
    plan = make_plan(declared, chosen)
    return decide(chosen[0], gather(plan, known), declared, at)


def told(seen: object, at: datetime = NOW) -> dict[str, tuple[Survey[Any], ...]]:
    observations: Sequence[Observation[Any]] = (Observation(SHOP.subject, seen, at, "inside", Proof.DRILL),)
    return {KEY: (Survey(RestoreTested, tuple(observations)),)}


def test_a_plan_names_the_drills_whose_facts_are_asked_for() -> None:
    needs = make_plan(DECLARED, [entry.guarantee for entry in catalogue() if entry.id == CLAIM]).drills
    assert [(need.key, need.guarantees) for need in needs] == [(KEY, (CLAIM,))]
    assert needs[0].command == "prodproof drill run restore --on store:shop"
    outside = [entry.guarantee for entry in catalogue() if entry.id == "exposure.hsts"]
    assert make_plan(DECLARED, outside).drills == ()


def test_a_drill_that_was_never_carried_out_is_unknown_and_says_how() -> None:
    result = judged(DECLARED, {})
    assert (result.kind, result.reason) == (Kind.UNKNOWN, Reason.NEVER_RUN)
    assert "prodproof drill run restore --on store:shop" in result.message


def test_what_a_drill_could_not_see_is_unknown_for_its_reason() -> None:
    result = judged(DECLARED, told(Unseen(Reason.TIMED_OUT, "it did not end")))
    assert (result.kind, result.reason, result.message) == (Kind.UNKNOWN, Reason.TIMED_OUT, "shop: it did not end")


def test_a_failed_restore_is_broken_and_after_three_months_stale() -> None:
    fact = RestoreTested(backup="nightly", tool="sqlite", failure="it does not open")
    assert judged(DECLARED, told(fact)).kind is Kind.BROKEN
    late = judged(DECLARED, told(fact), NOW + timedelta(days=91))
    assert (late.kind, late.reason) == (Kind.UNKNOWN, Reason.STALE)


def test_what_cannot_be_exercised_any_more_does_not_count_any_more() -> None:
    result = judged(replace(DECLARED, backups=()), told(RestoreTested(backup="nightly", tool="sqlite")))
    assert (result.kind, result.reason) == (Kind.UNKNOWN, Reason.NOT_DECLARED)
    assert "no [[backup]]" in result.message


def test_one_store_that_was_exercised_does_not_stand_for_another() -> None:
    other = replace(SHOP, name="stock")
    both = replace(DECLARED, data_stores=(SHOP, other), backups=(NIGHTLY, replace(NIGHTLY, name="n2", store="stock")))
    good = RestoreTested(
        backup="nightly", tool="sqlite", tables=1, rows=9, compared_with=ComparedWith.SOURCE, verified="it opens"
    )
    assert judged(DECLARED, told(good)).kind is Kind.HOLDS
    result = judged(both, told(good))
    assert (result.kind, result.reason) == (Kind.UNKNOWN, Reason.NEVER_RUN)
    assert "store:stock" in result.message


def test_what_was_asked_for_a_moment_of_the_past_is_not_judged() -> None:
    assert drill_key("restore", SHOP.subject, NOW) != KEY
