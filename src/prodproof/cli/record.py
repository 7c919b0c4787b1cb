"""`prodproof record`: what a person states, with their signature."""

import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from prodproof.cli.main import Exit
from prodproof.cli.options import Env, PathTarget, State
from prodproof.system.errors import UserError

app = typer.Typer(rich_markup_mode=None, add_completion=False, no_args_is_help=True)


@app.callback()
def record() -> None:
    """Dated statements by named persons, signed with the SSH keys that the system file has for them."""


@app.command()
def approve(
    name: Annotated[str, typer.Argument(metavar="DRILL", help="The drill whose plan is approved.")],
    author: Annotated[str, typer.Option("--author", metavar="PERSON", help="Who will carry it out; not you.")],
    person: Annotated[str, typer.Option("--as", metavar="PERSON", help="Who you are in the system file.")],
    key: Annotated[Path, typer.Option("--key", help="Your SSH key, or the public half of one that ssh-agent holds.")],
    path: PathTarget = ".",
    on: Annotated[str | None, typer.Option("--on", metavar="SUBJECT", help="What it is about.")] = None,
    at: Annotated[str | None, typer.Option("--at", metavar="TIME", help="The moment that it is asked for.")] = None,
    env: Env = None,
    state: State = None,
    days: Annotated[int, typer.Option("--days", min=1, max=7, help="For how long it may be used.")] = 1,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="Write it to this file, to be carried to another machine.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Approve the plan of a drill on production, once, as the second person.

    The plan is made anew from what you see, so that you sign what would be done and not what somebody tells you.
    """
    from prodproof.cli.drilling import opened, place_of, plan_of, print_plan
    from prodproof.cli.ordering import write_approval
    from prodproof.jobs.statement import Purpose
    from prodproof.runner.approval import person_of, signed, statement

    session = opened(path, env, state, False)
    now = datetime.now(UTC)
    planned = plan_of(session, name, on, at, now)
    if author == person or set(person_of(session.declared, author).keys) & set(
        person_of(session.declared, person).keys
    ):
        raise UserError("the author cannot approve a plan of their own")
    print_plan(planned)
    if not yes:
        if not sys.stdin.isatty():
            raise UserError("there is no terminal to ask on; say --yes if this is right")
        if not typer.confirm(f"May {author} carry this out?", default=False):
            raise typer.Exit(Exit.WRONG_USE)
    until = (now + timedelta(days=days)).replace(microsecond=0)
    approval = signed(statement(planned, Purpose.APPROVAL, author, person, until), key, session.declared)
    if output is not None:
        write_approval(output, approval)
    else:
        store = place_of(session).store()
        store.approve(approval)
        store.close()
    typer.echo(f"approved by {person} until {until:%Y-%m-%d %H:%M} UTC, for one run by {author}")
