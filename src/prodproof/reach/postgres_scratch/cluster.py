"""One scratch cluster: made, started, asked, stopped, without reaching anything outside its folder.

Protection does not rest on what was restored: settings are given on the command line, which no restored file can
change; who may connect is said by the 0700 folder of the socket; the server has no network at all where the machine
allows that. Source: PostgreSQL documentation, "Server Configuration", "Setting Parameters".
"""

import os
import re
import shutil
import signal
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psycopg

from prodproof.facts import Reason, Unseen
from prodproof.reach.cut_off import CutOff
from prodproof.reach.marked import MARK
from prodproof.reach.postgres_scratch.programs import program
from prodproof.reach.process import Finished, run
from prodproof.reach.server_folder import end_of, ended, send, working_in

SUPERUSER = "postgres"
MAX_SOCKET = 90
"""Bytes of the socket's folder: a socket's path may have 107, and PostgreSQL adds its file's name."""

CONNECT_SECONDS = 10
STOP_SECONDS = 20.0

ISOLATED: Mapping[str, str] = {
    "listen_addresses": "",
    "archive_mode": "off",
    "archive_command": "",
    "primary_conninfo": "",
    "primary_slot_name": "",
    # Without its launcher no subscription is worked on; without libraries no scheduler and no other worker starts.
    "max_logical_replication_workers": "0",
    "shared_preload_libraries": "",
    "session_preload_libraries": "",
    "local_preload_libraries": "",
    # Statements and rows of others do not go into a log, and nothing goes to the machine's log.
    "logging_collector": "off",
    "log_destination": "stderr",
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_statement": "none",
    "log_min_duration_statement": "-1",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
    "ssl": "off",
    # What is damaged is found, and not passed over.
    "zero_damaged_pages": "off",
    "ignore_checksum_failure": "off",
    "ignore_invalid_pages": "off",
    # A copy that is thrown away needs to survive no power failure.
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    # Nobody reads while it recovers; so it needs no bounds as high as the primary's.
    "hot_standby": "off",
    "recovery_target_action": "promote",
    "recovery_end_command": "",
    "archive_cleanup_command": "",
    "max_wal_senders": "0",
    # What it shares among its processes lies in its own folder, and goes with it.
    "dynamic_shared_memory_type": "mmap",
    # The source may have more memory than this machine.
    "huge_pages": "off",
    "shared_buffers": "128MB",
    "external_pid_file": "",
}

FAST: Mapping[str, str] = {"max_wal_size": "4GB", "wal_level": "minimal", "maintenance_work_mem": "256MB"}
"""For a cluster of our own, into which a dump is loaded."""


@dataclass(frozen=True)
class ScratchCluster:
    """A cluster whose socket and settings lie in a private folder."""

    place: Path
    data: Path
    """The data directory, in that folder or elsewhere in the scratch."""

    cut_off: CutOff
    mark: str = ""
    """What every program that is started for it is found by."""

    @property
    def socket(self) -> Path:
        return self.place / "run"

    @property
    def log(self) -> Path:
        return self.place / "log"

    # ---- making

    def prepare(self) -> None:
        """Make what stands beside the data: the socket's folder and who may connect. Raises OSError."""
        self.place.mkdir(mode=0o700, exist_ok=True)
        self.cut_off.own(self.place)
        self.socket.mkdir(mode=0o700, exist_ok=True)
        (self.place / "pg_hba.conf").write_text("local all all trust\n")
        (self.place / "pg_ident.conf").write_text("")
        (self.place / "postgresql.conf").write_text("")
        (self.place / "log").touch()
        for name in ("run", "pg_hba.conf", "pg_ident.conf", "postgresql.conf", "log"):
            self.cut_off.own(self.place / name)

    def initialise(self, version: int | None, locale: str = "C.UTF-8") -> Unseen | None:
        """Make an empty cluster of that major version; UTF-8, page checksums on."""
        initdb = program("initdb", version)
        if initdb is None:
            return Unseen(Reason.TOOL_MISSING, f"PostgreSQL {version or ''} is not installed here".replace("  ", " "))
        self.prepare()
        words: list[str | Path] = [
            initdb,
            "--pgdata",
            self.data,
            f"--username={SUPERUSER}",
            "--auth=trust",
            "--encoding=UTF8",
        ]
        done = self._run([*words, "--encoding=UTF8", f"--locale={locale}", "--data-checksums", "--no-sync"], 120)
        return done if isinstance(done, Unseen) else self._failed("initdb", done)

    def adopt(self) -> Unseen | None:
        """Take a restored data directory over: give it to the server's user, and take away what is not its own.

        Returns Unseen for what is no data directory.
        """
        if self.version is None:
            return Unseen(Reason.INCOMPLETE, "what was restored is no data directory of PostgreSQL")
        self.prepare()
        (self.data / "postmaster.pid").unlink(missing_ok=True)
        (self.data / "postmaster.opts").unlink(missing_ok=True)
        self.cut_off.own_all(self.data)
        self.data.chmod(0o700)
        return None

    @property
    def version(self) -> int | None:
        """The major version of its data; None where there are none."""
        try:
            words = (self.data / "PG_VERSION").read_text(errors="replace").split()
            return int(words[0]) if words and words[0].isdecimal() else None
        except OSError:
            return None

    # ---- running

    def start(self, seconds: float, settings: Mapping[str, str] | None = None) -> Unseen | None:
        """Start it and wait until it takes connections; it outlives us.

        Args:
            seconds: how long that may take, recovery included.
            settings: more of them, which cannot weaken those that isolate it.
        """
        version = self.version
        ctl = program("pg_ctl", version)
        if ctl is None:
            return Unseen(Reason.TOOL_MISSING, f"PostgreSQL {version} is not installed here, and no other can read it")
        if len(os.fspath(self.socket)) > MAX_SOCKET:
            return Unseen(Reason.INCOMPLETE, "the path of the scratch is too long for a socket; declare a shorter one")
        given = {**(settings or {}), **ISOLATED, **self._places(), **_as_on_the_source(self._controlled())}
        options = " ".join(f"-c {name}={_quoted(value)}" for name, value in given.items())
        words: list[str | Path] = [ctl, "start", "--pgdata", self.data, "--wait", "--silent"]
        words += [f"--timeout={int(seconds)}", "--log", self.log, "-o", options]
        done = self._run(words, seconds + 15)
        if isinstance(done, Unseen):
            return done
        return self._failed("the server", done, logged=True) or self.wait(seconds)

    def wait(self, seconds: float) -> Unseen | None:
        """Wait until it takes connections: after its start, or after it broke down over damaged data."""
        # Nobody may look while it recovers, so pg_ctl is content with a server that has begun to.
        deadline = time.monotonic() + seconds
        while self._status() != "ready":
            if not self.pids:
                return Unseen(Reason.INCOMPLETE, f"the server failed: {self.trouble()}")
            if time.monotonic() > deadline:
                return Unseen(Reason.TIMED_OUT, f"the server did not recover within {seconds:g} s")
            time.sleep(0.05)
        return None

    def _status(self) -> str:
        try:
            lines = (self.data / "postmaster.pid").read_text().splitlines()
        except OSError:
            return ""
        return lines[7].strip() if len(lines) > 7 else ""

    @property
    def pids(self) -> list[int]:
        """Its processes."""
        return working_in(self.data)

    def stop(self) -> bool:
        """End it at once, for its data are thrown away; returns whether it has ended."""
        soft = time.monotonic() + STOP_SECONDS / 2

        def kill(pids: list[int]) -> None:
            if time.monotonic() > soft:
                send(signal.SIGKILL, pids)
            else:  # its first process ends the others, and gives back what they shared
                send(signal.SIGQUIT, (pid for pid in pids if _parent(pid) not in pids))

        return ended(self.data, STOP_SECONDS, kill)

    # ---- asking

    def dsn(self, database: str) -> str:
        """libpq's connection string."""
        return f"host='{self.socket}' port=5432 user='{SUPERUSER}' dbname='{_escaped(database)}'"

    def connect(self, database: str = "postgres") -> "psycopg.Connection[tuple[object, ...]] | Unseen":
        """A connection as its superuser, each statement by itself."""
        try:
            return psycopg.connect(
                self.dsn(database), autocommit=True, connect_timeout=CONNECT_SECONDS, application_name="prodproof"
            )
        except psycopg.OperationalError:
            return Unseen(Reason.UNREACHABLE, f"the scratch server does not let us into the database {database}")

    def databases(self) -> list[str] | Unseen:
        """The databases that are not the server's own."""
        link = self.connect()
        if isinstance(link, Unseen):
            return link
        with link:
            rows = link.execute(
                "SELECT datname FROM pg_database WHERE datallowconn AND NOT datistemplate ORDER BY oid"
            ).fetchall()
        return [str(row[0]) for row in rows]

    def tool(self, name: str, *words: "str | Path", seconds: float) -> Finished | Unseen:
        """Run one of PostgreSQL's programs, of the cluster's version, cut off."""
        path = program(name, self.version)
        if path is None:
            return Unseen(Reason.TOOL_MISSING, f"{name} of PostgreSQL {self.version} is not installed")
        return self._run([path, *words], seconds)

    def wipe(self) -> None:
        """Remove all of it. Raises OSError."""
        if self.place.exists():
            shutil.rmtree(self.place)

    # ---- inside

    def _places(self) -> dict[str, str]:
        return {
            "config_file": os.fspath(self.place / "postgresql.conf"),
            "hba_file": os.fspath(self.place / "pg_hba.conf"),
            "ident_file": os.fspath(self.place / "pg_ident.conf"),
            "unix_socket_directories": os.fspath(self.socket),
            "unix_socket_permissions": "0700",
            "port": "5432",
        }

    def _controlled(self) -> str:
        said = self.tool("pg_controldata", self.data, seconds=30)
        return "" if isinstance(said, Unseen) else said.stdout.decode(errors="replace")

    def _run(self, command: Sequence[str | Path], seconds: float) -> Finished | Unseen:
        extra = {"LC_ALL": "C.UTF-8", "HOME": os.fspath(self.place), MARK: self.mark}
        return run([*self.cut_off.words, *command], timeout=seconds, cwd=self.place, env=extra)

    def _failed(self, what: str, done: Finished, logged: bool = False) -> Unseen | None:
        if done.code == 0:
            return None
        return Unseen(Reason.INCOMPLETE, f"{what} failed: {self.trouble() if logged else told(done.stderr)}")

    def trouble(self) -> str:
        """What the server's log says went wrong, in one line, without any value."""
        said = end_of(self.log)
        return "its log cannot be read" if said is None else told(said)


def told(errors: bytes) -> str:
    """The first error of a server or program, in one line, shortened, without quoted values."""
    lines = errors.decode("utf-8", "replace").splitlines()
    if any("No space left on device" in line for line in lines):
        return "the disk of the scratch is full (No space left on device)"
    marked = [line for line in lines if re.search(r"\b(?:PANIC|FATAL|ERROR|error|fatal|invalid)\b", line)]
    line = (marked or [item for item in lines if item.strip()] or ["no message"])[0]
    line = re.sub(r"^.*?(?=(?:PANIC|FATAL|ERROR|error|fatal):)", "", line.strip())
    return line[:200]


def _parent(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return 0


def _as_on_the_source(controlled: str) -> dict[str, str]:
    # Transactions that were prepared and not ended are part of what is restored, and need their places.
    found = re.search(r"^max_prepared_xacts setting:\s+(\d+)$", controlled, re.MULTILINE)
    return {"max_prepared_transactions": found[1]} if found else {}


def _quoted(value: str) -> str:
    # pg_ctl hands the options to a shell.
    return "'" + value.replace("'", "'\\''") + "'"


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace("'", "\\'")
