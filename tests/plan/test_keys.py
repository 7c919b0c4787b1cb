"""Declared things that share a subject: what was seen of one of them never stands for another."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from prodproof.facts import Observation, Proof, Survey
from prodproof.facts.declared import EntryPoint
from prodproof.facts.http import SiteAnswers
from prodproof.guarantees import catalogue
from prodproof.guarantees.application.cookies_secure import GOOD, SESSION, TOKEN
from prodproof.plan import make_plan
from prodproof.runner.verify import gather
from prodproof.verdicts import Guarantee, Kind, decide
from prodproof.verdicts.example import SHOP

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)


def guarantee_of(id: str) -> Guarantee:
    return next(item.guarantee for item in catalogue() if item.guarantee.id == id)


def test_entry_points_of_one_host_are_told_apart() -> None:
    urls = ("https://shop.example", "http://shop.example", "https://shop.example/admin")
    declared = replace(SHOP, entry_points=tuple(EntryPoint(url=url) for url in urls))
    keys = [step.key for step in make_plan(declared, [item.guarantee for item in catalogue()]).steps]
    assert len(set(keys)) == len(keys)


def test_each_is_judged_by_what_is_declared_of_it() -> None:
    """The pages that partners embed may set a cookie for other sites; those of the shop itself may not."""
    embedded = EntryPoint(url="https://shop.example/embed", cross_site_cookies=(SESSION.name,))
    declared = replace(SHOP, entry_points=(embedded, EntryPoint(url="https://shop.example")))
    cookies = (replace(SESSION, same_site="none"), TOKEN)
    answers = replace(GOOD, answers=(replace(GOOD.answers[0], cookies=cookies),))
    claim = guarantee_of("application.cookies-secure")
    plan = make_plan(declared, [claim])
    known: dict[str, tuple[Survey[Any], ...]] = {
        step.key: (Survey(SiteAnswers, (Observation(step.about.subject, answers, AT, "outside", Proof.OUTSIDE),)),)
        for step in plan.steps
        if SiteAnswers in step.probe.facts
    }
    rows = [row for row in decide(claim, gather(plan, known), declared, AT).rows if row.vantage]
    assert sorted(row.verdict.kind for row in rows) == [Kind.BROKEN, Kind.HOLDS], rows
