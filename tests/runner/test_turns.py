"""Probes that work in threads and live probes take turns: no thread keeps the event loop from a host's answer."""

import asyncio
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from prodproof.facts import Observation, Proof, Subject, Survey
from prodproof.facts.declared import Declared, EntryPoint, Environment, Host, Repository, Zone
from prodproof.guarantees import catalogue
from prodproof.ledger import Run
from prodproof.plan import Plan, Step, make_plan
from prodproof.probes.probe import Probe
from prodproof.reach.world import Settings, World
from prodproof.runner.verify import Order, turns, verify
from tests.runner.test_reuse import Memory

AT = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
DECLARED = Declared(
    system="shop", environment=Environment(name="production"), repositories=(Repository(path=".", name="shop"),)
)


def step(fact: type[Any], live: bool, after: tuple[type[Any], ...], running: set[str], met: set[str]) -> Step:
    """A step whose probe notes which other steps run while it does."""

    def begin() -> None:
        running.add(fact.__name__)
        met.update(f"{fact.__name__} beside {other}" for other in running - {fact.__name__})

    def end() -> Survey[Any]:
        running.remove(fact.__name__)
        return Survey(fact, ())

    async def look(about: object, world: World) -> Survey[Any]:
        begin()
        await asyncio.sleep(0.05)
        return end()

    def work(about: object, world: World) -> Survey[Any]:
        begin()
        time.sleep(0.05)
        return end()

    probe = Probe(fact.__name__, (fact,), Declared, Proof.INSIDE, look if live else work, 10.0, after=after)
    return Step(probe, DECLARED, Subject("system", "shop"), "inside", ())


@pytest.fixture
def steps() -> tuple[tuple[Step, ...], set[str]]:
    running: set[str] = set()
    met: set[str] = set()
    made = (
        step(Zone, True, (), running, met),
        step(Host, True, (), running, met),
        step(Repository, False, (), running, met),
        step(Environment, False, (), running, met),
        step(EntryPoint, True, (Repository, Zone), running, met),
        step(Observation, False, (EntryPoint,), running, met),
    )
    return made, met


def test_the_two_kinds_never_overlap(steps: tuple[tuple[Step, ...], set[str]], tmp_path: Path) -> None:
    made, met = steps
    order = Order(
        Run("run", "production", AT), replace(DECLARED, repositories=()), Plan(made, ()), AT, Settings(), tmp_path,
        lambda name: None,
    )  # fmt: skip
    asyncio.run(verify(order, Memory()))
    assert met & {"Zone beside Host", "Host beside Zone"}, "live probes run together"
    assert met & {"Repository beside Environment", "Environment beside Repository"}, "threads run together"
    assert met <= {"Zone beside Host", "Host beside Zone", "Repository beside Environment",
                   "Environment beside Repository"}  # fmt: skip


def test_turns(steps: tuple[tuple[Step, ...], set[str]]) -> None:
    made, _ = steps
    assert [turns(made)[item.key] for item in made] == [0, 0, 1, 1, 2, 3]


def test_the_whole_catalogue_has_turns() -> None:
    plan = make_plan(DECLARED, [entry.guarantee for entry in catalogue()])
    found = turns(plan.steps)
    assert all(found[item.key] % 2 == int(not item.probe.is_async) for item in plan.steps)
    assert max(found.values()) < 5
