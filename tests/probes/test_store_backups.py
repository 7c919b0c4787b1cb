"""When copies of a data store were made, and how far its log is archived: on files, and on a real server."""

import gzip
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from prodproof.facts import Reason, Unseen
from prodproof.facts.codec import decode, encode
from prodproof.facts.declared import Backup, DataStore
from prodproof.facts.store_backups import Archiving, StoreBackups
from prodproof.guarantees.recovery.backups_meet_rpo import judge
from prodproof.probes.store_backups import observe
from prodproof.verdicts import Kind
from tests.probes.work import seen_by, world_of
from tests.reach.backups.clusters import PROGRAMS, Cluster, as_other, cluster, open_folder, own

_PLAIN = b"-- PostgreSQL database dump\n\nSELECT 1;\n\n-- PostgreSQL database dump complete\n"
_STORE = DataStore(name="database", kind="postgres", dsn="env:TEST_STORE_DSN", rpo=90_000)
_FILES = Backup(name="nightly", kind="dump", path="copies/*.gz", store="database", keep=30 * 86400)


def look(folder: Path, store: DataStore, *backups: Backup, trusted: bool = True) -> StoreBackups:
    world = world_of(folder, data_stores=(store,), backups=backups, trusted=trusted)
    found = seen_by(observe, world, store)
    assert isinstance(found, StoreBackups), found
    assert decode(StoreBackups, encode(found)) == found
    return found


def put(folder: Path, age: timedelta) -> None:
    (folder / "copies").mkdir(exist_ok=True)
    place = folder / "copies" / f"shop-{age.total_seconds():.0f}.sql.gz"
    place.write_bytes(gzip.compress(_PLAIN))
    moment = (datetime.now(UTC) - age).timestamp()
    os.utime(place, (moment, moment))


def verdict(found: StoreBackups, store: DataStore) -> tuple[Kind, str]:
    said = judge(found, store)
    return said.kind, said.message


def test_nightly_dumps(tmp_path: Path) -> None:
    for day in range(4):
        put(tmp_path, timedelta(days=day, hours=2))
    store = DataStore(name="database", kind="mysql", rpo=86_400 + 3 * 3600)
    found = look(tmp_path, store, _FILES, Backup(name="uploads", kind="archive", path="x/*", store="uploads"))
    assert [item.backup for item in found.backups] == ["nightly"] and found.archiving is None
    assert [moment.started for moment in found.backups[0].moments] == [None] * 4
    assert verdict(found, store)[0] is Kind.UNKNOWN
    quick = DataStore(name="database", kind="mysql", rpo=store.rpo, restore=type(store.restore)(takes_at_most=600))
    assert verdict(found, quick)[0] is Kind.HOLDS


def test_a_night_without_a_dump(tmp_path: Path) -> None:
    for day in (0, 1, 3, 4):
        put(tmp_path, timedelta(days=day, hours=2))
    store = DataStore(name="database", kind="mysql", rpo=90_000)
    kind, message = verdict(look(tmp_path, store, _FILES), store)
    assert kind is Kind.BROKEN and "2 d passed" in message


def test_no_backup_names_the_store(tmp_path: Path) -> None:
    found = look(tmp_path, DataStore(name="database", kind="mysql"), Backup(name="a", kind="dump", path="x"))
    assert (found.backups, found.unlisted) == ((), ())


def test_a_backup_that_cannot_be_listed(tmp_path: Path) -> None:
    found = look(tmp_path, _STORE, Backup(name="r", kind="restic", repository="/srv/r", store="database", offsite="x"),
                 trusted=False)  # fmt: skip
    (unlisted,) = found.unlisted
    assert (unlisted.backup, unlisted.offsite, unlisted.unseen.why) == ("r", True, Reason.NOT_PERMITTED)
    assert isinstance(found.archiving, Unseen) and found.archiving.why is Reason.NOT_PERMITTED


def test_a_database_without_a_connection_string(tmp_path: Path) -> None:
    found = look(tmp_path, DataStore(name="database", kind="postgres"))
    assert isinstance(found.archiving, Unseen) and found.archiving.why is Reason.NOT_DECLARED


@dataclass(frozen=True)
class Server:
    """A server whose log pgBackRest archives, with one whole copy."""

    cluster: Cluster
    backup: Backup

    def settings(self, **values: str) -> None:
        """Change settings that need no restart."""
        self.cluster.sql(
            "".join(f"ALTER SYSTEM SET {name} = '{value}';\n" for name, value in values.items())
            + "SELECT pg_reload_conf();"
        )

    def until(self, query: str) -> None:
        """Wait until a query answers with true."""
        deadline = time.monotonic() + 60
        while self.cluster.sql(query).strip() != "t":
            assert time.monotonic() < deadline, query
            time.sleep(0.05)

    def fill(self) -> None:
        """End a segment of the log."""
        self.cluster.sql("CREATE TABLE IF NOT EXISTS noise (n int); INSERT INTO noise VALUES (1)")
        self.cluster.sql("SELECT pg_switch_wal()")

    @property
    def pushes(self) -> str:
        return f"pgbackrest --config={self.cluster.base}/pgbackrest.conf --stanza=main archive-push %p"

    @contextmanager
    def archiving(self, command: str) -> Iterator[None]:
        """Another archive_command for a while."""
        self.settings(archive_command=command)
        self.until(f"SELECT current_setting('archive_command') = '{command}'")
        try:
            yield
        finally:
            self.settings(archive_command=self.pushes)
            self.cluster.archived()


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    if shutil.which("pgbackrest") is None or not PROGRAMS.is_dir():
        pytest.skip("pgbackrest or PostgreSQL is not installed")
    with open_folder() as base:
        folder = base / "server"
        folder.mkdir()
        settings = folder / "pgbackrest.conf"
        settings.write_text(
            f"[global]\nrepo1-path={folder}/repository\nrepo1-retention-full=3\nrepo1-retention-full-type=time\n"
            f"log-level-file=off\nlock-path={folder}/lock\nstart-fast=y\n"
            f"[main]\npg1-path={folder}/data\npg1-socket-path={folder}\npg1-user=postgres\n"
        )
        push = f"pgbackrest --config={settings} --stanza=main archive-push %p"
        with cluster(folder, push) as running:
            ask = ("pgbackrest", f"--config={settings}", "--stanza=main", "--log-level-console=warn")
            running.run(*ask, "stanza-create")
            running.run(*ask, "--type=full", "backup")
            running.archived()
            backup = Backup(
                name="physical",
                kind="pgbackrest",
                stanza="main",
                config=str(settings),
                store="database",
                keep=86400 * 30,
            )
            yield Server(running, backup)


@pytest.fixture
def ask(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], StoreBackups]:
    """Look at it."""
    monkeypatch.setenv("TEST_STORE_DSN", f"host={server.cluster.base} user=postgres dbname=postgres")
    return lambda: look(tmp_path, _STORE, server.backup)


def archiving_of(found: StoreBackups) -> Archiving:
    assert isinstance(found.archiving, Archiving), found.archiving
    return found.archiving


def test_a_log_that_is_archived(server: Server, ask: Callable[[], StoreBackups]) -> None:
    server.settings(archive_timeout="60")
    server.until("SELECT current_setting('archive_timeout') = '1min'")
    found = ask()
    state = archiving_of(found)
    assert (state.archives, state.timeout, state.waiting_since, state.received) == (True, 60, None, None)
    assert found.backups[0].log_until >= state.last > ""
    assert verdict(found, DataStore(name="database", kind="postgres", rpo=300))[0] is Kind.HOLDS


def test_archiving_that_fails(server: Server, ask: Callable[[], StoreBackups]) -> None:
    with server.archiving("false"):
        server.fill()
        server.until("SELECT EXISTS (SELECT FROM pg_ls_archive_statusdir() WHERE name LIKE '%.ready')")
        state = archiving_of(ask())
        assert state.waiting_since is not None
        assert datetime.now(UTC) - state.waiting_since < timedelta(minutes=5)


def test_what_is_archived_goes_nowhere(server: Server, ask: Callable[[], StoreBackups]) -> None:
    with server.archiving("true"):
        name = server.cluster.sql("SELECT pg_walfile_name(pg_current_wal_lsn())").strip()
        server.fill()
        server.until(f"SELECT last_archived_wal >= '{name}' FROM pg_stat_archiver")
        found = ask()
        assert archiving_of(found).last > found.backups[0].log_until > ""


def test_a_role_that_may_not_see_what_waits(
    server: Server, ask: Callable[[], StoreBackups], monkeypatch: pytest.MonkeyPatch
) -> None:
    server.cluster.sql("DROP ROLE IF EXISTS reader; CREATE ROLE reader LOGIN")
    monkeypatch.setenv("TEST_STORE_DSN", f"host={server.cluster.base} user=reader dbname=postgres")
    found = ask()
    assert isinstance(found.archiving, Unseen) and found.archiving.why is Reason.DENIED
    server.cluster.sql("GRANT pg_monitor TO reader")
    assert archiving_of(ask()).archives


def test_a_server_that_does_not_answer(ask: Callable[[], StoreBackups], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEST_STORE_DSN", "host=/nonexistent user=postgres dbname=postgres")
    found = ask()
    assert isinstance(found.archiving, Unseen) and found.archiving.why is Reason.UNREACHABLE


def test_a_program_that_takes_the_log_as_it_is_written(server: Server, ask: Callable[[], StoreBackups]) -> None:
    into = server.cluster.base / "received"
    into.mkdir()
    own(into)
    words: list[Any] = [
        *as_other(),
        PROGRAMS / "pg_receivewal",
        "-D",
        into,
        "-h",
        server.cluster.base,
        "-U",
        "postgres",
    ]
    child = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        server.until("SELECT EXISTS (SELECT FROM pg_stat_replication WHERE state = 'streaming')")
        received = archiving_of(ask()).received
        assert received is not None and received < 60
    finally:
        child.terminate()
        child.wait(20)


def test_archive_mode_off(tmp_path: Path, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    with open_folder() as base:
        folder = base / "server"
        folder.mkdir()
        with cluster(folder) as running:
            monkeypatch.setenv("TEST_STORE_DSN", f"host={folder} user=postgres dbname=postgres")
            found = look(tmp_path, _STORE, server.backup)
            # Who may not see what takes the log cannot say that nothing does.
            running.sql("CREATE ROLE reader LOGIN")
            monkeypatch.setenv("TEST_STORE_DSN", f"host={folder} user=reader dbname=postgres")
            blind = look(tmp_path, _STORE, server.backup)
    assert isinstance(blind.archiving, Unseen) and blind.archiving.why is Reason.DENIED
    assert verdict(blind, DataStore(name="database", kind="postgres", rpo=0))[0] is Kind.UNKNOWN
    assert not archiving_of(found).archives
    assert verdict(found, DataStore(name="database", kind="postgres", rpo=0))[0] is Kind.BROKEN
