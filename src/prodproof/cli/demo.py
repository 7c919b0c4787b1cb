"""`prodproof demo`: a small HTTPS site with a few flaws, verified with its repository, on this machine alone."""

import asyncio
import shutil
import tempfile
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from prodproof.cli.interrupt import run
from prodproof.cli.main import Exit
from prodproof.cli.reporting import render
from prodproof.cli.session import choose, open_session
from prodproof.cli.work import carry_out
from prodproof.range import Lab
from prodproof.range.components.django import shop_application
from prodproof.range.components.site import LOGIN_FORM, STAGING

app = typer.Typer(rich_markup_mode=None, add_completion=False)

SYSTEM_FILE = """\
# What the demo declares about itself. The site runs on this machine only, for as long as the demo does.
version = 1
name = "harbour"

[[environment]]
name = "production"
owner = "ana"

[[environment]]
name = "staging"
kind = "staging"
owner = "ana"

[[repository]]
path = "harbour"

[[entry_point]]
url = "{url}"
purpose = "the shop"
owner = "ana"
canonical = true
allow = ["errors"]

[[entry_point]]
url = "{plain}"
purpose = "redirect to HTTPS"
owner = "ana"
allow = ["errors"]

[[entry_point]]
url = "{staging}"
environment = "staging"
purpose = "review"
owner = "ana"
login = "file:{login}"

[advisories]
source = "osv-export:osv"

[[person]]
id = "ana"
name = "Ana Harbour"
email = "ana@harbour.example"

[[owner]]
of = "*"
person = "ana"

[[runbook]]
name = "incident"
path = "runbooks/incident.md"
owner = "ana"
covers = ["incident"]
"""


@app.command()
def demo(
    report: Annotated[Path, typer.Option("--report", metavar="FILE", help="Where to write the HTML report.")] = Path(
        "prodproof-demo.html"
    ),
    keep: Annotated[
        Path | None,
        typer.Option("--keep", metavar="DIR", help="Keep the demo's repository, system file and ledger here."),
    ] = None,
    wait: Annotated[bool, typer.Option("--wait", help="Keep the site running until Ctrl-C, to look at it.")] = False,
) -> None:
    """Start a small real HTTPS site with a few flaws, verify it and its repository, and show the report.

    Everything stays on this machine: the site listens on a loopback address, its certificate is of a private
    authority made for the occasion, and nothing outside is asked.
    """
    if shutil.which("git") is None:
        typer.echo("the demo needs git: apt-get install git", err=True)
        raise typer.Exit(Exit.WRONG_USE)
    with tempfile.TemporaryDirectory(prefix="prodproof-demo-") as made:
        directory = Path(made)
        if keep is not None:
            if keep.exists() and any(keep.iterdir()):
                typer.echo(f"{keep} is not empty; name a new directory", err=True)
                raise typer.Exit(Exit.WRONG_USE)
            keep.mkdir(parents=True, exist_ok=True)
            directory = keep.resolve()
        with Lab(directory) as lab:
            _run(lab, directory, report)
            if wait:
                _wait(lab)


def _run(lab: Lab, directory: Path, report: Path) -> None:
    now = datetime.now(UTC)
    add_flaws(lab)
    system_file = directory / "prodproof.toml"
    system_file.write_text(system_text(lab))
    # Its command carries made-up keys in its arguments, which a real system file would leave to the environment.
    session = open_session(str(system_file), trust=True, settings=lab.settings, today=now.date())
    session = replace(session, declared=replace(session.declared, django=(shop_application(directory),)))
    chosen = choose((), ())
    verification = run(carry_out(session, chosen, now=now))
    render(verification, session, "text", None, html=report)
    typer.echo("this was a demo with flaws put in on purpose; on your own repository: prodproof init, prodproof verify")


def system_text(lab: Lab) -> str:
    """The demo's system file."""
    lab.advisories  # noqa: B018 (writes the export that the file names)
    site = lab.site
    return SYSTEM_FILE.format(
        url=site.url(),
        plain=site.http_url(),
        staging=site.url(STAGING),
        login=site.login_file,
    )


def add_flaws(lab: Lab) -> None:
    """What is wrong with the demo, one line each."""
    lab.site.main.headers["Strict-Transport-Security"] = "max-age=2592000"
    del lab.site.main.page_headers["Content-Security-Policy"]
    lab.site.main.pages["/admin/"] = LOGIN_FORM
    lab.repo.replace("monitoring/alerts.yml", "runbook_url:", "dashboard_url:")


def _wait(lab: Lab) -> None:
    typer.echo(f"the site is at {lab.site.url()} on {lab.settings.resolve['harbour.example']}; Ctrl-C ends it")
    try:
        while True:
            asyncio.run(asyncio.sleep(3600))
    except KeyboardInterrupt:
        typer.echo("ended")
