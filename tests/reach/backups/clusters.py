"""A PostgreSQL cluster of the tests' own: unix socket only, stopped by its process id."""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

PROGRAMS = max(
    Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: path.parts[-2].zfill(5), default=Path("/none")
)
USER = "nobody"
"""PostgreSQL refuses to run as root."""

_PATIENCE = 60.0


def as_other() -> list[str]:
    """The words before a command that must not run as root."""
    return ["setpriv", f"--reuid={USER}", "--regid=nogroup", "--clear-groups"] if os.geteuid() == 0 else []


def own(path: Path) -> None:
    """Give a file or folder to the user whom servers run as."""
    if os.geteuid() == 0:
        shutil.chown(path, USER, "nogroup")


def server_user() -> str:
    """Whom servers run as."""
    return USER if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name


@contextmanager
def open_folder() -> Iterator[Path]:
    """A folder that the servers' user comes through to; pytest's own are closed to everybody else."""
    made = Path(tempfile.mkdtemp(prefix="prodproof-test-"))
    made.chmod(0o755)
    try:
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)


@dataclass(frozen=True)
class Cluster:
    """One that runs."""

    base: Path

    @property
    def data(self) -> Path:
        return self.base / "data"

    def run(self, *words: str | os.PathLike[str], given: str = "", env: Mapping[str, str] | None = None) -> str:
        """Run a program as the servers' user; what it wrote. Raises AssertionError if it fails."""
        done = subprocess.run(
            [*as_other(), *(os.fspath(word) for word in words)],
            input=given.encode(),
            capture_output=True,
            cwd=self.base,
            env={"PATH": os.environ["PATH"], "HOME": os.fspath(self.base), "LC_ALL": "C.UTF-8", "TZ": "UTC",
                 "PGHOST": os.fspath(self.base), "PGUSER": "postgres", **(env or {})},
            timeout=120,
            check=False,
        )  # fmt: skip
        assert done.returncode == 0, (words, done.stdout[-2000:], done.stderr[-2000:])
        return done.stdout.decode()

    def sql(self, statements: str, database: str = "postgres") -> str:
        """Carry statements out; the rows of the last one."""
        return self.run(PROGRAMS / "psql", "-X", "-q", "-At", "-v", "ON_ERROR_STOP=1", "-d", database, given=statements)

    def archived(self) -> None:
        """Switch to a new segment of the log, and wait until all before it are archived."""
        name = self.sql("SELECT pg_walfile_name(pg_switch_wal())").strip()
        until = time.monotonic() + _PATIENCE
        while self.sql("SELECT coalesce(last_archived_wal, '') FROM pg_stat_archiver").strip() < name:
            assert time.monotonic() < until, "the log is not archived"
            time.sleep(0.05)


@contextmanager
def cluster(base: Path, archive_command: str = "") -> Iterator[Cluster]:
    """A new cluster in an empty folder, running until the block ends."""
    own(base)
    made = Cluster(base)
    made.run(PROGRAMS / "initdb", "--pgdata", made.data, "--username=postgres", "--auth=trust", "--encoding=UTF8",
             "--locale=C.UTF-8", "--data-checksums", "--no-sync")  # fmt: skip
    with (made.data / "postgresql.conf").open("a") as settings:
        settings.write(
            f"listen_addresses = ''\nunix_socket_directories = '{base}'\nfsync = off\nshared_buffers = '16MB'\n"
            f"wal_level = replica\nmax_wal_senders = 5\ncheckpoint_timeout = '1h'\ntimezone = 'UTC'\n"
            f"min_wal_size = '32MB'\n"
        )
        if archive_command:
            settings.write(f"archive_mode = on\narchive_command = '{archive_command}'\n")
    with running(base, made.data):
        yield made


@contextmanager
def running(base: Path, data: Path, *options: str) -> Iterator[None]:
    """A server on a data directory, with its socket in `base`."""
    log = (base / f"{data.name}.log").open("ab")
    server = subprocess.Popen(
        [*as_other(), os.fspath(PROGRAMS / "postgres"), "-D", os.fspath(data), *options],
        stdout=log, stderr=log, stdin=subprocess.DEVNULL, cwd=base,
        env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"},
    )  # fmt: skip
    try:
        until = time.monotonic() + _PATIENCE
        while not _ready(data):
            told = (base / f"{data.name}.log").read_text()[-1500:]
            assert server.poll() is None and time.monotonic() < until, told
            time.sleep(0.05)
        yield
    finally:
        server.send_signal(signal.SIGINT)
        try:
            server.wait(30)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()
        log.close()


def _ready(data: Path) -> bool:
    try:
        lines = (data / "postmaster.pid").read_text().splitlines()
    except OSError:
        return False
    return len(lines) >= 8 and lines[7].strip() == "ready"
