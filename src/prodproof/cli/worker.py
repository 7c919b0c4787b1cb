"""`prodproof worker`: carries out drills that wait, and goes on with those that a dead process left."""

import os
import sys
import time
from typing import TYPE_CHECKING, Annotated

import typer

from prodproof.cli.main import Exit
from prodproof.cli.options import CaFile, PathTarget, Resolve, State, Trust
from prodproof.jobs.errors import JobError

if TYPE_CHECKING:
    from prodproof.runner.conduct import Place

_AGAIN_SECONDS = 1.0

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command()
def worker(
    path: PathTarget = ".",
    env: Annotated[
        str | None, typer.Option("--env", help="Only drills of this environment; of every one, if left out.")
    ] = None,
    state: State = None,
    trust: Trust = False,
    once: Annotated[bool, typer.Option("--once", help="End when nothing is left to be done.")] = False,
    at_once: Annotated[int, typer.Option("--at-once", min=1, max=20, help="Drills at the same time.")] = 4,
    other_machines: Annotated[
        bool, typer.Option("--other-machines", help="Go on with what processes of other machines left, too.")
    ] = False,
    ca_file: CaFile = None,
    resolve: Resolve = None,
) -> None:
    """Carry out drills of one system: those of drill run --queue, and those that a dead process left.

    Any number of workers share a PostgreSQL (PRODPROOF_DATABASE_URL); without one, those of this machine share the
    state directory. SIGTERM or Ctrl-C stops at the next safe point, and another worker goes on from there.
    """
    from prodproof.cli.drilling import leave, opened, place_of, say_event, stopping
    from prodproof.cli.session import tool
    from prodproof.runner.conduct import Conductor
    from prodproof.runner.presence import machine_name
    from prodproof.runner.worker import Ending, Worker

    session = opened(path, env, state, trust, whichever=True, ca_file=ca_file, resolve=resolve or ())
    place, who = place_of(session), f"worker on {machine_name()}"
    conductor = Conductor(place, who, settings=session.settings, tools=tool, listener=say_event)
    worker = Worker(
        conductor,
        trusted=session.declared.trusted,
        say=_say,
        environment=env,
        other_machines=other_machines,
        at_once=at_once,
    )
    _say(f"{conductor.name} takes orders of {place.system} from {place.says}")
    with stopping(worker.stop) as asked:
        ending = worker.run(once=once)
        if ending is Ending.STOPPED:
            conductor.close()
            return
        typer.echo(f"{conductor.name}: {ending.value}", err=True)
        if ending is Ending.CUT_OFF:
            while not asked():
                if _answers(place):
                    # What still waits for the lost database in threads of this process must not go on beside us.
                    os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])
                time.sleep(_AGAIN_SECONDS)
    leave(Exit.FAILED)


def _say(line: str) -> None:
    typer.echo(line)
    sys.stdout.flush()  # whoever reads it may be a file


def _answers(place: "Place") -> bool:
    """Whether the database is there again."""
    try:
        place.presence().close()
    except JobError:
        return False
    return True
