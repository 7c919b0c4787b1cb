"""One PostgreSQL cluster that is copied by every tool once; tests damage copies of those copies."""

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from tests.reach.backups.clusters import PROGRAMS, cluster, open_folder, own, server_user

ROWS = 1000
PASSWORD = "kept-in-a-safe-2p8"
"""Of every repository that is encrypted."""

_PGBACKREST = """\
[global]
repo1-path={base}/pgbackrest
repo1-cipher-type=aes-256-cbc
repo1-cipher-pass={password}
log-level-file=off
lock-path={base}/lock
start-fast=y
compress-level=1
[main]
pg1-path={data}
pg1-socket-path={socket}
pg1-user=postgres
"""
_BARMAN = """\
[barman]
barman_user = {user}
barman_home = {base}/barman
log_file = {base}/barman.log
[pg]
description = "shop"
conninfo = host={socket} user=postgres dbname=postgres
streaming_conninfo = host={socket} user=postgres
backup_method = postgres
archiver = on
immediate_checkpoint = true
"""


@dataclass(frozen=True)
class Lab:
    """Where the copies lie."""

    base: Path
    before: datetime
    """A moment between two rows of the table `marker`; all of it is after the backups."""

    @property
    def pgbackrest(self) -> Path:
        return self.base / "pgbackrest"

    @property
    def barman_settings(self) -> Path:
        return self.base / "barman.conf"

    def dump(self, form: str) -> Path:
        return self.base / "dumps" / form

    @property
    def base_backup(self) -> Path:
        return self.base / "dumps" / "base"

    def copy_pgbackrest(self, into: Path) -> Path:
        """A repository of its own, which a test may damage."""
        subprocess.run(["cp", "-a", os.fspath(self.pgbackrest), os.fspath(into)], check=True)
        return into

    def copy_barman(self, folder: Path) -> Path:
        """A catalogue of its own; its settings."""
        subprocess.run(["cp", "-a", os.fspath(self.base / "barman"), os.fspath(folder / "barman")], check=True)
        settings = folder / "barman.conf"
        settings.write_text(self.barman_settings.read_text().replace(os.fspath(self.base), os.fspath(folder)))
        (folder / "barman.log").touch()
        own(folder / "barman.log")
        return settings


@contextmanager
def built() -> Iterator[Lab]:
    """Make the cluster and all copies of it, and stop it again."""
    with open_folder() as base:
        for name in ("pgbackrest", "lock", "barman", "barman/pg", "barman/pg/incoming", "dumps", "server"):
            (base / name).mkdir()
            own(base / name)
        socket = base / "server"
        settings, barman = base / "pgbackrest.conf", base / "barman.conf"
        settings.write_text(_PGBACKREST.format(base=base, data=socket / "data", socket=socket, password=PASSWORD))
        barman.write_text(_BARMAN.format(base=base, socket=socket, user=server_user()))
        (base / "barman.log").touch()
        own(base / "barman.log")
        push = f"pgbackrest --config={settings} --stanza=main archive-push %p"
        with cluster(socket, f"{push} && cp %p {base}/barman/pg/incoming/%f") as server:
            ask = ("pgbackrest", f"--config={settings}", "--stanza=main", "--log-level-console=warn")
            server.run(*ask, "stanza-create")
            server.sql(
                f"CREATE TABLE film (id int PRIMARY KEY, title text);"
                f"INSERT INTO film SELECT n, 'film ' || n FROM generate_series(1, {ROWS}) n;"
            )
            for form in ("plain", "custom", "directory"):
                server.run(PROGRAMS / "pg_dump", f"--format={form}", f"--file={base}/dumps/{form}", "postgres")
            server.run(
                PROGRAMS / "pg_basebackup", "--pgdata", base / "dumps" / "base", "--checkpoint=fast", "--no-sync"
            )
            server.archived()
            server.run("barman", "--config", barman, "archive-wal", "pg")
            server.run("barman", "--config", barman, "backup", "pg")
            server.run(*ask, "--type=full", "backup")
            server.sql("CREATE TABLE marker (said text); INSERT INTO marker VALUES ('before')")
            server.archived()
            before = datetime.now(UTC)
            time.sleep(0.01)  # so that the next transaction is later than that, by any clock's grain
            server.sql("INSERT INTO marker VALUES ('after')")
            server.archived()
            server.run("barman", "--config", barman, "archive-wal", "pg")
        yield Lab(base, before)
