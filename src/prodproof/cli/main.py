"""The `prodproof` command: finds the sub-command, maps errors to exit codes."""

import ctypes
import importlib
import os
import resource
import sys
import tempfile
import traceback
from enum import IntEnum
from pathlib import Path
from typing import Any

import typer
from typer.core import TyperGroup

from prodproof import __version__

PR_SET_DUMPABLE = 4
"""prctl(2)."""


class Exit(IntEnum):
    """The exit codes, one table for every command."""

    GO = 0
    BROKEN = 1
    WRONG_USE = 2
    UNKNOWN = 3
    FAILED = 4
    INTERRUPTED = 130


COMMANDS = {
    "init": "look at a repository and write prodproof.toml",
    "doctor": "what is missing (tools, credentials, rights), and the least grant to give",
    "verify": "verify a repository, a declared system or a URL",
    "gate": "go or no-go for a release and environment",
    "explain": "a guarantee: claim, risk, how it is verified, how to mend it",
    "guarantees": "the whole catalogue",
    "trace": "search for exact secret values and for patterns of secrets, anywhere",
    "drill": "exercise something for real, safely: plan, run, follow, resume, undo",
    "worker": "carry out drills that were ordered, or that a dead process left",
    "record": "what a person states with their signature: approve the plan of a drill",
    "ledger": "verify, export, carry and prune the evidence",
    "trust": "record that a system file may run its commands and contact its targets",
    "schema": "the JSON Schema of prodproof.toml, for editors",
    "range": "a whole demo system on this machine: start it, break a guarantee, verify, mend",
    "demo": "start a small real shop on this machine, verify it, break one thing, see it found",
}
"""Sub-command (module in this room) and its line in the help, so that help imports nothing."""


class Commands(TyperGroup):
    """Imports a sub-command only when it is invoked."""

    def list_commands(self, ctx: Any) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"prodproof.cli.{cmd_name}")
        command = typer.main.get_command(module.app)
        command.name = cmd_name
        return command

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except (typer.Exit, typer.Abort):
            raise
        except BrokenPipeError:
            # The reader went away; Python must not complain about it again when it flushes at exit.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise typer.Exit(Exit.FAILED) from None
        except KeyboardInterrupt:
            typer.echo("interrupted; what was seen is in the ledger, the next run goes on from there", err=True)
            raise typer.Exit(Exit.INTERRUPTED) from None
        except Exception as error:
            raise typer.Exit(_explained(error)) from None


def _explained(error: Exception) -> Exit:
    """Say what was wrong with the use or the surroundings; raise again what is a fault of ours."""
    from prodproof.ledger.errors import DivergedError, LedgerError, MovedError, NotALedgerError
    from prodproof.system.errors import UserError

    if not isinstance(error, (UserError, LedgerError)):
        raise error
    for line in str(error).splitlines():
        typer.echo(line, err=True)
    ours = isinstance(error, LedgerError) and not isinstance(error, (DivergedError, MovedError, NotALedgerError))
    return Exit.FAILED if ours else Exit.WRONG_USE


app = typer.Typer(
    cls=Commands,
    rich_markup_mode=None,
    add_completion=False,
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Exit codes: 0 go, 1 broken, 2 wrong use, 3 unknown, 4 prodproof itself failed, 130 interrupted.",
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"prodproof {__version__}")
        raise typer.Exit


@app.callback()
def root(version: bool = typer.Option(False, "--version", callback=_version, is_eager=True, help="Show it.")) -> None:
    """Proves that a production system is ready, and stays ready."""


def leave_no_dump() -> None:
    """From now on a crash of this process writes none of its memory, where resolved secrets may lie, to disk."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        # A limit does not keep the kernel from handing memory to a program (core_pattern with a pipe); this does.
        ctypes.CDLL(None).prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)


def run() -> None:
    """Entry point of the installed command."""
    leave_no_dump()
    try:
        app(prog_name="prodproof")
    except Exception as error:  # the last resort: a fault of ours is one line and a file, never a traceback
        typer.echo(f"prodproof failed: {type(error).__name__}; report {_report(error)}", err=True)
        sys.exit(Exit.FAILED)


def _report(error: Exception) -> Path:
    frames = traceback.extract_tb(error.__traceback__)
    lines = [f"{Path(frame.filename).name}:{frame.lineno} in {frame.name}" for frame in frames]
    handle, name = tempfile.mkstemp(prefix="prodproof-crash-", suffix=".txt")
    with os.fdopen(handle, "w") as file:
        file.write("\n".join([f"prodproof {__version__}", type(error).__qualname__, *lines, ""]))
    return Path(name)
