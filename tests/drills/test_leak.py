"""A leak is exercised on a real system: the runbook is followed, and what keeps it from working is found."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from prodproof.drills.leak import leak
from prodproof.drills.plan import DrillPlan, plan_drill
from prodproof.facts import Reason, Unseen
from prodproof.facts.declared import Backup, Declared, Log, RotationKind, Runbook, SecretRotation
from prodproof.facts.drills import DrillOutcome, DrillRun
from prodproof.facts.leaks import LeakHandled
from prodproof.reach.world import World
from prodproof.runner.drill import Carried
from prodproof.verdicts import Kind
from tests.drills.agreeing import agreed, verdict
from tests.drills.rotations import PLACE, declared, dropped, kept_in_vault, order, prepared
from tests.drills.test_rotate import timeline
from tests.runner.drill_records import CutError, Desk, Memory, said
from tests.servers import postgres
from tests.servers.vault import VaultServer

BOOK = """\
# A secret has leaked

Ana answers for this page. First find out [who may know](people.md).

```sh step=close-ticket looks
test -e people.md
```

```person step=tell-customers time=5m whom=ana
Read the draft, answer its question, and send it.
```
"""
ID = "leak-0101-00aa"


@contextmanager
def leaking(server: postgres.PostgresServer, folder: Path, book: str = BOOK) -> Iterator[tuple[VaultServer, Declared]]:
    shop = prepared(server, folder, "shop")
    (folder / "leak.md").write_text(book)
    (folder / "people.md").write_text("# People\n")
    page = Runbook(name="A secret has leaked", path="leak.md", owner="ana", covers=("leak",))
    try:
        with kept_in_vault(shop, folder) as (manager, system):
            yield manager, replace(system, runbooks=(page,))
    finally:
        dropped(shop)


def planned(system: Declared) -> DrillPlan:
    plan = plan_drill(leak, system.secrets[0], system)
    assert isinstance(plan, DrillPlan), plan
    return plan


def carried_out(system: Declared, memory: Memory | None = None) -> tuple[DrillRun, LeakHandled]:
    plan, desk = planned(system), Desk(answers={"tell-customers": said("answer", "done sent", by="ana")})
    world = World(declared=system, now=datetime.now(UTC))
    carried = Carried(replace(order(plan, ID), drill="leak"), plan, world, desk, memory or Memory())
    run = carried.forward()
    for error in desk.crashes:
        raise error
    assert plan.exercise.tell is not None
    fact = plan.exercise.tell(run, carried.gave)
    assert isinstance(fact, LeakHandled)
    agreed(run, fact)
    return run, fact


def committed_once(root: Path, name: str, text: str) -> None:
    """A file that somebody committed, and removed in the next commit."""

    def git(*arguments: str) -> None:
        settings = ("-c", "user.name=ana", "-c", "user.email=ana@shop.example", "-c", "init.defaultBranch=main")
        subprocess.run(("git", *settings, *arguments), cwd=root, check=True, capture_output=True)

    git("init")
    (root / name).write_text(text)
    git("add", name)
    git("commit", "-m", "Settings")
    git("rm", name)
    git("commit", "-m", "No settings here")


def test_a_leak_is_handled_from_the_canary_to_the_draft(server: postgres.PostgresServer, tmp_path: Path) -> None:
    with leaking(server, tmp_path) as (manager, system):
        password = manager.ask("GET", PLACE)["data"]["data"]["password"]
        (tmp_path / "notes").mkdir()
        (tmp_path / "notes" / "todo.txt").write_text(f"remember: {password}\n")
        (tmp_path / "shop.log").write_text(f"connecting with {password}\n")
        committed_once(tmp_path, "old.env", f"PASSWORD={password}\n")
        log = Log(name="shop", kind="file", path="shop.log", environment="staging")
        gone = Backup(name="nightly", path="/nowhere/*.dump", kind="dump", environment="staging")
        store = Backup(name="weekly", path="", kind="restic", environment="staging")
        memory = Memory()
        # Somebody reads it meanwhile.
        memory.cut = lambda number, when: (
            manager.ask("GET", PLACE) and None if when == "after" and memory.records[-1][0] == "prove plant" else None
        )
        run, fact = carried_out(replace(system, logs=(log,), backups=(gone, store)), memory)
    assert run.outcome is DrillOutcome.PROVEN and run.left == (), timeline(run)
    assert fact.canary_found and fact.trail_tells and fact.may_use == ("shop",)
    assert fact.places is not None
    found = {(item.place, item.path) for item in fact.places}
    assert ("work tree .", "notes/todo.txt") in found and any(place == "shop" for place, _ in found)
    assert ("history of .", "old.env") in found
    assert any("nightly" in line for line in fact.unsearched)
    [beside] = fact.left_out
    assert "weekly" in beside and "restic" in beside
    assert any("127.0.0.1" in who for who in fact.using)
    assert fact.rotation is not None and fact.rotation.old_refused and fact.rotation.load is not None
    assert fact.readers is not None and {"root"} < {item.who for item in fact.readers}, fact.readers
    assert fact.draft is not None and "notes/todo.txt" in fact.draft and "read by shop" in fact.draft
    assert f"not looked for in {beside}" in fact.draft
    assert [phase.name for phase in fact.phases][-4:] == ["trail", "draft", "close-ticket", "tell-customers"]
    assert all(phase.seconds is not None for phase in fact.phases)
    assert not list(tmp_path.glob(".prodproof-*")), "neither canary nor draft is left"
    assert password not in f"{run}{fact}{memory.records}"
    assert verdict("secrets.exposure-process", fact).reason is Reason.INCOMPLETE, "one backup could not be searched"
    assert verdict("secrets.exposure-process", replace(fact, unsearched=())).kind is Kind.HOLDS


def test_a_store_without_a_trail_proves_nothing(server: postgres.PostgresServer, tmp_path: Path) -> None:
    with leaking(server, tmp_path) as (_, system):
        keeper = replace(system.secret_managers[0], trail=None)
        run, fact = carried_out(replace(system, secret_managers=(keeper,), all_secret_managers=(keeper,)))
    assert (run.outcome, run.reason) == (DrillOutcome.NOT_PROVEN, Reason.NOT_CONFIGURED), timeline(run)
    assert "no audit trail tells who reads database" in run.detail and fact.readers is None


def test_a_trail_that_does_not_tell_is_found(
    server: postgres.PostgresServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("prodproof.drills._leak_steps.TRAIL_SECONDS", 1.0)
    with leaking(server, tmp_path) as (_, system):
        (tmp_path / "vault" / "elsewhere").touch()
        keeper = replace(system.secret_managers[0], trail="file:vault/elsewhere")
        run, fact = carried_out(replace(system, secret_managers=(keeper,), all_secret_managers=(keeper,)))
    assert run.outcome is DrillOutcome.FAILED and run.detail.startswith("trail: "), timeline(run)
    assert fact.trail_tells is False and run.left == ()


def test_nobody_who_is_declared_to_read_it_is_found(server: postgres.PostgresServer, tmp_path: Path) -> None:
    with leaking(server, tmp_path) as (_, system):
        keeper = replace(system.secret_managers[0], services=())
        run, fact = carried_out(replace(system, secret_managers=(keeper,), all_secret_managers=(keeper,)))
    assert run.outcome is DrillOutcome.FAILED and run.detail.startswith("who: nobody is declared"), timeline(run)
    assert fact.may_use == () and fact.rotation is None and not list(tmp_path.glob(".prodproof-canary-*"))


def test_what_keeps_a_runbook_from_being_followed_is_found_before_anything_is_done(tmp_path: Path) -> None:
    rotation = SecretRotation(kind=RotationKind.POSTGRES, users=("a", "b"), load_url="http://127.0.0.1:1/")
    (tmp_path / "leak.md").write_text(BOOK.replace(" whom=ana", ""))
    page = Runbook(name="x", path="leak.md", covers=("leak",))
    system = replace(declared(tmp_path, rotation), runbooks=(page,))
    world = World(declared=system, now=datetime.now(UTC), tools=lambda name: f"/bin/{name}")
    lacks = "\n".join(planned(system).exercise.lacks(world))
    assert "people.md" in lacks, "a dead link"
    assert "nobody owns it" in lacks and "nobody owns the step tell-customers" in lacks
    (tmp_path / "leak.md").write_text("# Nothing that can be followed\n")
    seen = plan_drill(leak, system.secrets[0], system)
    assert isinstance(seen, Unseen) and "has no step" in seen.detail
    (tmp_path / "leak.md").write_text(BOOK.replace("close-ticket", "store"))
    seen = plan_drill(leak, system.secrets[0], system)
    assert isinstance(seen, Unseen) and "two steps have the same name" in seen.detail
    seen = plan_drill(leak, system.secrets[0], replace(system, runbooks=()))
    assert isinstance(seen, Unseen) and seen.why is Reason.NOT_DECLARED


def test_a_search_that_misses_the_canary_is_found(
    server: postgres.PostgresServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("prodproof.drills._leak_steps.sources_of", lambda scene: ([], ["nothing was read"]))
    with leaking(server, tmp_path) as (_, system):
        run, fact = carried_out(system)
    assert run.outcome is DrillOutcome.FAILED and "did not find what was planted" in run.detail, timeline(run)
    assert fact.canary_found is False and fact.rotation is None


@pytest.mark.parametrize("step", ["plant", "trail"])
def test_cut_off_it_leaves_no_canary_and_one_valid_credential(
    server: postgres.PostgresServer, tmp_path: Path, step: str
) -> None:
    memory = Memory()

    def cut(number: int, when: str) -> None:
        if when == "acted" and memory.acted[-1] == f"do {step}":
            raise CutError

    memory.cut = cut
    with leaking(server, tmp_path) as (manager, system):
        with pytest.raises(CutError):
            carried_out(system, memory)
        assert list(tmp_path.glob(".prodproof-canary-*"))
        plan = planned(system)
        world = World(declared=system, now=datetime.now(UTC))
        back = Carried(replace(order(plan, ID), drill="leak"), plan, world, Desk(), Memory("back"))
        back.replay([memory.journal()])
        assert back.backward("ben").left == ()
        assert not list(tmp_path.glob(".prodproof-canary-*"))
        assert manager.ask("GET", PLACE)["data"]["data"]["user"] == "shop_a"
        assert manager.ask("LIST", "secret/metadata/shop")["data"]["keys"] == ["database"]
