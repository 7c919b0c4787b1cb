"""Which processes are there: a lock that the system takes away when its holder ends, however it ends.

No clock is asked, so a clock that jumps makes nobody dead.
"""

import fcntl
import hashlib
import os
import re
import threading
import time
from pathlib import Path
from typing import LiteralString, Protocol

from prodproof.jobs.errors import JobError

LOOK_SECONDS = 1.0
"""How often a process makes sure that PostgreSQL still holds its lock."""

_KEEPALIVE = {"idle": 10, "interval": 5, "count": 3}
"""Seconds and number of the questions after which a silent other side counts as gone (tcp(7))."""

_UNSURE = 20.0
"""Seconds without an answer of PostgreSQL after which a process takes its lock for lost; the server waits longer."""


class Presence(Protocol):
    """Says who is there."""

    @property
    def lost(self) -> bool:
        """Whether others may take us for dead, so that we must not act any more."""
        ...

    def alive(self, name: str) -> bool:
        """Whether the process of that name is there. A name is never given twice."""
        ...

    def outlast(self) -> None:
        """Wait as long as a process that is not there any more may need to notice it, so that it acts no more."""
        ...

    def close(self) -> None:
        """Be there no more."""
        ...


def executor_name() -> str:
    """A name for this process that no other one has, now or later."""
    return f"{machine_name()}-{os.getpid()}-{os.urandom(4).hex()}"


def machine_name() -> str:
    """What this machine calls itself, in letters that may stand in an executor's name."""
    return re.sub(r"[^a-z0-9-]+", "-", os.uname().nodename.lower())[:40] or "host"


def machine_of(executor: str) -> str:
    """The machine of an executor."""
    return executor.rsplit("-", 2)[0]


class FilePresence:
    """Among the processes of one machine: a locked file for each, in the state directory."""

    lost = False

    def __init__(self, directory: Path, name: str | None) -> None:
        """Args:
        directory: of the locks; made if it is not there.
        name: of this process; None to look only.
        """
        self._directory = directory
        self._path: Path | None = None
        if name is not None:
            directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._path = directory / f"{name}.lock"
            draft = directory / f"{name}.new"
            self._file = open(draft, "w")  # noqa: SIM115 (open as long as the process is there)
            fcntl.flock(self._file, fcntl.LOCK_EX)
            draft.rename(self._path)  # so that nobody ever sees it unlocked while we are there
            for other in directory.glob("*.lock"):
                if not self.alive(other.stem):
                    other.unlink(missing_ok=True)

    def alive(self, name: str) -> bool:
        try:
            with open(self._directory / f"{name}.lock") as file:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except FileNotFoundError:
            return False
        except BlockingIOError:
            return True
        return False

    def outlast(self) -> None:
        """Nobody loses a lock on a file and lives."""

    def close(self) -> None:
        if self._path is not None:
            self._path.unlink(missing_ok=True)
            self._file.close()
            self._path = None


class PostgresPresence:
    """Among the processes of one database: an advisory lock that its session holds.

    It ends with the connection: at once when the process ends, within half a minute when its machine or its network
    does. The process itself notices before that its lock may be lost, and acts no more.
    """

    def __init__(self, url: str, name: str | None) -> None:
        import psycopg

        self._lost = False
        self._sure = time.monotonic()
        self._ended = threading.Event()
        self._one_at_a_time = threading.Lock()
        try:
            self._connection = psycopg.connect(
                url,
                autocommit=True,
                connect_timeout=10,
                keepalives_idle=_KEEPALIVE["idle"],
                keepalives_interval=_KEEPALIVE["interval"],
                keepalives_count=_KEEPALIVE["count"],
                tcp_user_timeout=round(_UNSURE * 1000),
            )
            for setting, value in _KEEPALIVE.items():
                self._connection.execute("SELECT set_config(%s, %s, false)", [f"tcp_keepalives_{setting}", str(value)])
            if name is not None:
                self._connection.execute("SELECT pg_advisory_lock(%s)", [_key(name)])
        except psycopg.Error as error:
            # Its own words may quote the URL, and the URL may hold a password.
            raise JobError("the database cannot be reached with what PRODPROOF_DATABASE_URL says") from error
        self._watched = name is not None
        if self._watched:
            threading.Thread(target=self._watch, name="presence", daemon=True).start()

    @property
    def lost(self) -> bool:
        return self._lost or (self._watched and time.monotonic() - self._sure > _UNSURE)

    def alive(self, name: str) -> bool:
        high, low = divmod(_key(name) % 2**64, 2**32)
        return self._ask(
            "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND granted AND objsubid = 1"
            " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
            " AND classid = %s::oid AND objid = %s::oid",
            str(high),
            str(low),
        )

    def outlast(self) -> None:
        time.sleep(2 * LOOK_SECONDS)

    def close(self) -> None:
        self._ended.set()
        self._connection.close()

    def _watch(self) -> None:
        while not self._ended.wait(LOOK_SECONDS):
            asked = time.monotonic()
            try:
                self._ask("SELECT 1")
            except JobError:
                self._lost = not self._ended.is_set()
                return
            self._sure = asked

    def _ask(self, query: LiteralString, *values: str) -> bool:
        import psycopg

        try:
            with self._one_at_a_time:
                return self._connection.execute(query, values).fetchone() is not None
        except psycopg.Error as error:
            raise JobError("the connection to the database of PRODPROOF_DATABASE_URL was lost") from error


def _key(name: str) -> int:
    return int.from_bytes(hashlib.sha256(f"prodproof {name}".encode()).digest()[:8], "big", signed=True)
