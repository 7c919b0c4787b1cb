"""A PostgreSQL that is killed and comes back: somebody starts it again whenever it has ended, as systemd would."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.servers.postgres import PostgresServer, command, ready, running

_AGAIN = 'while [ -e "$0" ]; do "$@"; sleep 0.2; done'


@contextmanager
def kept(folder: Path) -> Iterator[PostgresServer]:
    """A server that comes back; `kill_server(server.directory)` takes it away."""
    keep = folder / "keep-postgres"
    with running() as server:
        kill_server(server.directory)
        for path in (server.directory / "data" / "postmaster.pid", *server.directory.glob(".s.PGSQL.*.lock")):
            path.unlink()  # they name a zombie: nobody has waited for that process
        keep.touch()
        with open(folder / "postgres.log", "wb") as log:
            keeper = subprocess.Popen(
                ["sh", "-c", _AGAIN, str(keep), *command(server.directory, server.port)],
                stdout=log,
                stderr=log,
                cwd=server.directory,
            )
        try:
            ready(server)
            yield server
        finally:
            keep.unlink()
            kill_server(server.directory)
            keeper.wait(60)


def kill_server(directory: Path) -> None:
    """SIGKILL to every process of a server at once."""
    try:
        first = int((directory / "data" / "postmaster.pid").read_text().split()[0])
    except (OSError, IndexError, ValueError):
        return  # it is not there at the moment
    pids = [first, *(pid for pid, parent in _parents() if parent == first)]
    for pid in pids:
        try:
            if "postgres" in Path(f"/proc/{pid}/comm").read_text():
                os.kill(pid, signal.SIGKILL)
        except OSError:  # it has ended
            continue
    deadline = time.monotonic() + 20
    while any(_lives(pid) for pid in pids) and time.monotonic() < deadline:
        time.sleep(0.01)


def cut_connections(url: str) -> None:
    """End every connection to a database but the one that does it."""
    import psycopg

    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


def _parents() -> Iterator[tuple[int, int]]:
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        yield int(entry.name), int(fields[1])


def _lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
