"""What `verify`, `gate` and `demo` have in common: plan, observe, judge, and put it together."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import typer

from prodproof import __version__
from prodproof.cli.main import Exit
from prodproof.cli.progress import Display
from prodproof.cli.session import Session, tool
from prodproof.facts import Unseen
from prodproof.facts.declared import Declared, Host
from prodproof.gate import State, Verification, stand
from prodproof.gate.memory import last_broken
from prodproof.gate.standing import sort_waivers
from prodproof.guarantees import Entry
from prodproof.ledger import Ledger, LedgerError, open_ledger
from prodproof.ledger.keys import fingerprint_key
from prodproof.plan import Plan, make_plan
from prodproof.reach.git.repository import RepositoryReader
from prodproof.reach.programs import build_of
from prodproof.reach.world import Settings, World
from prodproof.reports.inert import plain
from prodproof.runner.ownership import owned
from prodproof.runner.verify import Order, judge_known, open_repositories, verify
from prodproof.verdicts import Result


async def carry_out(
    session: Session, chosen: Sequence[Entry], *, now: datetime, vantage: str = "outside", fresh: bool = False
) -> Verification:
    """Look at everything that the chosen claims need, and judge them."""
    plan = plan_for(session, chosen, vantage)
    with open_ledger(session.state, system=session.declared.system) as ledger:
        run = ledger.start_run(
            session.declared.environment.name,
            now,
            tool_version=__version__,
            commit=commit_of(session.declared),
            vantages=(vantage,),
        )
        notes = (*session.notes, *narrowed(ledger, session.declared))
        ledger.append_declaration(session.declared, now, run)
        order = Order(
            run=run,
            declared=session.declared,
            plan=plan,
            now=now,
            settings=keyed(session),
            state=session.state,
            tools=tool,
            vantage=vantage,
            fresh=fresh,
            owned=owned,
        )
        with Display(len(plan.steps)) as display:
            results = await verify(order, ledger, display)
        finished = datetime.now(UTC)
        ledger.finish_run(run, finished)
        notes += signed(ledger, finished)
        return put_together(session, chosen, results, ledger, now, finished, notes=notes, commit=run.commit)


def keyed(session: Session) -> Settings:
    """The run's settings with the system's fingerprint key; without it where no key can be kept: none is then made."""
    try:
        return replace(session.settings, fingerprint_key=fingerprint_key(session.declared.system))
    except LedgerError:
        return session.settings


def signed(ledger: Ledger, at: datetime) -> tuple[str, ...]:
    """Sign the ledger's head; a note when that is not possible, for a run without a signature is still a run."""
    try:
        ledger.checkpoint(at)
    except LedgerError as error:
        return (f"the evidence is not signed: {error}",)
    return ()


def judge_again(
    session: Session,
    chosen: Sequence[Entry],
    *,
    now: datetime,
    vantage: str = "outside",
    release: str | None = None,
    commits: frozenset[str] | None = None,
) -> Verification:
    """Judge the chosen claims from what the ledger knows, looking at nothing."""
    plan = plan_for(session, chosen, vantage)
    with open_ledger(session.state, system=session.declared.system) as ledger:
        results = judge_known(plan, ledger, session.declared, now, commits)
        made = put_together(session, chosen, results, ledger, now, now, notes=session.notes)
        return replace(made, release=release, commit=next(iter(sorted(commits)), None) if commits else None)


def plan_for(session: Session, chosen: Sequence[Entry], vantage: str) -> Plan:
    """The plan for some claims."""
    return make_plan(
        session.declared,
        [item.guarantee for item in chosen],
        vantage=vantage,
        has_tool=lambda name: tool(name) is not None,
        build_of=build_of,
    )


def put_together(
    session: Session,
    chosen: Sequence[Entry],
    results: Iterable[Result],
    ledger: Ledger,
    started: datetime,
    finished: datetime,
    *,
    notes: tuple[str, ...] = (),
    commit: str | None = None,
) -> Verification:
    """A run as reports read it, with waivers applied."""
    declared = session.declared
    environment = declared.environment.name
    by_id = {result.guarantee.id: result for result in results}
    standings = stand(
        [(item, by_id[item.id]) for item in chosen],
        declared.waivers,
        environment,
        started.date(),
        last_broken(ledger, declared.waivers, environment),
    )
    expired, ending, unused = sort_waivers(declared.waivers, standings, environment, started.date())
    head = ledger.head()
    seen = {row.row.vantage for item in standings for row in item.rows if row.row.vantage}
    return Verification(
        system=declared.system,
        environment=environment,
        release=None,
        commit=commit,
        started_at=started,
        finished_at=finished,
        tool_version=__version__,
        vantages=tuple(sorted(seen)),
        standings=standings,
        expired_waivers=expired,
        ending_waivers=ending,
        unused_waivers=unused,
        inferred=declared.inferred,
        notes=notes,
        evidence_count=head.sequence,
        head=head.hash.hex(),
    )


def narrowed(ledger: Ledger, declared: Declared) -> tuple[str, ...]:
    """What was declared at the last run and is not any more: said aloud, for less to look at can hide a fault."""
    before = ledger.latest_declaration(declared.environment.name)
    if before is None:
        return ()
    gone: list[str] = []
    for what, old, new in (
        ("entry point", before.entry_points, declared.entry_points),
        ("host", before.hosts, declared.hosts),
        ("repository", before.repositories, declared.repositories),
        ("zone", before.zones, declared.zones),
        ("data store", before.data_stores, declared.data_stores),
    ):
        left = {item.subject for item in new}
        gone += [f"{what} {item.subject.name}" for item in old if item.subject not in left]
    if not gone:
        return ()
    return (f"no longer declared since the last run: {plain(', '.join(gone))}",)


def commit_of(declared: Declared) -> str | None:
    """The commit of the system's first repository, or None."""
    readers = open_repositories(declared)
    first = next(iter(readers.values()), None)
    return first.commit if isinstance(first, RepositoryReader) else None


def exit_code(verification: Verification) -> Exit:
    """1 for anything broken, else 3 for anything unknown, else 0."""
    states = {item.state for item in verification.standings}
    if State.BROKEN in states:
        return Exit.BROKEN
    return Exit.UNKNOWN if State.UNKNOWN in states else Exit.GO


def print_plan(session: Session, chosen: Sequence[Entry], vantage: str) -> None:
    """Print which probe would look at which subject, from where, for how many claims, or why not."""
    for note in session.notes:
        typer.echo(f"note: {note}")
    plan = plan_for(session, chosen, vantage)
    world = World(declared=session.declared, now=datetime.now(UTC), settings=session.settings, tools=tool)
    looks = 0
    for step in plan.steps:
        why_not = step.why_not
        if why_not is None and step.probe.permission is not None:
            why_not = asyncio.run(_owned(step.about, world))
        looks += why_not is None
        what = f"{step.probe.name:<24} {plain(str(step.scope)):<40} {step.vantage:<9}"
        answers = ", ".join(step.guarantees)
        typer.echo(f"  {'look' if why_not is None else 'not ':<5} {what} {answers}")
        if why_not is not None:
            typer.echo(f"        {why_not.why}: {plain(why_not.detail)}")
    for need in plan.drills:
        what = f"{need.drill.name:<24} {plain(str(need.scope)) if need.declared else 'nothing declared':<40} {'':<9}"
        typer.echo(f"  {'drill':<5} {what} {', '.join(need.guarantees)}")
        if need.why_not is not None:
            typer.echo(f"        {need.why_not.why}: {plain(need.why_not.detail)}")
    if plan.drills:
        typer.echo("what drills told the last time is judged; verify carries none out: prodproof drill list")
    without = sum(not item.guarantee.can_break for item in chosen)
    typer.echo(f"{looks} looks, {len(plan.steps) - looks} not possible; {without} guarantees have no probe yet")
    typer.echo(f"state {session.state}")


async def _owned(about: Any, world: World) -> Unseen | None:
    return await owned(about, world) if isinstance(about, Host) or hasattr(about, "authority") else None
