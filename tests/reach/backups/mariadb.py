"""A MariaDB server of the tests' own: socket only, stopped by its process id."""

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.reach.backups.clusters import as_other, own

_PATIENCE = 120.0


@dataclass(frozen=True)
class MariaDb:
    """One that runs."""

    socket: Path

    def run(self, program: str, *words: str, given: bytes = b"") -> bytes:
        """Run a client; what it wrote. Raises AssertionError if it fails."""
        done = subprocess.run(
            [program, "--no-defaults", f"--socket={self.socket}", "--user=root", *words],
            input=given,
            capture_output=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, (program, words, done.stderr[-2000:])
        return done.stdout

    def sql(self, statements: str, *words: str) -> str:
        return self.run("mariadb", "--batch", "--skip-column-names", *words, given=statements.encode()).decode().strip()


@contextmanager
def running(base: Path) -> Iterator[MariaDb]:
    """A new server in an empty folder."""
    own(base)
    data, socket = base / "data", base / "socket"
    variables = {"PATH": f"{os.environ['PATH']}:/usr/sbin", "HOME": os.fspath(base), "LC_ALL": "C.UTF-8"}
    subprocess.run(
        [*as_other(), "mariadb-install-db", "--no-defaults", f"--datadir={data}", "--skip-test-db",
         "--auth-root-authentication-method=normal", "--skip-name-resolve"],
        check=True, capture_output=True, cwd=base, env=variables, timeout=_PATIENCE,
    )  # fmt: skip
    program = shutil.which("mariadbd", path=variables["PATH"]) or "mariadbd"
    with (base / "log").open("ab") as log:
        server = subprocess.Popen(
            [*as_other(), program, "--no-defaults", f"--datadir={data}", f"--socket={socket}", "--skip-networking",
             f"--pid-file={base / 'pid'}", "--skip-log-bin", "--innodb-flush-log-at-trx-commit=0"],
            stdout=log, stderr=log, stdin=subprocess.DEVNULL, cwd=base, env=variables,
        )  # fmt: skip
    try:
        made = MariaDb(socket)
        until = time.monotonic() + _PATIENCE
        while not _answers(made):
            assert server.poll() is None and time.monotonic() < until, (base / "log").read_text()[-2000:]
            time.sleep(0.1)
        yield made
    finally:
        server.terminate()
        try:
            server.wait(30)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def _answers(server: MariaDb) -> bool:
    try:
        return server.sql("SELECT 1") == "1"
    except AssertionError:
        return False
