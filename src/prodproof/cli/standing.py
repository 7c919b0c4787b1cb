"""How drills stand: the list, one timeline, and what another process does with one."""

import time

import typer

from prodproof.cli.drilling import run_of
from prodproof.facts.declared import Declared
from prodproof.jobs.store import Store, StoredRun
from prodproof.reports.drill import as_markdown, lines
from prodproof.reports.inert import plain
from prodproof.runner.conduct import Conductor
from prodproof.runner.drill import ANSWERS
from prodproof.runner.presence import Presence
from prodproof.system.errors import UserError, inert

_LOOK_SECONDS = 0.3


def print_runs(store: Store, presence: Presence) -> None:
    """Every drill, newest first, with how it stands."""
    runs = store.runs()
    if not runs:
        typer.echo("no drill was carried out yet: prodproof drill list")
    for stored in runs:
        typer.echo(f"{stored.asked_at:%Y-%m-%d %H:%M}  {stored.id:<28} {state_of(stored, store, presence)}")


def print_run(stored: StoredRun, store: Store, presence: Presence, markdown: bool) -> None:
    """One drill: its timeline if it has come to its end, else what it does and what can be done."""
    run = run_of(stored)
    if run is not None and markdown:
        typer.echo(as_markdown(run))
        return
    typer.echo(f"{stored.id}   {state_of(stored, store, presence)}")
    if run is not None:
        for line in lines(run):
            typer.echo(line)
        return
    doing = stored.progress
    if doing.get("doing") == "waiting":
        typer.echo(f"waits for a person: {plain(str(doing['detail']))}")
        typer.echo(f"answer: prodproof drill answer {stored.id} {doing['step']} {'|'.join(ANSWERS)}")
    if not (stored.executor and presence.alive(stored.executor)):
        typer.echo(f"go on:  prodproof drill resume {stored.id}")
    typer.echo(f"back:   prodproof drill undo {stored.id}")


def state_of(stored: StoredRun, store: Store, presence: Presence) -> str:
    """How a drill stands, in a few words."""
    run = run_of(stored)
    if run is not None:
        return f"{run.outcome}, something is left behind" if run.left else str(run.outcome)
    direction = "undoing" if stored.undoing else "under way"
    at = f" at {stored.progress['step']}" if stored.progress else ""
    if stored.executor is None:
        return "ordered, waits for a worker"
    if presence.alive(stored.executor):
        return f"{direction}{at}, by {stored.executor}"
    if store.last_said(stored.id, ("stop", "resume", "undo")) == "stop":
        return f"stopped by {plain(store.said(stored.id, 'stop')[-1].by)} while {direction}{at}"
    return f"cut off while {direction}{at}"


def wait_for_other(conductor: Conductor, id: str) -> StoredRun:
    """Wait until the process that carries a drill out has gone back with it. Raises UserError when it ends before."""
    typer.echo(f"{id} is told to go back; waiting for it")
    while True:
        stored = conductor.store.run(id)
        assert stored is not None
        if stored.result is not None:
            return stored
        if not conductor.alive(stored.executor):
            raise UserError(f"the process that carried {id} out has ended; prodproof drill undo {id}")
        time.sleep(_LOOK_SECONDS)


def check_answer(store: Store, declared: Declared, id: str, step: str, word: str, who: str) -> None:
    """Raise UserError unless a drill waits for this answer, and from this person."""
    if word not in ANSWERS:
        raise UserError(f"{inert(word)}: an answer is one of {', '.join(ANSWERS)}")
    stored = store.run(id)
    if stored is None:
        raise UserError(f"there is no drill {inert(id)}; prodproof drill status lists them")
    waits = stored.progress.get("step") if stored.progress.get("doing") == "waiting" else None
    if stored.result is not None or waits != step:
        raise UserError(f"{id} does not wait for {inert(step)}" + (f"; it waits for {waits}" if waits else ""))
    if store.said(id, "answer", step):
        raise UserError(f"{id} {step} was answered already")
    whom = str(stored.progress.get("whom", ""))
    roles = next((person.roles for person in declared.people if person.id == who), ())
    if whom and declared.people and whom != who and whom not in roles:
        raise UserError(f"{step} is to be answered by {whom}; say who you are with --as PERSON")
