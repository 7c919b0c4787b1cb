"""Looks at a range with the program's own runner, but only where something may have changed."""

import asyncio
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from prodproof import __version__
from prodproof.cli.session import open_session
from prodproof.facts import Observation, Subject, Survey
from prodproof.facts.declared import Declared
from prodproof.guarantees import catalogue
from prodproof.ledger.stored import Run
from prodproof.plan import DrillNeeded, Plan, Step, make_plan
from prodproof.range import Range
from prodproof.reach.world import World
from prodproof.runner.ownership import owned
from prodproof.runner.verify import Order, gather, verify
from prodproof.verdicts import Evidence, Guarantee, Result, decide
from scripts.prove.cached import stand_in
from scripts.prove.drilling import carry_out

Surveys = Mapping[str, tuple[Survey[Any], ...]]
"""By the key of the step that made them (without what was declared: the same step of another declaration)."""

SLOW = "checkov"
KEY = b"\x01" * 32
"""Fingerprints of the range's made-up secrets are made with a key that is none."""


@dataclass(frozen=True)
class Seen:
    """One look at a range: what was observed and what follows."""

    declared: Declared
    at: datetime
    plan: Plan
    surveys: Surveys
    told: Mapping[str, Survey[Any]]
    """By the keys of the drills."""

    evidence: Evidence
    """All that it was judged from."""

    results: Mapping[str, Result]

    def alone(self, guarantee: Guarantee, subject: Subject) -> "Seen":
        """The same look, in which a guarantee is judged of one subject only."""
        facts = {judge.fact for judge in guarantee.judges}
        surveys = {
            fact: tuple(map(partial(_only, subject), found)) if fact in facts else found
            for fact, found in self.evidence.surveys.items()
        }
        evidence = Evidence(surveys)
        result = decide(guarantee, evidence, self.declared, self.at)
        return replace(self, evidence=evidence, results={**self.results, guarantee.id: result})


def _only(subject: Subject, survey: Survey[Any]) -> Survey[Any]:
    kept = tuple(item for item in survey.observations if item.subject == subject)
    return replace(survey, observations=kept, gaps=(), listed=())


@dataclass
class _Memory:
    """The ledger's part of a run, in memory."""

    earlier: Mapping[tuple[type[Any], Subject], Observation[Any]]
    surveys: dict[str, tuple[Survey[Any], ...]] = field(default_factory=dict)
    seen: dict[tuple[type[Any], Subject], Observation[Any]] = field(default_factory=dict)

    def append_surveys(self, run: Run, step_key: str, surveys: Iterable[Survey[Any]]) -> tuple[Survey[Any], ...]:
        kept = tuple(surveys)
        self.surveys[step_key] = kept
        self.seen |= observations(kept)
        return kept

    def latest_surveys(self, step_keys: Iterable[str], environment: str) -> dict[str, tuple[Survey[Any], ...]]:
        return {key: self.surveys[key] for key in step_keys if key in self.surveys}

    def append_results(self, run: Run, results: Iterable[Result]) -> None:
        """Judged by the observer, from all surveys."""

    def previous(self, fact: type[Any], subject: Subject, environment: str) -> Observation[Any] | None:
        return self.seen.get((fact, subject)) or self.earlier.get((fact, subject))


class Observer:
    """Looks again and again at one range; remembers between looks what the ledger would."""

    def __init__(self, range: Range, cache: Path | None = None) -> None:
        self.range = range
        self._cache = cache
        self.guarantees = tuple(item.guarantee for item in catalogue() if item.guarantee.can_break)
        self._known: dict[tuple[type[Any], Subject], Observation[Any]] = {}

    def declared(self) -> Declared:
        """What the system file says now."""
        file = self.range.repo.directory / "prodproof.toml"
        vantage = self.range.vantage
        return open_session(str(file), trust=vantage.trusted, settings=vantage.settings()).declared

    def look(
        self,
        before: Seen | None = None,
        *,
        wanted: Callable[[Step], bool] = lambda step: True,
        only: Collection[str] | None = None,
        remember: bool = False,
        told: Mapping[str, Survey[Any]] | None = None,
        exercise: Callable[[DrillNeeded], bool] = lambda need: False,
    ) -> Seen:
        """Look at the range from its vantage, and judge.

        Args:
            before: an earlier look, whose surveys stand where nothing is looked at again.
            wanted: which steps to carry out again, where there is an earlier look; steps that it lacks always are.
            only: guarantees to look for and to judge; None for all that can break.
            remember: keep what was seen for later looks, as the ledger would.
            told: what drills told before, as the ledger would have it; of the earlier look if None.
            exercise: which drills to carry out now.
        """
        known = told if told is not None else before.told if before else {}
        return self.range.outside(lambda: self._look(before, wanted, only, remember, known, exercise))

    def _tool(self, name: str) -> str | None:
        found = self.range.vantage.tool(name)
        return stand_in(found, self._cache) if found and name == SLOW and self._cache else found

    def _look(
        self,
        before: Seen | None,
        wanted: Callable[[Step], bool],
        only: Collection[str] | None,
        remember: bool,
        told: Mapping[str, Survey[Any]],
        exercise: Callable[[DrillNeeded], bool],
    ) -> Seen:
        declared, now, vantage = self.declared(), datetime.now(UTC), self.range.vantage
        chosen = [item for item in self.guarantees if only is None or item.id in only]
        plan = make_plan(declared, chosen, has_tool=lambda name: vantage.tool(name) is not None)
        earlier = before.surveys if before else {}
        again = tuple(step for step in plan.steps if bare_key(step) not in earlier or wanted(step))
        known = observations(survey for surveys in earlier.values() for survey in surveys)
        memory = _Memory(known | self._known if vantage.remembers else {})
        order = Order(
            run=Run("prove", declared.environment.name, now, __version__),
            declared=declared,
            plan=replace(plan, steps=again, guarantees=()),
            now=now,
            settings=replace(vantage.settings(), fingerprint_key=KEY),
            state=self.range.directory / "vantage",
            tools=self._tool,
            fresh=True,
            owned=owned,
        )
        asyncio.run(verify(order, memory))
        if remember:
            self._known |= memory.seen
        surveys = {**earlier, **{bare_key(step): memory.surveys[step.key] for step in again}}
        planned = {step.key: surveys[bare_key(step)] for step in plan.steps}
        world = World(declared=declared, now=now, settings=order.settings, tools=self._tool)
        anew = {need.key: carry_out(need, declared, world) for need in plan.drills if can(need) and exercise(need)}
        told = {**told, **anew}
        evidence = gather(plan, planned | {key: (survey,) for key, survey in told.items()})
        # A drill that was carried out just now is dated after the run began.
        now = datetime.now(UTC) if anew else now
        results = {item.id: decide(item, evidence, declared, now) for item in chosen}
        seen = {bare_key(step): planned[step.key] for step in plan.steps}
        return Seen(declared, now, plan, seen, told, evidence, results)


def can(need: DrillNeeded) -> bool:
    """Whether a drill can be carried out as things are declared."""
    return need.declared and need.why_not is None


def observations(surveys: Iterable[Survey[Any]]) -> dict[tuple[type[Any], Subject], Observation[Any]]:
    """The observations of surveys, by fact and subject."""
    return {(survey.fact, item.subject): item for survey in surveys for item in survey.observations}


def bare_key(step: Step) -> str:
    """A step's key without the digest of what was declared."""
    return step.key.removesuffix(f" {step.context}")
