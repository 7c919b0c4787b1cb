"""`prodproof verify`: look, judge, report."""

from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from prodproof.cli.interrupt import run
from prodproof.cli.options import (
    Areas,
    CaFile,
    Django,
    Env,
    Only,
    Rate,
    Resolve,
    ScanRate,
    Source,
    State,
    Target,
    Trust,
    Vantage,
    WebPorts,
)
from prodproof.cli.session import choose, open_session
from prodproof.cli.settings import settings_from

app = typer.Typer(rich_markup_mode=None, add_completion=False)


class Format(StrEnum):
    TEXT = "text"
    JSON = "json"
    SARIF = "sarif"
    JUNIT = "junit"
    HTML = "html"
    MD = "md"


@app.command()
def verify(
    target: Target = ".",
    only: Only = None,
    area: Areas = None,
    env: Env = None,
    vantage: Vantage = "outside",
    plan: Annotated[bool, typer.Option("--plan", help="Print what would be looked at, and what not and why.")] = False,
    since: Annotated[
        str | None,
        typer.Option("--since", metavar="REF", help="Only what is new against this base, for pull requests."),
    ] = None,
    format: Annotated[Format, typer.Option(help="How to report.")] = Format.TEXT,
    output: Annotated[Path | None, typer.Option("-o", "--output", help="Write the report to this file.")] = None,
    state: State = None,
    trust: Trust = False,
    fresh: Annotated[bool, typer.Option("--fresh", help="Look again even where an earlier answer would do.")] = False,
    public: Annotated[
        bool, typer.Option("--public", help="Leave places and details out, for reports that strangers can read.")
    ] = False,
    verbose: Annotated[bool, typer.Option("-v", "--verbose", help="List what holds, and every subject.")] = False,
    django: Django = None,
    ca_file: CaFile = None,
    rate: Rate = 10.0,
    resolve: Resolve = None,
    source_address: Source = None,
    web_ports: WebPorts = (80, 443),
    scan_rate: ScanRate = 1000.0,
) -> None:
    """Verify a repository, a declared system or a URL: what holds, what is broken, what is unknown and why."""
    from prodproof.cli.reporting import render
    from prodproof.cli.work import carry_out, exit_code, print_plan

    now = datetime.now(UTC)
    settings = settings_from(
        ca_file=ca_file,
        rate=rate,
        resolve=resolve or (),
        source_address=source_address,
        web_ports=web_ports,
        scan_rate=scan_rate,
    )
    session = open_session(
        target, env=env, state=state, trust=trust, django=django, settings=settings, today=now.date()
    )
    chosen = choose(only or (), area or ())
    if plan:
        print_plan(session, chosen, vantage)
        return
    if since is not None:
        from prodproof.cli.since import carry_out_since

        work = carry_out_since(session, chosen, since, now=now, vantage=vantage)
    else:
        work = carry_out(session, chosen, now=now, vantage=vantage, fresh=fresh)
    verification = run(work)
    render(verification, session, format.value, output, public=public, verbose=verbose, whole=not only and not area)
    raise typer.Exit(exit_code(verification))
