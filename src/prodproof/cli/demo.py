"""`prodproof demo`: a small real shop on this machine, verified, broken, found out and mended."""

import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from prodproof.cli.interrupt import run
from prodproof.cli.reporting import render
from prodproof.cli.session import choose, open_session
from prodproof.cli.work import carry_out
from prodproof.range import Form, Range, fault_of
from prodproof.range.registry import DEFAULT, place
from prodproof.system.errors import UserError

app = typer.Typer(rich_markup_mode=None, add_completion=False)

SHOWN = "exposure.hsts"
"""The guarantee that the demo breaks."""


@app.command()
def demo(
    report: Annotated[Path, typer.Option("--report", metavar="FILE", help="Where to write the HTML report.")] = Path(
        "prodproof-demo.html"
    ),
    end: Annotated[bool, typer.Option("--end", help="Stop the shop afterwards and remove it.")] = False,
) -> None:
    """Start a small real shop on this machine, verify it, break one thing, and see it found.

    Everything stays on this machine: the shop listens on a loopback address, its certificate is of a private
    authority made for the occasion, and nothing outside is asked. It stays up until `prodproof range down`.
    """
    if shutil.which("git") is None:
        raise UserError("the demo needs git: apt-get install git")
    directory = place(DEFAULT)
    if (directory / "range.json").exists():
        range = Range.open(directory)
        if range.places.isolated:
            raise UserError("the range is up in the isolated form: prodproof range verify, or prodproof range down")
        with range.locked():
            if range.broken:
                raise UserError("the range is up and broken on purpose: prodproof range mend, or prodproof range down")
            try:
                _show(range, report)
            except BaseException:
                range.mend()
                raise
    else:
        typer.echo("starting harbour, a small shop, on this machine")
        range = Range.up(directory, Form.EMBEDDED)
        try:
            with range.locked():
                _show(range, report)
        except BaseException:
            range.down()
            raise
    if end:
        range.down()
        typer.echo("the shop is stopped and removed")
        return
    typer.echo("the shop is still up. Break something yourself, verify again, and see it turn:")
    typer.echo("  prodproof range faults                   what can be broken")
    typer.echo(f"  prodproof range break {SHOWN}")
    typer.echo("  prodproof range verify")
    typer.echo("  prodproof range down                     end it")
    typer.echo("on your own repository: prodproof init, prodproof verify")


def _show(range: Range, report: Path) -> None:
    _verify(range, (), report)
    fault = fault_of(SHOWN)
    typer.echo(f"now somebody edits one line on the server: {fault.breaks.__doc__}")
    range.break_(fault)
    _verify(range, (SHOWN,), None)
    range.mend()
    typer.echo("mended")


def _verify(range: Range, only: tuple[str, ...], report: Path | None) -> None:
    now = datetime.now(UTC)
    file = str(range.repo.directory / "prodproof.toml")
    session = open_session(file, trust=True, settings=range.vantage.settings(), today=now.date())
    verification = run(carry_out(session, choose(only, ()), now=now))
    render(verification, session, "text", None, html=report)
