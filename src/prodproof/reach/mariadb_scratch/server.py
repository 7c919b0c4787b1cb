"""One scratch server of MariaDB: made, started, loaded, asked, stopped, without reaching anything outside its folder.

No option file is read, networking and the event scheduler are off, files outside of its folder are closed to it, and it
has no network at all where the machine allows that.

Source: MariaDB documentation, "mariadbd Options" (skip-networking, event-scheduler, secure-file-priv),
"mariadb-install-db", "mariadb --sandbox".
"""

import os
import re
import signal
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from prodproof.facts import Reason, Unseen
from prodproof.facts.restore_points import Damage, Damaged
from prodproof.reach.cut_off import CutOff
from prodproof.reach.mariadb_scratch.client import Client, program, text_of
from prodproof.reach.marked import MARK
from prodproof.reach.process import Finished, run
from prodproof.reach.server_folder import end_of, ended, send, working_in

RESTORED = "restored"
"""What the database is called where a dump does not say how its source was."""

OWN = ("information_schema", "mysql", "performance_schema", "sys")
MAX_SOCKET = 90
STOP_SECONDS = 20.0
MAX_FAILURES = 100
_FAILED = re.compile(r"^ERROR(?: (\d+) \(\w+\))? at line (\d+)", re.MULTILINE)
"""Without a number: what the sandbox refuses."""

_FULL = ("1021", "1114", "No space left on device", "table is full", "Disk full")
_ISOLATED = (
    "--skip-networking",
    # Not DISABLED, with which a server takes no events from a dump either; whether it stayed off is looked at.
    "--event-scheduler=OFF",
    "--skip-log-bin",
    "--skip-slave-start",
    "--local-infile=0",
    "--symbolic-links=0",
    "--skip-name-resolve",
    # Statements of others do not go into a log.
    "--general-log=0",
    "--slow-query-log=0",
    "--log-warnings=0",
    "--performance-schema=OFF",
    # A copy that is thrown away needs to survive no power failure; memory-backed folders know no asynchronous files.
    "--innodb-flush-log-at-trx-commit=0",
    "--innodb-doublewrite=0",
    "--innodb-flush-method=fsync",
    "--innodb-use-native-aio=0",
    "--max-allowed-packet=1G",
)
_START = 'exec setsid --fork "$0" "$@" >>"$LOG" 2>&1 </dev/null'


@dataclass(frozen=True, kw_only=True)
class Loaded:
    """A dump that was loaded, whole or not."""

    database: str
    failures: tuple[str, ...] = ()
    """The statements that failed, by their lines."""


@dataclass(frozen=True)
class ScratchServer:
    """A server whose data, socket and log lie in one private folder."""

    place: Path
    cut_off: CutOff
    mark: str = ""
    """What every program that is started for it is found by."""

    @property
    def data(self) -> Path:
        return self.place / "data"

    @property
    def socket(self) -> Path:
        return self.place / "run" / "socket"

    @property
    def log(self) -> Path:
        return self.place / "log"

    def initialise(self) -> Unseen | None:
        """Make its empty folders and system tables. Raises OSError."""
        installer = program("mariadb-install-db")
        if installer is None:
            return _absent()
        self.place.mkdir(mode=0o700, exist_ok=True)
        for folder in (self.data, self.place / "run", self.place / "tmp", self.place / "files"):
            folder.mkdir(mode=0o700, exist_ok=True)
        self.log.touch(mode=0o600)
        self.cut_off.own_all(self.place)
        words = ["--no-defaults", f"--datadir={self.data}", "--auth-root-authentication-method=normal"]
        done = self._run([installer, *words, "--skip-test-db", "--skip-name-resolve", *_ISOLATED[-4:]], 180)
        if isinstance(done, Unseen):
            return done
        return None if done.code == 0 else Unseen(Reason.INCOMPLETE, f"mariadb-install-db failed: {_told(done.stderr)}")

    def start(self, seconds: float) -> Unseen | None:
        """Start it and wait until it answers; it outlives us."""
        server = program("mariadbd")
        if server is None:
            return _absent()
        if len(os.fspath(self.socket)) > MAX_SOCKET:
            return Unseen(Reason.INCOMPLETE, "the path of the scratch is too long for a socket; declare a shorter one")
        words = ["--no-defaults", f"--datadir={self.data}", f"--socket={self.socket}", f"--tmpdir={self.place / 'tmp'}"]
        words += [f"--pid-file={self.place / 'run' / 'pid'}", f"--secure-file-priv={self.place / 'files'}", *_ISOLATED]
        done = self._run(["sh", "-c", _START, server, *words], 30, {"LOG": os.fspath(self.log)})
        if isinstance(done, Unseen):
            return done
        deadline, seen = time.monotonic() + seconds, False
        while isinstance(self.client("").ask("SELECT 1"), Unseen):
            running = bool(self.pids)
            if seen and not running:
                return Unseen(Reason.INCOMPLETE, f"the server failed: {self.trouble()}")
            seen = seen or running
            if time.monotonic() > deadline:
                return Unseen(Reason.TIMED_OUT, f"the server did not start within {seconds:g} s: {self.trouble()}")
            time.sleep(0.1)
        return None

    @property
    def pids(self) -> list[int]:
        """Its processes."""
        return working_in(self.data)

    def stop(self) -> bool:
        """End it at once, for its data are thrown away; returns whether it has ended."""
        return ended(self.data, STOP_SECONDS, lambda pids: send(signal.SIGKILL, pids))

    def client(self, database: str) -> Client:
        """Asks it as its administrator."""
        flags = (f"--socket={self.socket}", "--user=root")
        return Client(self.cut_off.words, "", flags, database, self.place, self._variables())

    def load(self, dump: Path, seconds: float) -> Loaded | Damaged | Unseen:
        """Load what mariadb-dump or mysqldump wrote; the statements that fail are told by their lines."""
        client = program("mariadb", "mysql")
        if client is None:
            return _absent()
        made = self._write(f"CREATE DATABASE {RESTORED} CHARACTER SET utf8mb4")
        if made is not None:
            return made
        # A dump can hold commands of the client, which reach files and programs: the sandbox refuses them.
        words = ["--no-defaults", f"--socket={self.socket}", "--user=root", "--force", "--loose-sandbox", "--batch"]
        words += ["--default-character-set=utf8mb4", "--max-allowed-packet=1G", f"--database={RESTORED}"]
        command = ["sh", "-c", 'exec "$0" "$@" <"$DUMP" >/dev/null', client, *words]
        done = self._run(command, seconds, {"DUMP": os.fspath(dump)})
        if isinstance(done, Unseen):
            return done
        said = done.stderr.decode("utf-8", "replace")
        failed = _FAILED.findall(said)
        if any(sign in said for sign in _FULL[2:]) or any(number in _FULL for number, _ in failed):
            return Unseen(Reason.INCOMPLETE, "the disk of the scratch is full")
        if done.code != 0 and not failed:
            if not self.pids:
                return Unseen(Reason.INCOMPLETE, f"the server ended while the dump was loaded: {self.trouble()}")
            return Damaged(damage=Damage.CORRUPT, says="the client of MariaDB cannot read the dump")
        failures = tuple(
            f"the statement in line {line} (error {number or 'of the client'})"
            for number, line in failed[:MAX_FAILURES]
        )
        databases = self.databases()
        if isinstance(databases, Unseen):
            return databases
        return Loaded(database=databases[0] if len(databases) == 1 else "", failures=failures)

    def databases(self) -> list[str] | Unseen:
        """The databases with tables that are not the server's own."""
        own = ", ".join(map(text_of, OWN))
        rows = self.client("").ask(
            f"SELECT DISTINCT TABLE_SCHEMA FROM information_schema.TABLES WHERE TABLE_SCHEMA NOT IN ({own}) ORDER BY 1"
        )
        return rows if isinstance(rows, Unseen) else [row[0] for row in rows]

    def trouble(self) -> str:
        """What its log says went wrong, in one line, without any value."""
        said = end_of(self.log)
        return "its log cannot be read" if said is None else _told(said)

    def _write(self, statement: str) -> Unseen | None:
        client = program("mariadb", "mysql")
        words = [str(client), "--no-defaults", f"--socket={self.socket}", "--user=root", f"--execute={statement}"]
        done = self._run(words, 60)
        if isinstance(done, Unseen):
            return done
        return None if done.code == 0 else Unseen(Reason.INCOMPLETE, "the scratch server makes no database")

    def _variables(self) -> dict[str, str]:
        return {"LC_ALL": "C.UTF-8", "HOME": os.fspath(self.place), MARK: self.mark}

    def _run(self, command: Sequence[str], seconds: float, more: dict[str, str] | None = None) -> Finished | Unseen:
        env = {**self._variables(), **(more or {})}
        return run([*self.cut_off.words, *command], timeout=seconds, cwd=self.place, env=env)


def _absent() -> Unseen:
    return Unseen(Reason.TOOL_MISSING, "MariaDB is not installed here (Debian: mariadb-server)")


def _told(errors: bytes) -> str:
    lines = errors.decode("utf-8", "replace").splitlines()
    if any("No space left on device" in line or "Disk full" in line for line in lines):
        return "the disk of the scratch is full"
    marked = [line for line in lines if "[ERROR]" in line or "FATAL" in line]
    first = (marked or [line for line in lines if line.strip()] or ["no message"])[0]
    return re.sub(r"^\S+ +\S+ +\d+ +", "", first.strip())[:200]
