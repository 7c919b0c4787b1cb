"""What the drill commands have in common: plans on paper, following a drill, and its end."""

import getpass
import os
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import NoReturn

import typer

from prodproof.cli.main import Exit
from prodproof.cli.session import Session, open_session, tool
from prodproof.cli.settings import settings_from
from prodproof.drills.drill import PersonStep, Step, registered, targets
from prodproof.drills.plan import DrillPlan, plan_drill, subject_of
from prodproof.facts import Subject, Unseen
from prodproof.facts.codec import decode
from prodproof.facts.drills import DrillOutcome, DrillRun, Happened
from prodproof.jobs.store import Store, StoredRun
from prodproof.reports.drill import SYMBOLS, answer_lines, seconds
from prodproof.reports.inert import plain
from prodproof.runner.acts import Event
from prodproof.runner.conduct import Conductor, Place
from prodproof.runner.durable import Hangs, Parked, Stopped
from prodproof.system.environments import DEFAULT, environment_names
from prodproof.system.errors import UserError, inert
from prodproof.system.load import find_system_file
from prodproof.system.merged import read

_LOOK_SECONDS = 0.2


def opened(
    target: str,
    env: str | None,
    state: Path | None,
    trust: bool,
    *,
    whichever: bool = False,
    ca_file: Path | None = None,
    resolve: Sequence[str] = (),
) -> Session:
    """What a command works on; `whichever`: it is about drills that say themselves in which environment they are.

    Raises UserError for anything but a declared system.
    """
    if whichever and env is None and "://" not in target and (file := find_system_file(Path(target))) is not None:
        names = environment_names(read(file).tables)
        env = None if DEFAULT in names else names[0]
    made = settings_from(ca_file=ca_file, resolve=resolve)
    session = open_session(target, env=env, state=state, trust=trust, settings=made, today=datetime.now(UTC).date())
    if session.system_file is None:
        raise UserError("drills are for a declared system: prodproof init writes its file")
    return session


def place_of(session: Session) -> Place:
    """Where the drills of a session's system are kept."""
    return Place(session.declared.system, session.state, os.environ)


def plan_of(session: Session, name: str, on: str | None, at: str | None, now: datetime) -> DrillPlan:
    """The plan that a command names. Raises UserError with what there is, where it names none or several."""
    moment = None if at is None else past(at, now)
    drill = registered().get(name)
    if drill is None:
        raise UserError(f"there is no drill {inert(name)}; there are: {', '.join(registered()) or 'none'}")
    found = {subject_of(target): target for target in targets(drill, session.declared)}
    wanted = Subject.parse(on) if on and ":" in on else None
    if wanted is None and on is None and len(found) == 1:
        wanted = next(iter(found))
    if wanted not in found:
        known = ", ".join(map(str, found)) or "none is declared"
        raise UserError(f"{name}: say what it is about with --on; there are: {known}")
    plan = plan_drill(drill, found[wanted], session.declared, moment=moment)
    if isinstance(plan, Unseen):
        raise UserError(f"{name} cannot be carried out on {wanted}: {plan.detail}")
    return plan


def past(text: str, now: datetime) -> datetime:
    """A moment that somebody typed, as ISO 8601; without a zone it is UTC. Raises UserError for any other."""
    try:
        found = datetime.fromisoformat(text.strip())
    except ValueError:
        raise UserError(f"--at {inert(text)}: expected a moment, as 2026-03-01T12:30Z") from None
    found = found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    if found >= now:
        raise UserError(f"--at {inert(text)} does not lie in the past")
    return found


def print_plan(plan: DrillPlan) -> None:
    """What will be touched, for how long, what is at stake, and what would undo it."""
    exercise = plan.exercise
    typer.echo(f"{plan.drill.name} on {plan.subject}, {plan.declared.environment.name}: {plan.drill.says}")
    if plan.moment is not None:
        typer.echo(f"  moment        {plan.moment:%Y-%m-%d %H:%M:%S} UTC")
    typer.echo(f"  touches       {', '.join(map(str, plan.touches))}")
    typer.echo(f"  at most       {seconds(plan.at_most)}" + _objective(exercise.objective))
    typer.echo(f"  blast radius  {plain(exercise.blast_radius)}")
    for state in exercise.steady:
        after = f"undoes itself after {state.tolerate + 1} bad looks in a row, {state.every:g} s apart"
        typer.echo(f"  steady        {plain(state.says)}; {after}")
    for number, step in enumerate(exercise.steps, 1):
        typer.echo(f"  {number:>2}  {step.name:<24} {plain(step.says)}")
        typer.echo(f"      {'':<24} {_terms(step)}")
    typer.echo(f"plan {plan.digest}")


def _terms(step: Step | PersonStep) -> str:
    limit = f"within {seconds(step.time_limit)}{_objective(step.objective)}"
    if isinstance(step, PersonStep):
        return f"a person{f', {step.whom}' if step.whom else ''}; {limit}"
    if step.irreversible:
        return f"cannot be undone: {plain(step.irreversible)}; {limit}"
    if not step.changes:
        return f"changes nothing; {limit}"
    return f"undo: {plain(step.undo_says)}{', only if something breaks' if step.lasting else ', always'}; {limit}"


def _objective(value: float | None) -> str:
    return "" if value is None else f", objective {seconds(value)}"


def operator(person: str | None, session: Session) -> str:
    """Who answers for what is done: a person of the roster, or the account that runs this."""
    person = person or os.environ.get("PRODPROOF_PERSON")
    if person is None:
        return f"account {getpass.getuser()}"
    if session.declared.people and person not in {item.id for item in session.declared.people}:
        raise UserError(f"--as {inert(person)}: no [[person]] of the system file has this id")
    return person


def only_unfinished(store: Store, id: str | None) -> str:
    """The drill that a command means when it names none."""
    if id is not None:
        return id
    unfinished = store.unfinished()
    if len(unfinished) != 1:
        if not unfinished:
            raise UserError("no drill is unfinished; prodproof drill status lists them")
        raise UserError(f"say which drill: {', '.join(item.id for item in unfinished)}")
    return unfinished[0].id


@contextmanager
def conducting(session: Session, who: str) -> Iterator[Conductor]:
    """This process as one that carries drills out, printing what they do."""
    with Conductor(place_of(session), who, settings=session.settings, tools=tool, listener=_follow) as conductor:
        yield conductor


def follow(conductor: Conductor, id: str, workflow: str) -> NoReturn:
    """Wait for a drill's end; the first Ctrl-C stops it at a safe point, the second at once."""
    wished = False
    with stopping(conductor.stop) as asked:
        while (ended := conductor.wait(workflow, _LOOK_SECONDS)) is False:
            if asked() and not wished:
                conductor.store.say(id, "stop", conductor.who)  # no worker is to take it for left behind
                wished = True
    if isinstance(ended, Stopped) and not wished:
        conductor.store.say(id, "stop", conductor.who)  # it stopped between two looks
    _clear()
    if isinstance(ended, Parked):
        typer.echo(f"{id}: {ended}", err=True)
        typer.echo(f"go on:  prodproof drill resume {id}\nback:   prodproof drill undo {id}", err=True)
        if isinstance(ended, Hangs):
            leave(Exit.FAILED)  # what hangs must be over before anybody is told that this process is
        raise typer.Exit(Exit.INTERRUPTED if isinstance(ended, Stopped) else Exit.FAILED)
    stored = conductor.store.run(id)
    assert stored is not None
    raise typer.Exit(print_end(stored))


def print_end(stored: StoredRun) -> Exit:
    """Say what came of a drill; returns the exit code."""
    run = run_of(stored)
    assert run is not None
    for line in answer_lines(run):
        typer.echo(line)
    if run.left:
        typer.echo(f"try again: prodproof drill undo {run.id}")
    typer.echo(f"timeline:  prodproof drill status {run.id}")
    return exit_code(run)


def exit_code(run: DrillRun) -> Exit:
    """0 proven and nothing left behind, 1 failed or something left behind, 3 not proven."""
    if run.outcome is DrillOutcome.FAILED or run.left:
        return Exit.BROKEN
    return Exit.GO if run.outcome is DrillOutcome.PROVEN else Exit.UNKNOWN


def run_of(stored: StoredRun) -> DrillRun | None:
    """What came of a drill, or None if it has not come to its end."""
    if stored.result is None:
        return None
    run = decode(DrillRun, dict(stored.result))
    assert isinstance(run, DrillRun)
    return run


def _follow(id: str, event: Event) -> None:
    if event.doing in list(Happened):
        _clear()
        typer.echo(f"  {SYMBOLS[Happened(event.doing)]} {plain(event.step):<28} {plain(event.detail)}".rstrip())
    elif event.doing == "waiting":
        _clear()
        until = f" until {event.until:%H:%M} UTC" if event.until else ""
        typer.echo(f"  … {plain(event.step):<28} waits for a person{until}: {plain(event.detail)}")
        typer.echo(f"    {'':<28} prodproof drill answer {id} {event.step} done|failed|cannot")
    elif sys.stderr.isatty():
        typer.echo(f"\r\033[K  … {plain(event.step)} {event.doing}", err=True, nl=False)


def say_event(id: str, event: Event) -> None:
    """Say what one of several drills does, where nobody watches."""
    if event.doing in list(Happened):
        typer.echo(f"{id}: {SYMBOLS[Happened(event.doing)]} {plain(event.step)}  {plain(event.detail)}".rstrip())
    elif event.doing == "waiting":
        typer.echo(f"{id}: … {plain(event.step)} waits for a person: {plain(event.detail)}")
    sys.stdout.flush()


def _clear() -> None:
    if sys.stderr.isatty():
        typer.echo("\r\033[K", err=True, nl=False)


@contextmanager
def stopping(stop: Callable[[], object]) -> "Iterator[Callable[[], bool]]":
    """Let a signal stop drills at their next safe point; a lost terminal is one, too. Gives whether one came."""
    asked = False

    def handle(number: int, frame: FrameType | None) -> None:
        nonlocal asked
        if asked:
            leave(Exit.INTERRUPTED)  # as safe as a crash
        asked = True
        stop()
        os.write(2, b"\nstopping after this step; once more ends it at once, and nothing is lost either way\n")

    signals = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.signal(number, handle) for number in signals}
    try:
        yield lambda: asked
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def leave(code: Exit) -> NoReturn:
    """End at once: a step that hangs must not go on in a thread of this process."""
    sys.stdout.flush()
    os._exit(code)
