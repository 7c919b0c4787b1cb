"""One way of losing a data store, practised: the way back is gone as its own runbook says, against its own clock."""

from collections.abc import Collection, Mapping
from dataclasses import replace

from prodproof.drills import _scratch
from prodproof.drills._erasure import STEP as RE_ERASE
from prodproof.drills._proof_application import APPLICATION
from prodproof.drills._restore_server import START
from prodproof.drills._restore_state import backups_of
from prodproof.drills._restore_steps import CHOOSE, LOGGED, RESTORE
from prodproof.drills._restore_told import CONCLUDE, how_apart
from prodproof.drills._scenario_book import (
    CHECK,
    PREFIX,
    authors_in,
    check_step,
    known,
    problems_of,
    steps_as_they_are,
    steps_on_the_copy,
)
from prodproof.drills._scenario_restart import ANSWER, answer_step, watching
from prodproof.drills.drill import Documents, Exercise, PersonStep, Step, Values, drill
from prodproof.drills.point_in_time import point_in_time
from prodproof.drills.restore import LONGEST, SHORTEST, restore
from prodproof.facts import Reason, Subject, Unseen
from prodproof.facts.declared import DataStore, Declared, Scenario, ScenarioKind
from prodproof.facts.drills import DrillOutcome, DrillRun, EntryKind, Happened, TimelineEntry
from prodproof.facts.restores import PointInTimeTested, RestoreTested
from prodproof.facts.scenarios import ScenarioPractised
from prodproof.reach.runbooks.book import Runbook, RunbookError, parse

WAY = (CHOOSE, _scratch.STEP, RESTORE, START, RE_ERASE, APPLICATION, ANSWER)
"""Steps that somebody must wait for who does it in earnest, beside those of the runbook."""


def _reads(scenario: Scenario, declared: Declared) -> tuple[str, ...]:
    return (scenario.runbook.partition("#")[0],) if scenario.runbook else ()


@drill(
    "scenario",
    per=Scenario,
    reads=_reads,
    fact=ScenarioPractised,
    about=lambda scenario, declared: scenario.kind is not None,
)
def scenario(scenario: Scenario, declared: Declared, documents: Documents) -> Exercise | Unseen:
    """A service restart, corrupted data or a total loss: the way back, as its own runbook says; timed."""
    if scenario.runbook is None:
        return Unseen(Reason.NOT_DECLARED, f"{scenario.name}: no runbook says what to do: runbook = …")
    store = next((item for item in declared.data_stores if item.name == scenario.store), None)
    if store is None or scenario.kind is None:
        return Unseen(Reason.NOT_DECLARED, f"{scenario.subject} says no kind, or is of no declared data store")
    try:
        book = parse(documents[scenario.runbook.partition("#")[0]], scenario.runbook)
        made = _restart(scenario, declared, book) if scenario.kind is ScenarioKind.SERVICE_RESTART else None
        return made or _way_back(scenario, store, declared, book)
    except RunbookError as error:
        return Unseen(Reason.INCOMPLETE, str(error))
    except ValueError as error:
        return Unseen(Reason.INCOMPLETE, f"{scenario.runbook}: its steps cannot have these names: {error}")


def _restart(scenario: Scenario, declared: Declared, book: Runbook) -> Exercise | Unseen:
    if scenario.health is None:
        return Unseen(Reason.NOT_DECLARED, f"{scenario.name}: nothing says what answers while it is well: health = …")
    steps = steps_as_they_are(book)
    if not any(isinstance(step, PersonStep) or step.changes for step in steps):
        return Unseen(Reason.INCOMPLETE, f"{book.name} restarts nothing: all its steps only look")
    limit = float(max(scenario.rto or LONGEST, SHORTEST))
    return Exercise(
        steps=(_first(scenario, book), *steps, answer_step(scenario, limit)),
        blast_radius=f"the service behind {scenario.health}, for as long as it takes to come back; what the steps of "
        f"{book.name} touch",
        steady=(watching(scenario),),
        objective=float(scenario.rto) if scenario.rto else None,
        tell=lambda run, gave: _told(scenario, declared, book, run, gave),
    )


def _way_back(scenario: Scenario, store: DataStore, declared: Declared, book: Runbook) -> Exercise | Unseen:
    """The steps of another drill, held against this scenario's objectives, with the runbook followed on the copy."""
    own = replace(store, rto=scenario.rto, rpo=scenario.rpo)
    logged = store.kind == "postgres" and any(item.kind in LOGGED for item in backups_of(store, declared))
    kept_log = logged and scenario.kind is ScenarioKind.LOGICAL_CORRUPTION
    inner = (point_in_time if kept_log else restore).design(own, declared)
    if isinstance(inner, Unseen):
        return inner
    last = tuple(step for step in inner.steps if step.name == CONCLUDE)
    before = tuple(step for step in inner.steps if step.name != CONCLUDE)

    def tell(run: DrillRun, gave: Mapping[str, Values]) -> ScenarioPractised | Unseen:
        return _told(scenario, declared, book, run, gave, inner.tell(run, gave) if inner.tell else None)

    return replace(
        inner,
        steps=(_first(scenario, book), *before, *steps_on_the_copy(book, store), *last),
        blast_radius=f"{inner.blast_radius}; the steps of {book.name} run without network, pointed at the copy",
        tell=tell,
    )


def _first(scenario: Scenario, book: Runbook) -> Step:
    return replace(check_step(book), touches=(Subject("store", scenario.store),))


def _told(
    scenario: Scenario,
    declared: Declared,
    book: Runbook,
    run: DrillRun,
    gave: Mapping[str, Values],
    inner: object = None,
) -> ScenarioPractised | Unseen:
    problems = problems_of(gave)
    if run.outcome is DrillOutcome.NOT_PROVEN and not problems:
        return Unseen(run.reason or Reason.INCOMPLETE, run.detail)
    assert scenario.kind is not None and scenario.runbook is not None
    own = {f"{PREFIX}{step.id}" for step in book.steps}
    done = {entry.name for entry in run.timeline if _was_done(entry)}
    asked = [entry.by for entry in run.timeline if entry.kind is EntryKind.PERSON and entry.happened is Happened.DONE]
    followed_by, others = known((run.ordered_by, *asked), declared.people)
    unanswered = gave.get(ANSWER, {}).get("unanswered")
    strangers = gave.get(CHECK, {}).get("strangers")
    application = gave.get(APPLICATION)
    return ScenarioPractised(
        store=scenario.store,
        scenario=scenario.name,
        kind=scenario.kind,
        runbook=scenario.runbook,
        steps=sum(step.act.language != "person" for step in book.steps),
        persons=sum(step.act.language == "person" for step in book.steps),
        followed=len(own & done),
        stopped=next((name.removeprefix(PREFIX) for name in _failed(run) if name in own), ""),
        problems=problems,
        authors=authors_in(gave),
        strangers=strangers if isinstance(strangers, int) else 0,
        followed_by=followed_by,
        unknown_followers=others,
        took=_took(run, own) if own <= done else None,
        # What another process counted is gone with it.
        unanswered=float(unanswered) if isinstance(unanswered, int | float) and not run.interruptions else None,
        loss=inner.loss if isinstance(inner, RestoreTested | PointInTimeTested) else None,
        no_network=_no_network(gave),
        application=None if application is None else bool(application["well"]),
        failure=run.detail if run.outcome is DrillOutcome.FAILED else "",
    )


def _was_done(entry: TimelineEntry) -> bool:
    return entry.kind in (EntryKind.STEP, EntryKind.PERSON) and entry.happened in (Happened.DONE, Happened.ALREADY)


def _failed(run: DrillRun) -> list[str]:
    kinds = (EntryKind.STEP, EntryKind.PERSON)
    return [entry.name for entry in run.timeline if entry.kind in kinds and entry.happened is Happened.FAILED]


def _took(run: DrillRun, own: Collection[str]) -> float | None:
    total = 0.0
    for entry in run.timeline:
        if _was_done(entry) and entry.name in (*WAY, *own):
            if entry.took is None:
                return None
            total += entry.took
    return total


def _no_network(gave: Mapping[str, Values]) -> bool | None:
    if RESTORE not in gave:
        return None
    return how_apart(gave)[0]
