"""Looks at a range as `prodproof verify` does, but only where something may have changed."""

import asyncio
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from prodproof.cli.session import open_session
from prodproof.facts import Observation, Subject, Survey
from prodproof.facts.declared import Declared
from prodproof.guarantees import catalogue
from prodproof.plan import make_plan
from prodproof.plan.plan import Step
from prodproof.range import Range
from prodproof.reach.git.repository import RepositoryReader
from prodproof.reach.world import World
from prodproof.runner.observe import observe
from prodproof.verdicts import Evidence, Guarantee, Result, decide

Key = tuple[str, str]
"""Name of a probe, and what it looked at."""


@dataclass(frozen=True)
class Seen:
    """One look at a range: what was observed and what follows."""

    declared: Declared
    at: datetime
    surveys: dict[Key, tuple[Survey[Any], ...]]
    results: dict[str, Result]
    looked: tuple[Key, ...]
    """The steps that were carried out for this look; the others are from the look before."""


class Observer:
    """Keeps what the last looks saw, as the ledger does, in memory."""

    def __init__(self, range: Range) -> None:
        self.range = range
        self.guarantees = tuple(item.guarantee for item in catalogue() if item.guarantee.can_break)
        self._known: dict[tuple[type[object], Subject], Observation[object]] = {}

    def declared(self) -> Declared:
        """What the system file says now."""
        file = self.range.directory / "harbour" / "prodproof.toml"
        vantage = self.range.vantage
        return open_session(str(file), trust=vantage.trusted, settings=vantage.settings()).declared

    def look(
        self,
        before: Seen | None = None,
        *,
        kinds: Collection[type] | None = None,
        only: Collection[str] | None = None,
        remember: bool = False,
        age: timedelta = timedelta(0),
    ) -> Seen:
        """Look at the range and judge.

        Args:
            before: an earlier look, whose surveys stand where nothing is looked at again.
            kinds: look again through probes over these kinds of declared thing; None for all.
            only: guarantees to judge, and to look for; None for all that can break.
            remember: keep what was seen for later looks, as the ledger would.
            age: how long ago this look happens.
        """
        return self.range.outside(lambda: self._look(before, kinds, only, remember, age))

    def _look(
        self,
        before: Seen | None,
        kinds: Collection[type] | None,
        only: Collection[str] | None,
        remember: bool,
        age: timedelta,
    ) -> Seen:
        declared = self.declared()
        now = datetime.now(UTC) - age
        chosen = [item for item in self.guarantees if only is None or item.id in only]
        vantage = self.range.vantage
        world = World(
            declared=declared,
            now=now,
            settings=vantage.settings(),
            repositories={
                item.path: RepositoryReader.open(Path(declared.root or ".") / item.path)
                for item in declared.repositories
            },
            tools=vantage.tool,
            previous=self._previous if vantage.remembers else lambda fact, subject: None,
        )
        plan = make_plan(declared, chosen, has_tool=lambda name: vantage.tool(name) is not None)
        earlier = before.surveys if before else {}
        # What was looked at for another declaration may be about other things.
        again = {key_of(step) for step in plan.steps if kinds is None or step.probe.per in kinds or key_of(step) not in earlier}
        surveys = asyncio.run(self._all(plan.steps, again, earlier, world))
        if remember:
            self._remember(survey for answer in surveys.values() for survey in answer)
        evidence = Evidence.of(survey for answer in surveys.values() for survey in answer)
        results = {item.id: decide(item, evidence, declared, now) for item in chosen}
        return Seen(declared, now, surveys, results, tuple(sorted(again)))

    async def _all(
        self,
        steps: Iterable[Step],
        again: Collection[Key],
        earlier: dict[Key, tuple[Survey[Any], ...]],
        world: World,
    ) -> dict[Key, tuple[Survey[Any], ...]]:
        async def one(step: Step) -> tuple[Key, tuple[Survey[Any], ...]]:
            key = key_of(step)
            return key, tuple(await observe(step, world, _crashed)) if key in again else earlier[key]

        return dict(await asyncio.gather(*(one(step) for step in steps)))

    def _previous(self, fact: type[object], subject: Subject) -> Observation[object] | None:
        return self._known.get((fact, subject))

    def _remember(self, surveys: Iterable[Survey[Any]]) -> None:
        for survey in surveys:
            for observation in survey.observations:
                self._known[survey.fact, observation.subject] = observation


def key_of(step: Step) -> Key:
    """What names a step from one look to the next."""
    return step.probe.name, str(step.scope)


def _crashed(step: Step, error: BaseException) -> str:
    raise RuntimeError(f"{step.probe.name} crashed") from error


def judged(guarantee: Guarantee, seen: Seen) -> Result:
    """Judge one guarantee again from a look."""
    evidence = Evidence.of(survey for answer in seen.surveys.values() for survey in answer)
    return decide(guarantee, evidence, seen.declared, seen.at)
