"""A good backup is proven whichever tool made it, and when its server is gone; pg_dump's and restic's are elsewhere."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from prodproof.facts.declared import Backup, Declared
from prodproof.facts.drills import DrillOutcome
from prodproof.facts.restores import ComparedWith, MomentBy
from tests.drills.restore.restoring import Drilling, backup, declared_shop, drilled, shop_store
from tests.reach.backups.clusters import PROGRAMS
from tests.reach.backups.lab import PASSWORD, ROWS, Lab, built


def invariants(markers: int) -> tuple[tuple[str, str], ...]:
    return (
        ("all films", f"SELECT count(*) = {ROWS} FROM film"),
        ("the newest row", f"SELECT count(*) = {markers} FROM marker"),
    )


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    """Repositories of a server that has been stopped."""
    for program in ("pgbackrest", "barman"):
        if shutil.which(program) is None or not PROGRAMS.is_dir():
            pytest.skip(f"{program} or PostgreSQL is not installed")
    with built() as made:
        yield made


def kept_by(lab: Lab, scratch: Path, tool: str, markers: int) -> Declared:
    """A store whose server is gone, with its repository; so many markers must be in it."""
    made: dict[str, Any] = {
        "pgbackrest": {"stanza": "main", "repository": str(lab.pgbackrest), "password": "env:REPOSITORY_KEY"},
        "barman": {"server": "pg", "config": str(lab.barman_settings)},
    }[tool]
    store = shop_store(None, scratch, restore={"invariants": invariants(markers)})
    backup = Backup(name="nightly", kind=tool, store="shop", environment="staging", **made)
    return declared_shop(lab.base, store, backup)


@pytest.mark.parametrize("tool", ["pgbackrest", "barman"])
def test_a_good_backup_of_a_server_that_is_gone(
    lab: Lab, scratch: Path, tool: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REPOSITORY_KEY", PASSWORD)
    done = drilled(kept_by(lab, scratch, tool, 2))
    assert done.run.outcome is DrillOutcome.PROVEN, done.run.detail
    fact = done.restored
    assert (fact.tool, fact.compared_with, fact.tables, fact.invariants) == (tool, ComparedWith.NOTHING, 2, 2)
    # Where the tool puts the log beside the data, the server does not say how far it came: no more is claimed.
    assert fact.recovered_by is {"pgbackrest": MomentBy.LOG, "barman": MomentBy.BACKUP}[tool]
    assert PASSWORD not in f"{done.run}{fact}{done.gave}"


@pytest.mark.parametrize("tool", ["pgbackrest", "barman"])
def test_a_moment_that_was_asked_for(lab: Lab, scratch: Path, tool: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REPOSITORY_KEY", PASSWORD)
    done = drilled(kept_by(lab, scratch, tool, 1), moment=lab.before)
    assert done.run.outcome is DrillOutcome.PROVEN, done.run.detail
    assert (done.restored.moment, done.restored.invariants) == (lab.before, 2)
    newest = drilled(kept_by(lab, scratch, tool, 1))
    assert newest.run.outcome is DrillOutcome.FAILED and "the newest row" in newest.run.detail


def test_a_good_backup_of_borg(drilling: Drilling, good: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if shutil.which("borg") is None:
        pytest.skip("borg is not installed (borgbackup)")
    vault = tmp_path / "vault"
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "BORG_PASSPHRASE": "of borg"}
    for words in (["init", "-e", "repokey", str(vault)], ["create", f"{vault}::first", str(good)]):
        subprocess.run(["borg", *words], check=True, env=environment, timeout=60, capture_output=True)
    monkeypatch.setenv("VAULT_KEY", "of borg")
    store = shop_store("env:SHOP_URL", drilling.scratch)
    made = backup("", "borg", repository=str(vault), password="env:VAULT_KEY")
    done = drilled(declared_shop(tmp_path, store, made))
    assert done.run.outcome is DrillOutcome.PROVEN, done.run.detail
    assert done.restored.compared_with is ComparedWith.SOURCE
