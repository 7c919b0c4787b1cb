"""`verify --since REF`: only what is new against a base, for pull requests."""

import tempfile
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from prodproof.cli.session import Session, tool
from prodproof.cli.work import carry_out, plan_for
from prodproof.facts import Unseen
from prodproof.facts.declared import Repository
from prodproof.gate import Standing, State, Verification
from prodproof.guarantees import Entry
from prodproof.plan import Plan
from prodproof.reach.git.repository import RepositoryReader
from prodproof.reach.process import run
from prodproof.reach.world import World
from prodproof.runner.observe import observe
from prodproof.runner.verify import gather
from prodproof.system.errors import UserError, inert
from prodproof.verdicts import Kind, decide


async def carry_out_since(
    session: Session, chosen: Sequence[Entry], since: str, *, now: datetime, vantage: str
) -> Verification:
    """Verify, then leave out every finding that the base had too, and every claim without a new one.

    Only claims that are answered from repositories are compared: what a host answers has no base. Raises UserError
    for a base that does not exist.
    """
    compared = [item for item in chosen if _from_repositories(item, session, vantage)]
    with tempfile.TemporaryDirectory(prefix="prodproof-base-") as directory:
        base = await _base(session, compared, since, Path(directory), now, vantage)
    verification = await carry_out(session, compared, now=now, vantage=vantage)
    standings = tuple(kept for item in verification.standings if (kept := _new(item, base)) is not None)
    left_out = len(verification.standings) - len(standings)
    note = f"only what is new since {inert(since)}; {left_out} guarantees have nothing new"
    return replace(verification, standings=standings, notes=(*verification.notes, note))


def _from_repositories(item: Entry, session: Session, vantage: str) -> bool:
    plan = plan_for(session, [item], vantage)
    return bool(plan.steps) and not plan.drills and all(step.probe.per is Repository for step in plan.steps)


async def _base(
    session: Session, chosen: Sequence[Entry], since: str, directory: Path, now: datetime, vantage: str
) -> dict[str, Any]:
    """By claim: the findings of the base, and whether the base was unknown."""
    root = Path(session.declared.root or ".")
    readers: dict[str, RepositoryReader | Unseen] = {}
    for number, item in enumerate(session.declared.repositories):
        readers[item.path] = _checked_out(root / item.path, since, directory / str(number))
    plan: Plan = plan_for(session, chosen, vantage)
    world = World(declared=session.declared, now=now, settings=session.settings, repositories=readers, tools=tool)
    known = {
        step.key: await observe(step, world, lambda step, error: "the base could not be read") for step in plan.steps
    }
    evidence = gather(plan, known)
    results = {item.id: decide(item, evidence, session.declared, now) for item in plan.guarantees}
    return {id: _marks(result.rows) for id, result in results.items()}


def _marks(rows: Sequence[Any]) -> set[tuple[str, str]]:
    return {_mark(row) for row in rows if row.verdict.kind in (Kind.BROKEN, Kind.UNKNOWN)}


def _mark(row: Any) -> tuple[str, str]:
    return (str(row.subject), row.finding_id or f"{row.verdict.reason}")


def _new(item: Standing, base: dict[str, set[tuple[str, str]]]) -> Standing | None:
    before = base.get(item.entry.id, set())
    rows = tuple(row for row in item.rows if row.state.in_the_way and _mark(row.row) not in before)
    if not item.state.in_the_way or not rows:
        return None
    state = State.BROKEN if any(row.state is State.BROKEN for row in rows) else State.UNKNOWN
    reason = next((row.row.verdict.reason for row in rows if row.state is state), None)
    return replace(item, rows=rows, state=state, result=replace(item.result, reason=reason))


def _checked_out(path: Path, since: str, target: Path) -> RepositoryReader:
    """The repository as it was at `since`, in a throw-away clone that shares its objects."""
    original = RepositoryReader.open(path)
    if isinstance(original, Unseen):
        raise UserError(original.detail)
    if original.git is None:
        raise UserError(f"--since needs a git repository; {path} is none")
    found = original.git("rev-parse", "--verify", "--quiet", "--end-of-options", f"{since}^{{commit}}", timeout=10)
    if isinstance(found, Unseen) or found.code != 0:
        raise UserError(f"--since {inert(since)}: there is no such commit in {path}; fetch it first")
    commit = found.stdout.decode().strip()
    top = original.git("rev-parse", "--show-toplevel", timeout=10)
    inside = original.git("rev-parse", "--show-prefix", timeout=10)
    if isinstance(top, Unseen) or isinstance(inside, Unseen) or top.code != 0:
        raise UserError(f"--since: {path} has no work tree to compare with")
    source = top.stdout.decode("utf-8", "surrogateescape").rstrip("\n")
    environment = {"GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1", "GIT_TERMINAL_PROMPT": "0"}
    harmless = ("-c", "safe.directory=*", "-c", "core.hooksPath=/dev/null", "-c", "protocol.file.allow=always")
    for command in (
        ("git", *harmless, "clone", "--quiet", "--shared", "--no-checkout", "--no-tags", source, str(target)),
        ("git", *harmless, "-C", str(target), "checkout", "--quiet", "--detach", commit),
    ):
        answer = run(command, timeout=300, env=environment)
        if isinstance(answer, Unseen):
            raise UserError(f"--since: {answer.detail}")
        if answer.code != 0:
            raise UserError(f"--since: the base cannot be checked out: {answer.error_line()}")
    prefix = inside.stdout.decode("utf-8", "surrogateescape").strip()
    reader = RepositoryReader.open(target / prefix) if (target / prefix).is_dir() else RepositoryReader.open(target)
    assert isinstance(reader, RepositoryReader)
    return reader
