"""Every example of the catalogue, and what no judge may be asked about."""

from dataclasses import replace
from datetime import timedelta

import pytest

from prodproof.facts import Observation, Proof, Reason, Subject, Survey, Unseen, lost
from prodproof.facts.declared import Declared
from prodproof.guarantees import Entry, catalogue
from prodproof.verdicts import Evidence, Example, Kind, decide
from prodproof.verdicts.engine import LISTED_TYPES
from prodproof.verdicts.example import NOON, SHOP
from prodproof.verdicts.guarantee import BoundJudge

JUDGED = [entry for entry in catalogue() if entry.guarantee.can_break]
EXAMPLES = [
    pytest.param(entry, example, id=f"{entry.id}: {example.name}") for entry in JUDGED for example in entry.examples
]
each_judged = pytest.mark.parametrize("entry", JUDGED, ids=lambda entry: entry.id)


def judge_for(entry: Entry, example: Example) -> BoundJudge:
    return next(judge for judge in entry.guarantee.judges if isinstance(example.fact, judge.fact))


@pytest.mark.parametrize(("entry", "example"), EXAMPLES)
def test_example(entry: Entry, example: Example) -> None:
    judge = judge_for(entry, example)
    declared = SHOP if example.declared is None and judge.declared is Declared else example.declared
    verdict = judge(example.fact, declared, example.at)
    assert verdict.kind is example.kind, verdict.message
    assert example.says in verdict.message
    assert example.reason in (None, verdict.reason)


@each_judged
def test_examples_show_it_hold_and_break(entry: Entry) -> None:
    for judge in entry.guarantee.judges:
        kinds = {example.kind for example in entry.examples if isinstance(example.fact, judge.fact)}
        assert {Kind.HOLDS, Kind.BROKEN} <= kinds, f"{judge.fact.__name__}: examples show {kinds}"


@each_judged
def test_without_sight_it_is_unknown(entry: Entry) -> None:
    guarantee = entry.guarantee
    subject = Subject("host", "shop.example")
    assert decide(guarantee, Evidence(), SHOP, NOON).reason is Reason.NEVER_RUN
    for judge in guarantee.judges:
        example = next(item for item in entry.examples if isinstance(item.fact, judge.fact))
        seen = Observation(subject, example.fact, NOON, "inside", Proof.INSIDE)
        unseen = replace(seen, seen=Unseen(Reason.DENIED, "refused"))
        old = replace(seen, at=NOON - guarantee.good_for - timedelta(seconds=1))
        for observation, reason in ((unseen, Reason.DENIED), (old, Reason.STALE)):
            evidence = Evidence.of([Survey(judge.fact, (observation,))])
            rows = [row for row in decide(guarantee, evidence, SHOP, NOON).rows if row.subject == subject]
            assert [(row.verdict.kind, row.verdict.reason) for row in rows] == [(Kind.UNKNOWN, reason)]
        gap = Evidence.of([lost(judge.fact, Reason.TIMED_OUT, "no answer")])
        assert decide(guarantee, gap, SHOP, NOON).kind is Kind.UNKNOWN
        missing = Evidence.of([Survey(judge.fact, (), listed=(subject,))])
        assert decide(guarantee, missing, SHOP, NOON).kind is Kind.UNKNOWN


@each_judged
def test_zero_subjects_never_hold(entry: Entry) -> None:
    surveys = [Survey(judge.fact, ()) for judge in entry.guarantee.judges]
    assert decide(entry.guarantee, Evidence.of(surveys), SHOP, NOON).kind in (Kind.UNKNOWN, Kind.NOT_APPLICABLE)


def test_listed_types_can_be_listed() -> None:
    assert all(SHOP.subjects(kind) == frozenset() for kind in LISTED_TYPES)
