"""Plain processes that outlive whoever started them, and are found and stopped without fail.

A process belongs to a range when it was recorded, is of a recorded process's session, carries the range's mark in its
environment, or works in the range's `var/` or `srv/` without a terminal. The last two find what was started an instant
before the starter was killed; servers that overwrite their environment (nginx, PostgreSQL) are still found by their
working directory, and nobody's shell is taken for one of them.
"""

import os
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from prodproof.system.errors import UserError

MARK = "PRODPROOF_RANGE"
WORKPLACES = ("var", "srv")
"""Folders of a range in which only its processes work; people may have the others open."""

STOP_SECONDS = 10.0
RUN_SECONDS = 120.0
ROUNDS = 3
"""A process may have started another one while it was asked to end."""


@dataclass(frozen=True)
class Process:
    """One process, told from a later one with the same number by when it started."""

    pid: int
    started: int
    """Clock ticks since the machine started (`/proc/<pid>/stat`, field 22)."""

    @property
    def alive(self) -> bool:
        return _started(self.pid) == self.started and not _is_over(self.pid)


def spawn(command: Sequence[str], *, mark: str, cwd: Path, log: Path, environment: Mapping[str, str]) -> Process:
    """Start a process in a session of its own, with nothing of the caller's environment but what is given.

    Raises OSError when the program cannot be started.
    """
    with open(log, "ab") as output:
        child = subprocess.Popen(
            list(command),
            cwd=cwd,
            env={**environment, MARK: mark},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    # It is to outlive this object, which would otherwise complain when it goes.
    child.returncode = 0
    return Process(child.pid, _started(child.pid) or 0)


def run(name: str, command: Sequence[str], *, cwd: Path, environment: Mapping[str, str], given: str = "") -> str:
    """Run a program to its end, with nothing of the caller's environment but PATH and what is given.

    Args:
        name: what it is called where it fails.
        command: the program with its arguments, and what goes before it: a namespace, another user.
        given: its standard input.

    Returns what it printed. Raises UserError with its last words when it fails.
    """
    done = subprocess.run(
        list(command),
        input=given.encode(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        cwd=cwd,
        env={"PATH": os.environ["PATH"], **environment},
        timeout=RUN_SECONDS,
        check=False,
    )
    output = done.stdout.decode(errors="replace")
    if done.returncode != 0:
        raise UserError(f"{name} failed: {' / '.join(output.strip().splitlines()[-3:])[-400:]}")
    return output


def as_user(user: str | None) -> Sequence[str]:
    """The words before a command that another user runs; none without a user, or where the starter is not root."""
    if user is None or os.geteuid() != 0:
        return ()
    return ("setpriv", f"--reuid={user}", "--regid=nogroup", "--clear-groups")


def stop(processes: Sequence[Process], seconds: float = STOP_SECONDS) -> None:
    """Ask processes, and all of their sessions, to end; kill what is left after `seconds`."""
    sessions = _sessions(processes)
    _end([pid for pid in _running() if _session(pid) in sessions], sessions, seconds)


def stop_all(mark: str, directory: Path, recorded: Sequence[Process]) -> list[int]:
    """Stop everything that belongs to a range; returns what could not be stopped, which is nothing as a rule."""
    left = sorted(belonging(mark, directory, recorded))
    for _ in range(ROUNDS):
        _end(left, {process.pid for process in recorded}, STOP_SECONDS)
        left = sorted(belonging(mark, directory, recorded))
        if not left:
            break
    return left


def belonging(mark: str, directory: Path, recorded: Sequence[Process]) -> Iterator[int]:
    """Every living process of a range, but for the caller and those that started it.

    Args:
        mark: of the range.
        directory: of the range.
        recorded: those that were written down.
    """
    sessions = _sessions(recorded)
    callers = _ancestors(os.getpid())
    wanted = f"{MARK}={mark}".encode()
    places = tuple(os.fspath(directory.resolve() / name) + os.sep for name in WORKPLACES)
    for pid in _running():
        if pid in callers or _is_over(pid):
            continue
        if _session(pid) in sessions:
            yield pid
            continue
        try:
            environment = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
            works_in = os.readlink(f"/proc/{pid}/cwd") + os.sep
        except OSError:  # gone meanwhile, or somebody else's
            continue
        if wanted in environment or (works_in.startswith(places) and not _has_terminal(pid)):
            yield pid


def _end(pids: Sequence[int], first: set[int], seconds: float) -> None:
    # A server's first process ends its own children in good order; the others are asked only if it did not.
    _signal([pid for pid in pids if pid in first] or pids, signal.SIGTERM)
    deadline = time.monotonic() + seconds
    asked_all = False
    while left := [pid for pid in pids if _living(pid)]:
        now = time.monotonic()
        if now > deadline:
            _signal(left, signal.SIGKILL)
            if now > deadline + 5:
                return
        elif not asked_all and now > deadline - seconds / 2:
            _signal(left, signal.SIGTERM)
            asked_all = True
        time.sleep(0.02)


def _signal(pids: Sequence[int], number: signal.Signals) -> None:
    for pid in pids:
        try:
            os.kill(pid, number)
        except (ProcessLookupError, PermissionError):
            continue


def _living(pid: int) -> bool:
    try:
        # A child of ours that has ended stays listed until it is waited for.
        os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:
        pass
    return not _is_over(pid)


def _is_over(pid: int) -> bool:
    fields = _stat(pid)
    if fields is None or fields[0] != "Z":
        return fields is None
    try:
        # The first thread may be over while others are still ending: until then the process's sockets are open.
        return len(os.listdir(f"/proc/{pid}/task")) <= 1
    except OSError:
        return True


def _running() -> list[int]:
    return [int(name) for name in os.listdir("/proc") if name.isdigit()]


def _stat(pid: int) -> list[str] | None:
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    return text.rpartition(")")[2].split()


def _started(pid: int) -> int | None:
    fields = _stat(pid)
    return int(fields[19]) if fields else None


def _session(pid: int) -> int | None:
    fields = _stat(pid)
    return int(fields[3]) if fields else None


def _has_terminal(pid: int) -> bool:
    fields = _stat(pid)
    return fields is not None and fields[4] != "0"


def _sessions(recorded: Sequence[Process]) -> set[int]:
    # A session outlives its first process, whose number is not given away meanwhile.
    return {process.pid for process in recorded if _started(process.pid) in (None, process.started)}


def _ancestors(pid: int) -> set[int]:
    found = set()
    while pid:
        found.add(pid)
        fields = _stat(pid)
        pid = int(fields[1]) if fields else 0
    return found
