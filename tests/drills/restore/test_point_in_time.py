"""Recovery to a point in time, with pgBackRest, of a real cluster: and what the drill says when it cannot be."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from prodproof.drills.plan import plan_drill
from prodproof.drills.point_in_time import point_in_time
from prodproof.drills.restore import restore
from prodproof.facts import Reason, Unseen
from prodproof.facts.declared import Backup, Declared
from prodproof.facts.drills import DrillOutcome
from prodproof.facts.restores import ComparedWith, MomentBy, PointInTimeTested
from tests.drills.restore.restoring import backup, declared_shop, drilled, shop_store
from tests.reach.backups.clusters import PROGRAMS, Cluster, cluster, open_folder, own

pytestmark = pytest.mark.skipif(
    not PROGRAMS.is_dir() or shutil.which("pgbackrest") is None,
    reason="PostgreSQL or pgBackRest is not installed (postgresql, pgbackrest)",
)

SETTINGS = """\
[global]
repo1-path={base}/repository
log-level-file=off
lock-path={base}/lock
start-fast=y
compress-level=1
[main]
pg1-path={base}/server/data
pg1-socket-path={base}/server
pg1-user=postgres
"""


@pytest.fixture(scope="module")
def source() -> Iterator[Cluster]:
    """A cluster that archives, with a full backup and a little data."""
    with open_folder() as base:
        for name in ("server", "repository", "lock"):
            (base / name).mkdir()
            own(base / name)
        settings = base / "pgbackrest.conf"
        settings.write_text(SETTINGS.format(base=base))
        with cluster(base / "server", f"pgbackrest --config={settings} --stanza=main archive-push %p") as made:
            ask = ("pgbackrest", f"--config={settings}", "--stanza=main", "--log-level-console=warn")
            made.run(*ask, "stanza-create")
            made.sql("CREATE TABLE film (id int PRIMARY KEY, title text, updated_at timestamptz);")
            made.sql("INSERT INTO film SELECT n, 'film ' || n, now() - interval '1 day' FROM generate_series(1, 500) n")
            made.run(*ask, "--type=full", "backup")
            yield made


@pytest.fixture
def system(source: Cluster, scratch: Path, monkeypatch: pytest.MonkeyPatch) -> Declared:
    monkeypatch.setenv("SHOP_URL", f"host={source.base} user=postgres dbname=postgres")
    store = shop_store("env:SHOP_URL", scratch, rpo=300)
    made = Backup(name="archive", kind="pgbackrest", stanza="main", store="shop", environment="staging",
                  config=str(source.base.parent / "pgbackrest.conf"))  # fmt: skip
    return declared_shop(source.base.parent, store, made)


def test_a_corrupted_row_comes_back_as_it_was(system: Declared, source: Cluster) -> None:
    done = drilled(system, point_in_time)
    assert done.run.outcome is DrillOutcome.PROVEN, done.run.detail
    fact = done.fact
    assert isinstance(fact, PointInTimeTested)
    assert (fact.marker_came_back, fact.corruption_came_back, fact.loss) == (True, False, 0.0)
    assert fact.marked and fact.target and fact.corrupted and fact.marked < fact.target < fact.corrupted
    assert fact.wal_lag is not None and fact.tool == "pgbackrest"
    assert source.sql("SELECT count(*) FROM pg_namespace WHERE nspname = 'prodproof_drill'").strip() == "0"


def test_a_physical_backup_is_restored_and_compared(system: Declared, source: Cluster) -> None:
    source.archived()
    done = drilled(system, restore)
    assert done.run.outcome is DrillOutcome.PROVEN, done.run.detail
    fact = done.restored
    assert (fact.compared_with, fact.differences, fact.tables) == (ComparedWith.SOURCE, (), 1)
    assert fact.recovered_by in (MomentBy.LOG, MomentBy.BACKUP)


def test_a_missing_segment_of_the_log(
    system: Declared, source: Cluster, scratch: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The repository's own verification finds it; and so does the server, where nobody verified."""
    source.archived()
    with open_folder() as base:
        copy = base / "repository"
        shutil.copytree(source.base.parent / "repository", copy, symlinks=True)
        settings = base / "pgbackrest.conf"
        text = (source.base.parent / "pgbackrest.conf").read_text()
        settings.write_text(text.replace(str(source.base.parent / "repository"), str(copy)))
        label = next(path for path in sorted((copy / "backup/main").iterdir()) if path.name.endswith("F"))
        start = next(
            line.partition("=")[2].strip().strip('"')
            for line in (label / "backup.manifest").read_text().splitlines()
            if line.startswith("backup-archive-start=")
        )
        segments = sorted(copy.glob("archive/main/*/*/" + "?" * 24 + "-*"))
        next(path for path in segments if path.name.startswith(start)).unlink()
        store = system.data_stores[0]
        made = replace(system.backups[0], config=str(settings))
        done = drilled(declared_shop(base, store, made), restore)
    assert done.run.outcome is DrillOutcome.FAILED
    assert done.restored.damage == "missing-wal" and start in done.restored.failure


def test_a_database_without_an_archive(monkeypatch: pytest.MonkeyPatch, system: Declared) -> None:
    with open_folder() as base:
        (base / "plain").mkdir()
        with cluster(base / "plain") as other:
            monkeypatch.setenv("SHOP_URL", f"host={other.base} user=postgres dbname=postgres")
            done = drilled(system, point_in_time)
            assert done.run.outcome is DrillOutcome.FAILED
            assert "archive_mode is off" in done.run.detail
            assert other.sql("SELECT count(*) FROM pg_namespace WHERE nspname = 'prodproof_drill'").strip() == "0"


def test_dumps_come_back_to_no_point_in_time(tmp_path: Path) -> None:
    store = shop_store(None, None)
    plan = plan_drill(point_in_time, store, declared_shop(tmp_path, store, backup("x.dump")))
    assert isinstance(plan, Unseen) and plan.why is Reason.NOT_DECLARED and "pgbackrest" in plan.detail
