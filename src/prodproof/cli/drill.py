"""`prodproof drill`: exercise something for real, safely; follow it, go on with it, undo it."""

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from prodproof.cli.main import Exit
from prodproof.cli.options import CaFile, Env, PathTarget, Resolve, State, Trust
from prodproof.system.errors import UserError, inert

app = typer.Typer(rich_markup_mode=None, add_completion=False, no_args_is_help=True)

Name = Annotated[str, typer.Argument(metavar="NAME", help="A drill; prodproof drill list shows them.")]
On = Annotated[str | None, typer.Option("--on", metavar="SUBJECT", help="What it is about, if there are several.")]
At = Annotated[
    str | None, typer.Option("--at", metavar="TIME", help="To this moment, not the newest: 2026-03-01T12:30Z.")
]
Id = Annotated[
    str | None, typer.Argument(metavar="[ID]", help="A drill that was begun; the only unfinished one if not.")
]
System = Annotated[str, typer.Option("--system", metavar="PATH", help="The system file, or a directory with one.")]
As = Annotated[str | None, typer.Option("--as", metavar="PERSON", help="Who you are in the system file.")]


@app.callback()
def drill() -> None:
    """Exercises that change something on purpose, safely, and put it back.

    Each step is written down before it is done. After a crash, drill resume goes on and drill undo goes back.
    """


@app.command("list")
def list_(path: PathTarget = ".", env: Env = None, state: State = None) -> None:
    """The drills, and what each can be about."""
    from prodproof.cli.drilling import opened
    from prodproof.drills.drill import registered, targets
    from prodproof.drills.plan import subject_of

    session = opened(path, env, state, False)
    if not registered():
        typer.echo("this version has no drills")
    for item in registered().values():
        subjects = ", ".join(str(subject_of(target)) for target in targets(item, session.declared))
        typer.echo(f"{item.name:<16} {item.says}")
        typer.echo(f"{'':<16} on {subjects or 'nothing that is declared'}")


@app.command()
def plan(
    name: Name, path: PathTarget = ".", on: On = None, at: At = None, env: Env = None, state: State = None,
    trust: Trust = False,
) -> None:  # fmt: skip
    """What would be touched, for how long, what is at stake, and what would undo it. Does nothing."""
    from prodproof.cli.drilling import opened, place_of, plan_of, print_plan
    from prodproof.cli.session import tool
    from prodproof.drills.permission import needs_approval, refusals
    from prodproof.reach.world import World

    now = datetime.now(UTC)
    session = opened(path, env, state, trust)
    planned = plan_of(session, name, on, at, now)
    print_plan(planned)
    if needs_approval(planned):
        typer.echo("production: a second person approves it with prodproof record approve")
    for refusal in refusals(planned, now, accepted=True):
        typer.echo(f"not now: {refusal}")
    settings = place_of(session).keyed(session.settings)
    world = World(declared=session.declared, now=now, settings=settings, tools=tool)
    for line in planned.exercise.lacks(world):
        typer.echo(f"missing: {line}")


@app.command()
def run(
    name: Name,
    path: PathTarget = ".",
    on: On = None,
    at: At = None,
    env: Env = None,
    state: State = None,
    trust: Trust = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    irreversible: Annotated[
        bool, typer.Option("--irreversible", help="Accept that some of its steps cannot be undone.")
    ] = False,
    person: As = None,
    key: Annotated[Path | None, typer.Option("--key", help="Your SSH key (production only): signs the order.")] = None,
    approval: Annotated[
        Path | None, typer.Option("--approval", help="The second person's approval (production only), as a file.")
    ] = None,
    queue: Annotated[bool, typer.Option("--queue", help="Leave it to prodproof worker, and do not wait.")] = False,
    ca_file: CaFile = None,
    resolve: Resolve = None,
) -> None:
    """Carry a drill out. Exit code 0 proven, 1 failed, 3 not proven, 130 stopped."""
    from prodproof.cli.drilling import conducting, follow, opened, operator, plan_of, print_plan
    from prodproof.cli.ordering import ordered

    now = datetime.now(UTC)
    session = opened(path, env, state, trust, ca_file=ca_file, resolve=resolve or ())
    planned = plan_of(session, name, on, at, now)
    print_plan(planned)
    who = operator(person, session)
    if not yes:
        if not sys.stdin.isatty():
            raise UserError("there is no terminal to ask on; say --yes if this is right")
        if not typer.confirm("Carry this out?", default=False):
            raise typer.Exit(Exit.WRONG_USE)
    with conducting(session, who) as conductor:
        order = ordered(
            planned, who, now, conductor.store, key=key, approval=approval, irreversible=irreversible, queue=queue
        )
        if queue:
            conductor.queue(order, planned, now)
            typer.echo(f"{order.id} waits for prodproof worker; see prodproof drill status {order.id}")
            return
        workflow = conductor.begin(order, planned, now)
        typer.echo(f"{order.id}   Ctrl-C stops it at a safe point")
        follow(conductor, order.id, workflow)


@app.command()
def status(
    id: Id = None,
    path: System = ".",
    env: Env = None,
    state: State = None,
    markdown: Annotated[bool, typer.Option("--markdown", help="The timeline as a page.")] = False,
) -> None:
    """What drills there were and are; of one, its timeline."""
    from prodproof.cli.drilling import opened, place_of
    from prodproof.cli.standing import print_run, print_runs

    place = place_of(opened(path, env, state, False, whichever=True))
    store, presence = place.store(), place.presence()
    try:
        if id is None:
            print_runs(store, presence)
            return
        stored = store.run(id)
        if stored is None:
            raise UserError(f"there is no drill {inert(id)}; prodproof drill status lists them")
        print_run(stored, store, presence, markdown)
    finally:
        presence.close()
        store.close()


@app.command()
def resume(
    id: Id = None,
    path: System = ".",
    env: Env = None,
    state: State = None,
    trust: Trust = False,
    person: As = None,
    ca_file: CaFile = None,
    resolve: Resolve = None,
) -> None:
    """Go on with a drill that was stopped or cut off; with its undo, if that had begun."""
    from prodproof.cli.drilling import conducting, follow, only_unfinished, opened, operator

    session = opened(path, env, state, trust, whichever=True, ca_file=ca_file, resolve=resolve or ())
    with conducting(session, operator(person, session)) as conductor:
        chosen = only_unfinished(conductor.store, id)
        follow(conductor, chosen, conductor.resume(chosen, datetime.now(UTC), trusted=session.declared.trusted))


@app.command()
def undo(
    id: Id = None,
    path: System = ".",
    env: Env = None,
    state: State = None,
    person: As = None,
    ca_file: CaFile = None,
    resolve: Resolve = None,
) -> None:
    """Go back, from wherever it was cut off. A drill that another process carries out is told to go back by itself."""
    from prodproof.cli.drilling import conducting, follow, only_unfinished, opened, operator, print_end
    from prodproof.cli.standing import wait_for_other

    session = opened(path, env, state, False, whichever=True, ca_file=ca_file, resolve=resolve or ())
    who = operator(person, session)
    with conducting(session, who) as conductor:
        chosen = only_unfinished(conductor.store, id)
        workflow = conductor.undo(chosen, who)
        if workflow is not None:
            follow(conductor, chosen, workflow)
        raise typer.Exit(print_end(wait_for_other(conductor, chosen)))


@app.command()
def answer(
    id: Annotated[str, typer.Argument(metavar="ID", help="The drill that asks.")],
    step: Annotated[str, typer.Argument(metavar="STEP", help="What it asks for.")],
    word: Annotated[str, typer.Argument(metavar="done|failed|cannot", help="How it went.")],
    note: Annotated[str, typer.Option("--note", help="One line for the timeline; no secrets.")] = "",
    path: System = ".",
    env: Env = None,
    state: State = None,
    person: As = None,
) -> None:
    """Answer a step that a person does."""
    from prodproof.cli.drilling import opened, operator, place_of
    from prodproof.cli.standing import check_answer

    session = opened(path, env, state, False, whichever=True)
    who = operator(person, session)
    store = place_of(session).store()
    try:
        check_answer(store, session.declared, id, step, word, who)
        store.say(id, "answer", who, step, f"{word} {note}".strip())
    finally:
        store.close()
    typer.echo(f"{id} {step}: {word}, says {who}")
