"""`prodproof trace`: do these very values occur there, or anything that looks like a secret?"""

import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from prodproof.cli.main import Exit
from prodproof.cli.options import CaFile, Rate, Resolve, Source
from prodproof.system.errors import UserError

app = typer.Typer(rich_markup_mode=None, add_completion=False)

Format = Annotated[str, typer.Option("--format", help="text or json.")]
Value = Annotated[
    list[str] | None,
    typer.Option("--value", metavar="REF", help="A value, by reference: env:NAME, file:PATH, fd:N."),
]
Values = Annotated[
    list[str] | None,
    typer.Option("--values", metavar="REF", help="Many values, one a line: file:PATH or fd:N."),
]
Where = Annotated[
    list[str] | None,
    typer.Option(
        "--in",
        metavar="WHERE",
        help="git:PATH, a file or folder, postgres:NAME, process:, https://HOST/, s3://BUCKET/PREFIX, journal:",
    ),
]


@app.command()
def trace(
    value: Value = None,
    values: Values = None,
    as_is: Annotated[
        bool, typer.Option("--as-is", help="Values as they are, in no encoding: about twice as fast.")
    ] = False,
    patterns: Annotated[bool, typer.Option("--patterns", help="Search for all that looks like a secret.")] = False,
    where: Where = None,
    staged: Annotated[
        bool, typer.Option("--staged", help="Only what is staged in this repository: for a pre-commit hook.")
    ] = False,
    system: Annotated[
        Path | None, typer.Option("--system", help="The system file with further rules, and what is allowed.")
    ] = None,
    trust: Annotated[bool, typer.Option("--trust", help="Allow what the system file resolves, for this run.")] = False,
    form: Format = "text",
    every: Annotated[bool, typer.Option("--every", help="Every version in a history, not each secret once.")] = False,
    fresh: Annotated[bool, typer.Option("--fresh", help="Search again what was searched before.")] = False,
    threads: Annotated[
        int | None, typer.Option("--threads", min=1, max=64, help="As many as processors if not.")
    ] = None,
    ca_file: CaFile = None,
    rate: Rate = 10.0,
    resolve: Resolve = None,
    source_address: Source = None,
) -> None:
    """Search for exact values, in every encoding, and for patterns of secrets. Exit code 1 when something was found.

    Values are never shown, written or put into arguments: a finding names the place and a keyed fingerprint.

    prodproof trace --value env:STRIPE_KEY --in git:. --in /var/log

    prodproof trace --patterns --in git:.
    """
    if form not in ("text", "json"):
        raise UserError(f"--format {form}: there are text and json")
    if not (value or values or patterns):
        raise UserError("nothing to search for: name --value REF, --values REF or --patterns")
    if as_is and not (value or values):
        raise UserError("--as-is is about values: name --value REF or --values REF")
    if staged and where:
        raise UserError("--staged is a place of its own: leave --in out")
    from prodproof.cli.tracing import Options, Tracing

    options = Options(ca_file, rate, resolve or (), source_address)
    work = Tracing.open(system, options, trust=trust, fresh=fresh, quick=staged)
    outcome = work.search(
        value or (), values or (), as_is=as_is, patterns=patterns, where=where or _usual(staged), staged=staged,
        every=every, threads=threads, show=form == "text",
    )  # fmt: skip
    if form == "json":
        typer.echo(json.dumps(work.as_json(outcome), indent=1, ensure_ascii=False))
    else:
        for line in work.as_text(outcome, color=_color()):
            typer.echo(line)
    if outcome.interrupted:
        raise typer.Exit(Exit.INTERRUPTED)
    if outcome.findings:
        raise typer.Exit(Exit.BROKEN)
    if not outcome.complete:
        raise typer.Exit(Exit.UNKNOWN)


def _usual(staged: bool) -> Sequence[str]:
    if staged:
        return ()
    return ("git:.",) if Path(".git").exists() else (".",)


def _color() -> bool:
    return sys.stdout.isatty() and "NO_COLOR" not in os.environ
