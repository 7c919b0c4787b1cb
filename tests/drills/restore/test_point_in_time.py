"""Recovery to a point in time, with pgBackRest, of a real cluster: and what the drill says when it cannot be."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from prodproof.drills.plan import plan_drill
from prodproof.drills.point_in_time import point_in_time
from prodproof.drills.restore import restore
from prodproof.facts import Reason, Unseen
from prodproof.facts.declared import Backup, Declared, ScenarioKind
from prodproof.facts.drills import DrillOutcome
from prodproof.facts.restores import ComparedWith, MomentBy, PointInTimeTested
from prodproof.reach.cut_off import alone_with_loopback
from prodproof.verdicts import Kind
from tests.drills.agreeing import verdict
from tests.drills.practising import practised, with_scenario
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
            made.sql("ALTER SYSTEM SET archive_timeout = '60s'")
            made.sql("SELECT pg_reload_conf()")
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
    assert (fact.forced, fact.archive_timeout) == (True, 60)
    assert verdict("recovery.point-in-time", replace(fact, archive_timeout=0)).kind is Kind.BROKEN
    assert source.sql("SELECT count(*) FROM pg_namespace WHERE nspname = 'prodproof_drill'").strip() == "0"


@pytest.mark.skipif(alone_with_loopback() is None, reason="this machine cuts nobody off from the network")
def test_corrupted_data_are_a_scenario_with_a_runbook_of_their_own(system: Declared, source: Cluster) -> None:
    root = source.base.parent
    path = root / "runbooks" / "database.md"
    path.parent.mkdir(exist_ok=True)
    path.write_text(
        "# Deleted\n\n```sh step=take looks time=1m\n"
        'pg_dump --no-owner --table=film --file="$PRODPROOF_SCRATCH/film.sql"\n'
        'test "$(psql -XAtqc "SELECT word FROM prodproof_drill.marker WHERE number = 0")" = "as it was"\n```\n'
    )
    done = practised(with_scenario(system, ScenarioKind.LOGICAL_CORRUPTION, rpo=300))
    assert done.run.outcome is DrillOutcome.PROVEN, done.run.detail
    fact = done.practised
    assert (fact.kind, fact.followed, fact.loss, fact.failure) == (ScenarioKind.LOGICAL_CORRUPTION, 1, 0.0, "")
    assert fact.took is not None and fact.authors is None, "nothing says who wrote it"
    assert source.sql("SELECT count(*) FROM pg_namespace WHERE nspname = 'prodproof_drill'").strip() == "0"


def test_a_physical_backup_is_restored_and_compared(system: Declared, source: Cluster) -> None:
    source.archived()
    done = drilled(system, restore)
    assert done.run.outcome is DrillOutcome.PROVEN, done.run.detail
    fact = done.restored
    assert (fact.compared_with, fact.differences, fact.tables) == (ComparedWith.SOURCE, (), 1)
    assert fact.recovered_by in (MomentBy.LOG, MomentBy.BACKUP)


def test_a_moment_that_was_asked_for_is_restored_to_the_transaction(system: Declared, source: Cluster) -> None:
    add = "INSERT INTO film VALUES ({}, 'film', now())"
    source.sql(add.format(1001))
    moment = datetime.fromisoformat(source.sql("SELECT clock_timestamp()").strip())
    source.sql(add.format(1002))
    source.archived()
    before = drilled(system, restore, moment=moment)
    assert before.run.outcome is DrillOutcome.PROVEN, before.run.detail
    newest = drilled(system, restore)
    assert newest.run.outcome is DrillOutcome.PROVEN, newest.run.detail
    assert newest.restored.rows - before.restored.rows == 1, "the row that was written later is not in it"
    fact = before.restored
    assert (fact.moment, fact.recovered_by) == (moment, MomentBy.LOG) and newest.restored.moment is None
    assert fact.loss is not None and 0 <= fact.loss < 30, "counted from that moment"
    assert before.run.moment == moment and f"its log to {moment.isoformat()}" in str(before.run.timeline)


def test_a_moment_before_every_backup(system: Declared, source: Cluster) -> None:
    done = drilled(system, restore, moment=datetime(2020, 1, 1, tzinfo=UTC))
    assert done.run.outcome is DrillOutcome.FAILED
    assert done.run.detail.endswith("there is no backup of shop from before that moment")


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
