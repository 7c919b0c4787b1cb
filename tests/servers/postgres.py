"""A real PostgreSQL for tests: a plain process on a free loopback port, started once per test process."""

import glob
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

START_SECONDS = 60.0
SUPERUSER = "postgres"


@dataclass(frozen=True)
class PostgresServer:
    """A running server with one superuser and a password."""

    port: int
    password: str
    directory: Path

    def url(self, database: str = "postgres") -> str:
        """The URL of a database."""
        return f"postgresql://{SUPERUSER}:{self.password}@127.0.0.1:{self.port}/{database}"

    def create_database(self, name: str) -> str:
        """Make an empty database; returns its URL."""
        import psycopg

        with psycopg.connect(self.url(), autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}"'.encode())
        return self.url(name)


def program(name: str) -> Path | None:
    """The newest installed PostgreSQL's program, wherever the distribution keeps it."""
    found = sorted(glob.glob(f"/usr/lib/postgresql/*/bin/{name}"), key=lambda path: int(path.split("/")[4]))
    on_path = shutil.which(name)
    return Path(found[-1]) if found else Path(on_path) if on_path else None


@contextmanager
def running() -> Iterator[PostgresServer]:
    """Start a server, and stop it by its pid."""
    initdb = program("initdb")
    if initdb is None or program("postgres") is None:
        pytest.skip("PostgreSQL is not installed (Debian: postgresql)")
    as_user = _unprivileged()
    directory = Path(tempfile.mkdtemp(prefix="prodproof-postgres-"))
    process: subprocess.Popen[bytes] | None = None
    try:
        password_file = directory / "password"
        password = "for-tests-only"
        password_file.write_text(password)
        data = directory / "data"
        if as_user:
            for path in (directory, password_file):
                shutil.chown(path, "nobody", "nogroup")
        subprocess.run(
            [*as_user, str(initdb), "-D", str(data), "-U", SUPERUSER, "-A", "scram-sha-256",
             f"--pwfile={password_file}", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"],
            check=True, capture_output=True, cwd=directory,
        )  # fmt: skip
        port = _free_port()
        with open(directory / "log", "wb") as log:
            process = subprocess.Popen(
                command(directory, port), stdout=log, stderr=subprocess.STDOUT, cwd=directory
            )  # fmt: skip
        server = PostgresServer(port, password, directory)
        ready(server, process)
        yield server
    finally:
        if process is not None:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        shutil.rmtree(directory, ignore_errors=True)


def command(directory: Path, port: int) -> list[str]:
    """What starts a server on its data, in the foreground."""
    return [
        *_unprivileged(), str(program("postgres")), "-D", str(directory / "data"), "-p", str(port), "-h", "127.0.0.1",
        "-k", str(directory), "-c", "fsync=off", "-c", "max_connections=50",
    ]  # fmt: skip


def _unprivileged() -> list[str]:
    # PostgreSQL refuses to run as root.
    if os.geteuid() != 0:
        return []
    if shutil.which("setpriv") is None:
        pytest.skip("running as root without setpriv, and PostgreSQL refuses root")
    return ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"]


def ready(server: PostgresServer, process: "subprocess.Popen[bytes] | None" = None) -> None:
    """Wait until a server answers, unless its process ends before."""
    import psycopg

    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            psycopg.connect(server.url(), connect_timeout=2).close()
            return
        except psycopg.OperationalError:
            if (process is not None and process.poll() is not None) or time.monotonic() > deadline:
                log = (server.directory / "log").read_text(errors="replace")[-2000:]
                raise RuntimeError(f"PostgreSQL did not start:\n{log}") from None
            time.sleep(0.1)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
