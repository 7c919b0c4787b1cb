"""One verification: observe what the plan says, put it into the ledger, judge what the ledger knows."""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import Any, Protocol

from prodproof.facts import Reason, Subject, Survey, Unseen, lost
from prodproof.facts.declared import Declared, Repository
from prodproof.facts.observation import Observation
from prodproof.ledger.stored import Run
from prodproof.plan import DrillNeeded, Plan, Step
from prodproof.reach.git.repository import RepositoryReader
from prodproof.reach.world import Settings, World
from prodproof.runner.crash import write_crash_report
from prodproof.runner.observe import in_daemon_thread, nothing, observe
from prodproof.runner.progress import Listener, Progressed, nobody
from prodproof.verdicts import Evidence, Result, decide

AT_ONCE = 12
"""Steps carried out at the same time."""


class Memory(Protocol):
    """What a run asks of the ledger."""

    def append_surveys(self, run: Run, step_key: str, surveys: Iterable[Survey[Any]]) -> tuple[Survey[Any], ...]: ...

    def latest_surveys(self, step_keys: Iterable[str], environment: str) -> dict[str, tuple[Survey[Any], ...]]: ...

    def append_results(self, run: Run, results: Iterable[Result]) -> None: ...

    def previous(self, fact: type[Any], subject: Subject, environment: str) -> Observation[Any] | None: ...


@dataclass(frozen=True)
class Order:
    """What to verify, and how."""

    run: Run
    """The run, as the ledger knows it."""

    declared: Declared
    plan: Plan
    now: datetime
    """The run's clock reading: observations are dated and judged by it."""

    settings: Settings
    state: Path
    """Directory for crash reports."""

    tools: Callable[[str], str | None]
    vantage: str = "outside"
    fresh: bool = False
    """Look again at everything, even where an earlier answer would do."""

    owned: Callable[[Any, World], Any] | None = None
    """Coroutine function that answers None when a target is proven to be the team's own, else `Unseen`."""


def open_repositories(declared: Declared) -> dict[str, RepositoryReader | Unseen]:
    """A reader for each declared repository, by its path; Unseen for one whose files cannot even be listed."""
    root = Path(declared.root) if declared.root else Path()
    return {item.path: _opened(root / item.path) for item in declared.repositories}


def _opened(path: Path) -> RepositoryReader | Unseen:
    reader = RepositoryReader.open(path)
    return reader if isinstance(reader, Unseen) else reader.unlisted or reader


async def verify(order: Order, memory: Memory, listener: Listener = nobody) -> tuple[Result, ...]:
    """Carry the plan out and judge every guarantee of it.

    Each step's surveys are in the ledger as soon as the step ends, so an interruption loses only what was under way.
    """
    world = World(
        declared=order.declared,
        now=order.now,
        vantage=order.vantage,
        settings=order.settings,
        repositories=open_repositories(order.declared),
        tools=order.tools,
        previous=lambda fact, subject: memory.previous(fact, subject, order.declared.environment.name),
    )
    keys = [step.key for step in order.plan.steps]
    earlier = {} if order.fresh else memory.latest_surveys(keys, order.declared.environment.name)
    gate = asyncio.Semaphore(AT_ONCE)
    ended = {step.key: asyncio.Event() for step in order.plan.steps}
    turn = turns(order.plan.steps)
    done = 0

    async def carry_out(step: Step) -> None:
        nonlocal done
        for other in order.plan.steps:
            if _is_after(step, other) or turn[other.key] < turn[step.key]:
                await ended[other.key].wait()
        total = len(order.plan.steps)
        if step.why_not is not None:
            surveys, state = nothing(step, step.why_not), "finished"
        elif reused := _reusable(step, earlier.get(step.key, ()), world):
            surveys, state = reused, "reused"
        else:
            async with gate:
                listener(Progressed(step, "started", done, total))
                surveys, state = _of_commit(step, await _look(step, world, order), world), "finished"
        # Beside the event loop: an append waits for the disk, and the other steps' time-outs run on meanwhile.
        await in_daemon_thread(lambda: memory.append_surveys(order.run, step.key, surveys))
        done += 1
        ended[step.key].set()
        listener(Progressed(step, state, done, total))

    async with asyncio.TaskGroup() as group:
        for step in order.plan.steps:
            group.create_task(carry_out(step))
    results = judge_known(order.plan, memory, order.declared, order.now)
    memory.append_results(order.run, results)
    return results


def judge_known(
    plan: Plan, memory: Memory, declared: Declared, at: datetime, commits: frozenset[str] | None = None
) -> tuple[Result, ...]:
    """Judge every guarantee of a plan from what the ledger knows now. `commits`: see `verdicts.decide`."""
    keys = [*(step.key for step in plan.steps), *(need.key for need in plan.drills)]
    known = memory.latest_surveys(keys, declared.environment.name)
    evidence = gather(plan, known)
    return tuple(decide(item, evidence, declared, at, commits) for item in plan.guarantees)


def gather(plan: Plan, known: Mapping[str, tuple[Survey[Any], ...]]) -> Evidence:
    """The evidence for a plan: what is known of each step and drill, and a gap for each that nothing is known of.

    Without the gap, losing one repository's survey would leave the others to stand for the whole.
    """
    surveys: list[Survey[Any]] = []
    for step in plan.steps:
        found = [replace(survey, about=step.about) for survey in known.get(step.key, ())]
        surveys += found
        seen = {survey.fact for survey in found}
        surveys += [
            lost(fact, Reason.NEVER_RUN, f"{step.scope} was not looked at")
            for fact in step.probe.facts
            if fact not in seen
        ]
    by_drill = [list(needs) for _, needs in groupby(plan.drills, key=lambda need: need.drill.name)]
    return Evidence.of(
        (*surveys, *(_told(need, known.get(need.key, ())) for some in by_drill for need in _asked(some, known)))
    )


def _asked(needs: Sequence[DrillNeeded], known: Mapping[str, object]) -> Sequence[DrillNeeded]:
    """Those of one drill's targets that are to have been exercised.

    Where one stands for all, all that were count; where none was, the first that could be says how.
    """
    if not needs[0].drill.one_stands_for_all:
        return needs
    possible = [need for need in needs if need.why_not is None]
    return [need for need in possible if known.get(need.key)] or possible[:1] or needs[:1]


def _told(need: DrillNeeded, known: Sequence[Survey[Any]]) -> Survey[Any]:
    """What a drill told when it was carried out the last time."""
    fact = need.drill.fact
    assert fact is not None
    if not need.declared:
        return Survey(fact, ())
    if need.why_not is not None:
        return lost(fact, need.why_not.why, f"{need.scope.name}: {need.why_not.detail}")
    told = next((survey for survey in known if survey.fact is fact), None)
    return told or lost(fact, Reason.NEVER_RUN, f"it was never exercised: {need.command}")


def turns(steps: Sequence[Step]) -> dict[str, int]:
    """When each step goes, by its key: live probes in the even turns, those that work in a thread in the odd ones.

    A thread that parses a large file holds the interpreter's lock for seconds, and the time-outs of connections run on
    meanwhile: a live probe beside it would call a host silent that has answered. So the two kinds never overlap, except
    for a thread that outlives its own time limit.
    """
    found = {step.key: int(not step.probe.is_async) for step in steps}
    for _ in found:
        before = dict(found)
        for step in steps:
            latest = max((found[other.key] for other in steps if _is_after(step, other)), default=0)
            found[step.key] = latest + (latest % 2 != int(not step.probe.is_async))
        if found == before:
            break
    return found


def _is_after(step: Step, other: Step) -> bool:
    return bool(set(other.probe.facts) & set(step.probe.after)) and other.key != step.key


async def _look(step: Step, world: World, order: Order) -> tuple[Survey[Any], ...]:
    if step.probe.permission is not None and order.owned is not None:
        refused = await order.owned(step.about, world)
        if isinstance(refused, Unseen):
            return nothing(step, refused)

    def crashed(step: Step, error: BaseException) -> str:
        return write_crash_report(order.state / "crashes", step, error, order.now)

    return await observe(step, world, crashed)


def _reusable(step: Step, surveys: tuple[Survey[Any], ...], world: World) -> tuple[Survey[Any], ...]:
    """An earlier answer that is as good as a new one; empty when there is none."""
    if {survey.fact for survey in surveys} != set(step.probe.facts):
        return ()
    if any(survey.gaps for survey in surveys):
        return ()
    observations = [item for survey in surveys for item in survey.observations]
    if any(isinstance(item.seen, Unseen) for item in observations):
        return ()
    if {item.subject for item in observations} != {subject for survey in surveys for subject in survey.listed}:
        return ()
    if step.probe.by_commit and isinstance(step.about, Repository):
        commit = _clean_commit(step, world)
        return () if commit is None else _same_commit(commit, surveys, observations, world)
    if step.probe.reuse_for and observations:
        oldest = min(item.at for item in observations)
        if world.now - oldest <= step.probe.reuse_for:
            return surveys
    return ()


def _clean_commit(step: Step, world: World) -> str | None:
    """The commit that a step's answer depends on alone; None when it depends on more, or files differ from it."""
    if not step.probe.by_commit or not isinstance(step.about, Repository):
        return None
    reader = world.repositories.get(step.about.path)
    if not isinstance(reader, RepositoryReader) or reader.commit is None or reader.commit.endswith("-dirty"):
        return None
    return reader.commit


def _of_commit(step: Step, surveys: tuple[Survey[Any], ...], world: World) -> tuple[Survey[Any], ...]:
    commit = _clean_commit(step, world)
    return surveys if commit is None else tuple(replace(survey, commit=commit) for survey in surveys)


def _same_commit(
    commit: str, surveys: tuple[Survey[Any], ...], observations: list[Observation[Any]], world: World
) -> tuple[Survey[Any], ...]:
    # A survey may hold nothing at all, so that it says itself which commit it is of.
    if any(survey.commit != commit for survey in surveys) or any(item.commit != commit for item in observations):
        return ()
    # What a commit says cannot change: it is as true now as when it was read.
    return tuple(
        replace(survey, observations=tuple(replace(item, at=world.now) for item in survey.observations))
        for survey in surveys
    )
