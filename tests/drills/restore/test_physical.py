"""Restored data directories: page by page, with the log that they need, and with none of their own settings."""

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from prodproof.facts import Reason, Unseen
from prodproof.facts.drills import DrillOutcome
from prodproof.facts.restores import ComparedWith, DifferenceKind
from tests.drills.restore.restoring import Drilling, damaged, sql
from tests.servers.postgres import PostgresServer, program

pytestmark = pytest.mark.skipif(program("pg_amcheck") is None, reason="PostgreSQL is not installed (postgresql)")


@pytest.fixture(scope="module")
def base(server: PostgresServer, shop: str) -> Iterator[Path]:
    """A base backup of the whole server, with the log that it needs."""
    with tempfile.TemporaryDirectory(prefix="prodproof-test-", dir="/var/tmp") as name:
        yield base_backup(server, Path(name) / "base")


def base_backup(server: PostgresServer, whole: Path) -> Path:
    tool = program("pg_basebackup")
    assert tool is not None
    words: list[str | Path] = [tool, f"--dbname={server.url()}", f"--pgdata={whole}", "--no-sync"]
    subprocess.run([*words, "--checkpoint=fast"], check=True, timeout=120, capture_output=True)
    return whole


def copied(base: Path, into: Path) -> Path:
    """A copy that a test may damage, without the checksums of its files."""
    copy = into / "copy"
    shutil.copytree(base, copy)
    (copy / "backup_manifest").unlink()
    return copy


def test_a_good_base_backup_is_proven(drilling: Drilling, base: Path) -> None:
    done = drilling(base, "folder")
    assert done.run.outcome is DrillOutcome.PROVEN, done.run.detail
    assert (done.restored.tables, done.restored.compared_with) == (8, ComparedWith.SOURCE)


def test_unlogged_tables_come_back_empty_and_nothing_is_said_of_their_rows(
    drilling: Drilling, server: PostgresServer, shop: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server empties them when it recovers, as after any crash; that is no damage, and no proof either."""
    made = """
        CREATE UNLOGGED TABLE basket (id serial PRIMARY KEY, customer_id int REFERENCES customer, at timestamptz);
        INSERT INTO basket (customer_id, at) SELECT 1 + n % 200, now() FROM generate_series(1, 50) n
    """
    with damaged(server, shop, made) as url:
        monkeypatch.setenv("SHOP_URL", url)
        copy = base_backup(server, tmp_path / "base")
        done = drilling(copy, "folder")
        beating = drilling(copy, "folder", restore={"heartbeat": "basket.at"})
    assert done.run.outcome is DrillOutcome.PROVEN, done.run.detail
    assert any("8 tables or files are as they were; not looked at, for they are unlogged: public.basket" in entry.detail
               for entry in done.run.timeline)  # fmt: skip
    assert (done.restored.tables, done.restored.unlogged) == (8, ("public.basket",))
    assert (beating.run.outcome, beating.run.reason) == (DrillOutcome.NOT_PROVEN, Reason.NOT_CONFIGURED)
    assert "heartbeat's table basket is unlogged" in beating.run.detail


def test_a_database_of_unlogged_tables_alone_is_neither_broken_nor_proven(
    drilling: Drilling, server: PostgresServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = server.create_database("fleeting")
    sql(url, "CREATE UNLOGGED TABLE basket (id int); INSERT INTO basket VALUES (1)")
    monkeypatch.setenv("SHOP_URL", url)
    done = drilling(base_backup(server, tmp_path / "base"), "folder")
    assert (done.run.outcome, done.run.reason) == (DrillOutcome.NOT_PROVEN, Reason.INCOMPLETE), done.run.detail
    assert "all its tables are unlogged" in done.run.detail and isinstance(done.fact, Unseen)


@pytest.mark.parametrize("garbage", [b"\xff", b"\x00"])
def test_a_corrupted_page(drilling: Drilling, base: Path, shop: str, tmp_path: Path, garbage: bytes) -> None:
    with psycopg.connect(shop) as link:
        table, index = link.execute(
            "SELECT pg_relation_filepath('customer'), pg_relation_filepath('order_pkey')"
        ).fetchall()[0]
    copy = copied(base, tmp_path)
    for name, place in ((table, 8192 - 400), (index, 8192 + 400)):
        with open(copy / name, "r+b") as file:
            file.seek(place)
            file.write(garbage * (256 // len(garbage)))
    done = drilling(copy, "folder")
    assert done.run.outcome is DrillOutcome.FAILED, done.run.detail
    kinds = {kind for kind, what in done.found() if what.endswith("customer")}
    assert kinds & {DifferenceKind.DAMAGED_PAGE, DifferenceKind.CHANGED_ROWS}
    assert (DifferenceKind.DAMAGED_PAGE, "index public.order_pkey") in done.found()


def test_a_base_backup_without_its_log(drilling: Drilling, base: Path, tmp_path: Path) -> None:
    copy = copied(base, tmp_path)
    for segment in (copy / "pg_wal").glob("0*"):
        segment.unlink()
    done = drilling(copy, "folder")
    assert done.run.outcome is DrillOutcome.FAILED and done.restored.damage == "missing-wal", done.run.detail


def test_a_base_backup_with_a_changed_file(drilling: Drilling, base: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(base, copy)
    (copy / "global" / "pg_control").write_bytes(b"x" * 8192)
    done = drilling(copy, "folder")
    assert done.run.outcome is DrillOutcome.FAILED and done.restored.damage == "corrupt"


def test_a_restored_server_follows_none_of_its_own_settings(drilling: Drilling, base: Path, tmp_path: Path) -> None:
    copy, touched = copied(base, tmp_path), drilling.scratch / "touched"
    with open(copy / "postgresql.auto.conf", "a") as file:
        file.write(
            "listen_addresses = '*'\nport = 5433\narchive_mode = on\nshared_preload_libraries = 'pg_cron'\n"
            f"archive_command = 'touch {touched}'\nzero_damaged_pages = on\nmax_logical_replication_workers = 4\n"
        )
    (copy / "pg_hba.conf").write_text("host all all 0.0.0.0/0 trust\n")
    done = drilling(copy, "folder")
    assert done.run.outcome is DrillOutcome.PROVEN, done.run.detail
    assert not touched.exists()
