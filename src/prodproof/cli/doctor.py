"""`prodproof doctor`: what is missing for which guarantees, and the least grant to give, ready to paste."""

import asyncio
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Annotated

import typer

from prodproof.cli.main import Exit
from prodproof.cli.options import Django, Env, PathTarget, State, Trust
from prodproof.cli.session import Session, choose, open_session, tool
from prodproof.cli.work import plan_for
from prodproof.facts import Reason, Unseen
from prodproof.facts.declared import (
    Backup,
    DataStore,
    DjangoApp,
    EntryPoint,
    Host,
    Permission,
    Repository,
    Zone,
)
from prodproof.guarantees import Entry, catalogue
from prodproof.ledger import open_ledger
from prodproof.plan import Plan, Step
from prodproof.reach.world import World
from prodproof.reports.inert import plain
from prodproof.runner.ownership import owned
from prodproof.verdicts import Kind

app = typer.Typer(rich_markup_mode=None, add_completion=False)

INSTALL = {
    "git": "apt-get install git",
    "zizmor": "pip install zizmor",
    "bandit": "pip install bandit",
    "pip-audit": "pip install pip-audit",
    "checkov": "pipx install checkov        (large: an environment of its own)",
}
DECLARE = {
    EntryPoint: ("[[entry_point]]", 'url = "https://shop.example"', 'purpose = "the shop"', 'owner = "ana"'),
    Host: ("[[host]]", 'name = "shop.example"', 'ports = [{ number = 443, purpose = "the site" }]', 'owner = "ana"'),
    Zone: ("[[zone]]", 'name = "shop.example"', 'file = "dns/shop.example.zone"'),
    DjangoApp: ("[[django]]", 'manage = ["docker", "compose", "exec", "-T", "web", "python", "manage.py"]'),
    Repository: ("[[repository]]", 'path = "."'),
    DataStore: ("[[data_store]]", 'name = "database"', 'kind = "postgres"', 'rto = "4h"', 'rpo = "5m"'),
    Backup: ("[[backup]]", 'name = "nightly"', 'kind = "pgbackrest"', 'stanza = "main"', 'store = "database"'),
}
CONFIGURE = ("[advisories]", 'source = "osv-export:advisories/"     # or "osv" to ask the network')
POSTURE = (
    "# In the [[service]] of the cloud account, beside its account id; keep the folder out of git:",
    'posture = "posture/aws.ocsf.json"',
    "# What writes it, every night (pipx install prowler; or azure, gcp):",
    "# rm -f posture/aws.ocsf.json; prowler aws --output-formats json-ocsf --output-directory posture"
    " --output-filename aws",
)
KNOWN_REASONS = (Reason.DENIED, Reason.TOOL_MISSING, Reason.NOT_CONFIGURED, Reason.NOT_PERMITTED, Reason.NOT_DECLARED)


@dataclass
class Remedy:
    """One thing to do, and the guarantees that it would help to know."""

    what: str
    paste: tuple[str, ...]
    into: str
    """Where the lines go: `prodproof.toml`, `shell`, or empty."""

    guarantees: set[str] = field(default_factory=set)


@app.command()
def doctor(
    target: PathTarget = ".",
    guarantee: Annotated[
        list[str] | None, typer.Argument(metavar="[GUARANTEE]…", help="Only for these guarantees.")
    ] = None,
    env: Env = None,
    state: State = None,
    trust: Trust = False,
    django: Django = None,
) -> None:
    """What is missing (tools, credentials, rights) for which guarantees, and the least grant, ready to paste.

    `prodproof doctor exposure.no-stale-dns` asks about one guarantee of the system here.
    """
    known = {item.id for item in catalogue()}
    named = list(guarantee or ())
    if target in known:
        target, named = ".", [target, *named]
    session = open_session(target, env=env, state=state, trust=trust, django=django, today=datetime.now(UTC).date())
    chosen = choose(named, ())
    for note in session.notes:
        typer.echo(f"note: {note}")
    remedies = sorted(_remedies(session, chosen), key=lambda item: -len(item.guarantees))
    for remedy in remedies:
        _print(remedy)
    beyond = [item.id for item in chosen if not item.guarantee.can_break]
    if beyond and named:
        typer.echo(f"not verifiable by this version: {', '.join(beyond)}")
    if not remedies:
        typer.echo("nothing is missing for what this version can verify")
    raise typer.Exit(Exit.GO)


def _remedies(session: Session, chosen: Sequence[Entry]) -> Iterable[Remedy]:
    found: dict[str, Remedy] = {}

    def add(remedy: Remedy, ids: Iterable[str]) -> None:
        found.setdefault(remedy.what, remedy).guarantees.update(ids)

    world = World(declared=session.declared, now=datetime.now(UTC), settings=session.settings, tools=tool)
    plan = plan_for(session, chosen, "outside")
    told = _told(session, plan, world.now)
    for need in plan.drills:
        if need.why_not is not None:
            add(_for_reason(replace(need.why_not, detail=f"{need.scope.name}: {need.why_not.detail}")), need.guarantees)
    for step in plan.steps:
        why_not = step.why_not
        if why_not is None and step.probe.permission is not None:
            why_not = asyncio.run(_unowned(step, world))
        if why_not is not None:
            add(_remedy(step, why_not, session), step.guarantees)
    for need in plan.drills:
        if need.declared and need.why_not is None and need.key not in told:
            add(Remedy(f"{need.scope.name} is to be exercised", (need.command,), "shell"), need.guarantees)
    for id, unseen in _remembered(session, chosen):
        if not any(id in remedy.guarantees for remedy in found.values()):
            add(_for_reason(unseen), [id])
    return found.values()


async def _unowned(step: Step, world: World) -> Unseen | None:
    answer = await owned(step.about, world)
    return answer if isinstance(answer, Unseen) else None


def _told(session: Session, plan: Plan, now: datetime) -> set[str]:
    """Keys of the drills that were carried out, and not too long ago."""
    if not plan.drills or not _has_ledger(session):
        return set()
    good_for = {item.id: item.good_for for item in plan.guarantees}
    with open_ledger(session.state, system=session.declared.system) as ledger:
        known = ledger.latest_surveys((need.key for need in plan.drills), session.declared.environment.name)
    return {
        need.key
        for need in plan.drills
        for survey in known.get(need.key, ())
        for seen in survey.observations
        if not isinstance(seen.seen, Unseen) and now - seen.at <= min(good_for[id] for id in need.guarantees)
    }


def _has_ledger(session: Session) -> bool:
    return bool(os.environ.get("PRODPROOF_DATABASE_URL")) or (session.state / "ledger.sqlite3").exists()


def _remembered(session: Session, chosen: Sequence[Entry]) -> Iterable[tuple[str, Unseen]]:
    """What the last run could not see, where there was one."""
    if not _has_ledger(session):
        return
    ids = {item.id for item in chosen}
    with open_ledger(session.state, system=session.declared.system) as ledger:
        latest = ledger.latest_results(session.declared.environment.name)
    for id, result in latest.items():
        for row in result.rows:
            reason = row.verdict.reason
            if id in ids and row.verdict.kind is Kind.UNKNOWN and reason in KNOWN_REASONS and reason is not None:
                yield id, Unseen(reason, row.verdict.message)


def _remedy(step: Step, why_not: Unseen, session: Session) -> Remedy:
    if why_not.why is Reason.NOT_PERMITTED and step.about is not None:
        return _permission(step, why_not, session)
    if why_not.why in (Reason.NOT_DECLARED, Reason.NOT_CONFIGURED) and step.about is None:
        return Remedy(why_not.detail, DECLARE.get(step.probe.per, ()), "prodproof.toml")
    if why_not.why is Reason.TOOL_MISSING:
        tools = [name for name in step.probe.tools if tool(name) is None]
        return Remedy(f"{', '.join(tools)} is not installed", tuple(INSTALL.get(name, name) for name in tools), "shell")
    return _for_reason(why_not)


def _permission(step: Step, why_not: Unseen, session: Session) -> Remedy:
    permission = step.probe.permission
    if session.declared.visitor:
        return Remedy(why_not.detail, (), "")
    if permission is not None and permission not in getattr(step.about, "allow", frozenset()):
        table = "host" if isinstance(step.about, Host) else "entry_point"
        return Remedy(
            f"{step.scope.name} has not opted in to {_meaning(permission)}",
            (f'allow = ["{permission}"]     # in the [[{table}]] of {step.scope.name}',),
            "prodproof.toml",
        )
    if not session.declared.trusted:
        where = session.system_file or session.declared.root or "."
        return Remedy("trust is not recorded for this system file", (f"prodproof trust {where}",), "shell")
    return Remedy(why_not.detail, (), "")


def _meaning(permission: Permission) -> str:
    return {
        Permission.PORT_SCAN: "port scans",
        Permission.ERRORS: "provoking error answers",
        Permission.CANARY: "sending made-up secrets to what fails",
        Permission.LOGIN: "logging in with it",
        Permission.TEST_TRAFFIC: "test traffic",
        Permission.DRILLS: "drills",
    }[permission]


def _for_reason(unseen: Unseen) -> Remedy:
    if unseen.why is Reason.NOT_CONFIGURED and "advisor" in unseen.detail:
        return Remedy(unseen.detail, CONFIGURE, "prodproof.toml")
    if unseen.why is Reason.NOT_CONFIGURED and "posture" in unseen.detail:
        return Remedy(unseen.detail, POSTURE, "prodproof.toml")
    if unseen.why is Reason.TOOL_MISSING:
        names = [name for name in INSTALL if name in unseen.detail]
        return Remedy(unseen.detail, tuple(INSTALL[name] for name in names), "shell")
    return Remedy(f"{unseen.why}: {unseen.detail}", (), "")


def _print(remedy: Remedy) -> None:
    typer.echo(plain(remedy.what))
    for line in remedy.paste:
        typer.echo(f"    {line}")
    typer.echo(f"  for {', '.join(sorted(remedy.guarantees))}")
    typer.echo("")
