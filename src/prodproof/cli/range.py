"""`prodproof range`: a whole demo system on this machine, to break and to watch being found out."""

import os
import subprocess
import sys
from fnmatch import fnmatchcase
from typing import Annotated

import typer

from prodproof.cli.main import Exit
from prodproof.range import Form, Range, all_faults, fault_of
from prodproof.range.component import missing_programs
from prodproof.range.fault import words
from prodproof.range.namespaces import within
from prodproof.range.registry import DEFAULT, names, place
from prodproof.reach.programs import find_program
from prodproof.system.errors import UserError, inert

app = typer.Typer(rich_markup_mode=None, add_completion=False, no_args_is_help=True)

Name = Annotated[str, typer.Option("--name", help="Which range; several run side by side.")]
Guarantee = Annotated[str, typer.Argument(metavar="ID", help="A guarantee, for example exposure.hsts.")]


@app.callback()
def range_() -> None:
    """A whole demo system on this machine: start it, break a guarantee, verify, mend.

    It never leaves this machine: everything listens on loopback addresses of its own, or in network namespaces.
    """


@app.command()
def up(
    form: Annotated[
        Form | None,
        typer.Option(
            help="embedded: Python alone. full: every server, on loopback addresses. isolated: every server, behind a "
            "packet filter in network namespaces (root). The largest that this machine can do, if left out."
        ),
    ] = None,
    name: Name = DEFAULT,
) -> None:
    """Start it: in order, each part checked before the next."""
    chosen = form or largest()
    range = Range.up(place(name), chosen, _starting)
    _done()
    if form is None and chosen is Form.EMBEDDED:
        lacking = sorted({package for packages in missing_programs(Form.FULL).values() for package in packages})
        typer.echo(f"embedded form: for every server, apt-get install {' '.join(lacking)}")
    _tell(range, name)


def largest() -> Form:
    """The largest form that this machine can run."""
    if missing_programs(Form.FULL):
        return Form.EMBEDDED
    if os.geteuid() != 0 or missing_programs(Form.ISOLATED):
        return Form.FULL
    return Form.ISOLATED


@app.command()
def down(name: Name = DEFAULT) -> None:
    """Stop every process and remove everything, also when whoever started it was killed."""
    Range.open(place(name)).down()
    typer.echo(f"{name} is down; nothing of it is left")


@app.command()
def status(name: Name = DEFAULT) -> None:
    """Its parts, how they are, and which faults are on and can be switched on."""
    if not names():
        typer.echo("no range is up: prodproof range up")
        raise typer.Exit(Exit.WRONG_USE)
    range = Range.open(place(name))
    typer.echo(f"{name}   {range.form}   {range.places.url()} at {range.places.outside_of}   {range.directory}")
    troubled = False
    for part, trouble in range.status():
        troubled = troubled or trouble is not None
        typer.echo(f"  {'ok ' if trouble is None else 'not'} {part:<16} {trouble or ''}".rstrip())
    for item in range.broken:
        typer.echo(f"  broken on purpose: {item.guarantee} ({words(fault_of(item.guarantee).ways[item.variant])})")
    here = [fault.guarantee for fault in all_faults() if all(range.has(part) for part in fault.needs)]
    typer.echo(f"{len(here)} of {len(all_faults())} faults can be switched on here: prodproof range faults")
    if others := [other for other in names() if other != name]:
        typer.echo(f"other ranges: {', '.join(others)}")
    raise typer.Exit(Exit.FAILED if troubled else Exit.GO)


@app.command("faults")
def list_faults(pattern: Annotated[str, typer.Argument(metavar="[GLOB]")] = "*") -> None:
    """What can be broken, and in how many ways."""
    found = [fault for fault in all_faults() if fnmatchcase(fault.guarantee, pattern)]
    if not found:
        raise UserError(f"there is no fault for {inert(pattern)}")
    for fault in found:
        typer.echo(fault.guarantee)
        for number, switch in enumerate(fault.ways):
            typer.echo(f"  {number}  {words(switch)}")


@app.command("break")
def break_(
    guarantee: Guarantee,
    variant: Annotated[int, typer.Option(help="Another way to break it; prodproof range faults lists them.")] = 0,
    name: Name = DEFAULT,
) -> None:
    """Switch a fault on."""
    range = Range.open(place(name))
    fault = fault_of(guarantee)
    with range.locked():
        range.break_(fault, variant)
    typer.echo(f"broken: {guarantee} ({words(fault.ways[variant])})")
    typer.echo(f"look:  {_command('verify', name)} --only {guarantee}")
    typer.echo(f"mend:  {_command(f'mend {guarantee}', name)}")


@app.command()
def mend(
    guarantee: Annotated[str | None, typer.Argument(metavar="[ID]", help="All of them if left out.")] = None,
    name: Name = DEFAULT,
) -> None:
    """Switch a fault off, or all of them."""
    range = Range.open(place(name))
    with range.locked():
        if guarantee is not None and guarantee not in {item.guarantee for item in range.broken}:
            raise UserError(f"{inert(guarantee)} is not broken; {_command('status', name)} says what is")
        range.mend(guarantee)
    left = ", ".join(item.guarantee for item in range.broken)
    typer.echo(f"mended; still broken on purpose: {left}" if left else "mended: everything is healthy")


@app.command(context_settings={"ignore_unknown_options": True, "allow_extra_args": True, "help_option_names": []})
def verify(context: typer.Context, name: Name = DEFAULT) -> None:
    """`prodproof verify` from the range's vantage, with its authority and its names; takes the same options."""
    range = Range.open(place(name))
    trust = ["--trust"] if range.vantage.trusted else []
    raise typer.Exit(_from_vantage(range, [find_program("prodproof") or "prodproof", "verify", *trust, *context.args]))


@app.command()
def shell(name: Name = DEFAULT) -> None:
    """A shell at the range's vantage, in the shop's repository: prodproof verify, curl, git."""
    range = Range.open(place(name))
    typer.echo("prodproof verify --trust looks at the range; exit leaves")
    raise typer.Exit(_from_vantage(range, [os.environ.get("SHELL") or "/bin/sh"]))


def _from_vantage(range: Range, command: list[str]) -> int:
    path = os.pathsep.join((os.path.dirname(sys.executable), os.environ.get("PATH", os.defpath)))
    words = [*within(range.places.outside_namespace), *command]
    variables = {**os.environ, **range.vantage.variables(), "PATH": path, "CURL_CA_BUNDLE": str(range.vantage.ca_file)}
    try:
        return subprocess.run(words, cwd=range.repo.directory, env=variables, check=False).returncode
    except KeyboardInterrupt:
        return Exit.INTERRUPTED


def _command(words: str, name: str) -> str:
    return f"prodproof range {words}" + (f" --name {name}" if name != DEFAULT else "")


def _tell(range: Range, name: str) -> None:
    typer.echo(f"the shop is at {range.places.url()} on {range.places.outside_of} (curl --resolve; the authority is")
    typer.echo(f"{range.vantage.ca_file}), its repository and system file in {range.repo.directory}")
    typer.echo(f"look:  {_command('verify', name)}")
    typer.echo(f"break: {_command('break exposure.hsts', name)}")
    typer.echo(f"end:   {_command('down', name)}")


def _starting(part: str) -> None:
    if sys.stderr.isatty():
        typer.echo(f"\r\033[Kstarting {part}", err=True, nl=False)


def _done() -> None:
    if sys.stderr.isatty():
        typer.echo("\r\033[K", err=True, nl=False)
