"""`prodproof gate`: go or no-go, from what the ledger knows."""

import json
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any

import typer

from prodproof.cli.interrupt import run
from prodproof.cli.main import Exit
from prodproof.cli.options import (
    CaFile,
    Django,
    Env,
    PathTarget,
    Rate,
    Resolve,
    ScanRate,
    Source,
    State,
    Trust,
    Vantage,
    WebPorts,
)
from prodproof.cli.session import Session, choose, open_session
from prodproof.cli.settings import settings_from
from prodproof.cli.work import carry_out, judge_again
from prodproof.facts import Unseen
from prodproof.gate import Decision, Verification, decide_gate
from prodproof.gate import State as Standing
from prodproof.reach.git.repository import RepositoryReader
from prodproof.reports.inert import plain
from prodproof.reports.json_report import as_data, timestamp
from prodproof.reports.view import SYMBOLS, headline, next_line, running_waivers
from prodproof.runner.verify import open_repositories
from prodproof.system.errors import UserError, inert

app = typer.Typer(rich_markup_mode=None, add_completion=False)


class Format(StrEnum):
    TEXT = "text"
    JSON = "json"


@app.command()
def gate(
    target: PathTarget = ".",
    env: Env = None,
    release: Annotated[
        str | None, typer.Option("--release", metavar="REF", help="The release to decide about; HEAD if left out.")
    ] = None,
    fresh: Annotated[bool, typer.Option("--fresh", help="Verify first.")] = False,
    format: Annotated[Format, typer.Option(help="How to print it.")] = Format.TEXT,
    verbose: Annotated[bool, typer.Option("-v", "--verbose", help="List what cannot be verified yet too.")] = False,
    state: State = None,
    trust: Trust = False,
    vantage: Vantage = "outside",
    django: Django = None,
    ca_file: CaFile = None,
    rate: Rate = 10.0,
    resolve: Resolve = None,
    source_address: Source = None,
    web_ports: WebPorts = (80, 443),
    scan_rate: ScanRate = 1000.0,
) -> None:
    """Go or no-go for a release and environment, with everything that stands in the way.

    Judges what the ledger knows; evidence that is too old, or about another commit, is unknown. Exit code 0 means go;
    1 that something in the scope is broken, 3 that nothing is broken but something is unknown.
    """
    now = datetime.now(UTC)
    settings = settings_from(
        ca_file=ca_file,
        rate=rate,
        resolve=resolve or (),
        source_address=source_address,
        web_ports=web_ports,
        scan_rate=scan_rate,
    )
    if "://" in target:
        raise UserError("a gate decides about a declared system or a repository, not about a bare URL")
    session = open_session(
        target, env=env, state=state, trust=trust, django=django, settings=settings, today=now.date()
    )
    chosen = choose((), ())
    if fresh:
        run(carry_out(session, chosen, now=now, vantage=vantage))
    commits = asked_commits(session, release)
    verification = judge_again(session, chosen, now=now, vantage=vantage, release=release, commits=commits)
    decision = decide_gate(verification.standings, session.declared.gate)
    if format is Format.JSON:
        typer.echo(json.dumps(decision_data(decision, verification), indent=2, ensure_ascii=False))
    else:
        _print(decision, verification, target, verbose)
    raise typer.Exit(exit_code(decision))


def exit_code(decision: Decision) -> Exit:
    """0 go; 1 something in the scope is broken; 3 something is unknown, or the scope is empty."""
    if decision.go:
        return Exit.GO
    return Exit.BROKEN if decision.broken else Exit.UNKNOWN


def asked_commits(session: Session, release: str | None) -> frozenset[str] | None:
    """The commits that the gate is about: the release's in the first repository, HEAD in the others.

    A work tree with local changes is of no commit, so its evidence is stale for every release.
    """
    commits: set[str] = set()
    readers = list(open_repositories(session.declared).values())
    for number, reader in enumerate(readers):
        if not isinstance(reader, RepositoryReader) or reader.git is None:
            continue
        name = release if release is not None and number == 0 else "HEAD"
        answer = reader.git("rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}", timeout=10)
        if isinstance(answer, Unseen) or answer.code != 0:
            if release is not None and number == 0:
                raise UserError(f"--release {inert(release)}: there is no such commit in {reader.directory}")
            continue
        commits.add(answer.stdout.decode().strip())
    if release is not None and not commits:
        raise UserError("--release needs a git repository")
    return frozenset(commits) or None


def decision_data(decision: Decision, verification: Verification) -> dict[str, Any]:
    """The stable JSON form of a decision."""
    whole = as_data(verification)
    ids = {item.entry.id for item in decision.in_the_way}
    outside = decision.outside
    return {
        "schema": "prodproof/gate/1",
        "go": decision.go,
        "system": whole["system"],
        "environment": whole["environment"],
        "release": verification.release,
        "commit": verification.commit,
        "decided_at": timestamp(verification.finished_at),
        "scope": {
            "name": decision.scope.scope,
            "owner": decision.scope.owner or None,
            "include": list(decision.scope.include),
            "inside": len(decision.inside),
            "outside": {"total": outside.total, "broken": outside.broken, "unknown": outside.unknown},
        },
        "broken": decision.broken,
        "unknown": decision.unknown,
        "in_the_way": [item for item in whole["guarantees"] if item["id"] in ids],
        "refresh": refresh_command(decision, "."),
    }


def refresh_command(decision: Decision, target: str) -> str | None:
    """The command that would look again at what is stale or was not seen; None when there is nothing of the kind."""
    ids = [item.entry.id for item in decision.refreshable]
    if not ids:
        return None
    where = "" if target == "." else f" {target}"
    if len(ids) > 5:
        return f"prodproof verify{where}"
    return f"prodproof verify{where} " + " ".join(f"--only {id}" for id in ids)


def _print(decision: Decision, verification: Verification, target: str, verbose: bool) -> None:
    commit = f" · commit {verification.commit[:12]}" if verification.commit else ""
    release = f" · release {plain(verification.release)}" if verification.release else ""
    scope = decision.scope
    owner = f", owned by {plain(scope.owner)}" if scope.owner else ""
    typer.echo(f"{plain(verification.system)} · {plain(verification.environment)}{release}{commit}")
    typer.echo(f"scope {scope.scope}{owner}: {len(decision.inside)} of {len(verification.standings)} guarantees")
    for note in (*verification.notes, *running_waivers(verification)):
        typer.echo(f"note: {plain(note)}")
    typer.echo("")
    for item in decision.in_the_way if verbose else decision.attention:
        reason = f" ({item.reason})" if item.reason else ""
        severity = item.entry.guarantee.severity.value
        typer.echo(f"  {SYMBOLS[item.state]} {item.entry.id:<40} {severity:<9} {plain(headline(item))}{reason}")
        if item.state is Standing.UNKNOWN:
            typer.echo(f"      next  {next_line(item)}")
    if decision.not_yet and not verbose:
        typer.echo(f"  ? {len(decision.not_yet)} more that this version cannot verify yet; -v lists them")
        typer.echo("      next  check them by hand, or own a smaller scope: [gate] in prodproof.toml")
    waived = [item for item in decision.inside if item.state is Standing.WAIVED]
    for item in waived:
        typer.echo(f"  {SYMBOLS[item.state]} {item.entry.id:<40} {plain(headline(item))}")
    outside = decision.outside
    typer.echo("")
    typer.echo(f"outside the scope: {outside.total}, of which {outside.broken} broken and {outside.unknown} unknown")
    if command := refresh_command(decision, target):
        typer.echo(f"to refresh: {command}")
    if decision.go:
        typer.echo("go: nothing in the scope stands in the way")
    else:
        typer.echo(f"no-go: {decision.broken} broken and {decision.unknown} unknown stand in the way")
