"""Environments and command lines of running processes, from /proc.

Command lines are open to everybody on a machine as a rule, and are read of every process; environments can be read of
one's own processes only (of all by root). Those that are closed are one gap with their number.
"""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from prodproof.facts import Reason, Unseen
from prodproof.trace.finding import Finding
from prodproof.trace.stream import Item, Sink

PROC = Path("/proc")
MAX_TEXT = 16 * 1024 * 1024
"""Bytes of one environment or command line. Linux allows 6 MiB for both together, but a process can remap them."""

_KERNEL_THREAD = 0x00200000
"""PF_KTHREAD in the flags of /proc/PID/stat (include/linux/sched.h)."""

_CHUNK = 1 << 16


@dataclass(frozen=True, slots=True)
class _Status:
    """What /proc/PID/stat says (proc_pid_stat(5))."""

    name: str
    parent: int
    empty: bool
    """A kernel thread or a zombie: it has no memory that could hold anything."""


class ProcessSource:
    """The processes of this machine that can be seen from here.

    Args:
        place: as it was asked for: `process:` or `process:4711`.
        pid: only this process; every one if None.
        proc: where the proc file system is mounted.
    """

    def __init__(self, place: str, pid: int | None = None, proc: Path = PROC) -> None:
        self.place = place
        self._proc = proc
        self._pid = pid
        self._own = frozenset(_lineage(proc, os.getpid())) if pid is None else frozenset()

    @property
    def left_out(self) -> tuple[str, ...]:
        """What is not read on purpose: this process and its parents, which were handed the values to search for."""
        if not self._own:
            return ()
        return (f"this search and the processes that started it ({', '.join(map(str, sorted(self._own)))})",)

    def control(self) -> Unseen | None:
        """The positive control: this process's own command line is read in the same way. None when it was found."""
        try:
            data, _ = _read(os.path.join(self._proc, str(os.getpid())), "cmdline")
        except OSError:
            return Unseen(Reason.DENIED, f"{self._proc} cannot be read")
        if not data.strip(b"\0"):
            return Unseen(Reason.INCOMPLETE, "this process's own command line reads as empty")
        return None

    def parts(self, count: int) -> Iterator["ProcessPart"]:
        """The processes that run now, in `count` shares."""
        if self._pid is not None:
            yield ProcessPart(self._proc, (self._pid,), asked_for=True)
            return
        try:
            pids = sorted(int(name) for name in os.listdir(self._proc) if name.isdecimal())
        except OSError as error:
            yield ProcessPart(self._proc, (), failure=error.strerror or "it cannot be read")
            return
        pids = [pid for pid in pids if pid not in self._own]
        # Few calls in all: the shares only matter where there are thousands of processes.
        share = max(256, -(-len(pids) // max(1, count)))
        for start in range(0, len(pids), share):
            yield ProcessPart(self._proc, tuple(pids[start : start + share]))

    def size(self) -> int | None:
        """Nobody knows before it is read."""
        return None

    def locate(self, item: Item, findings: Sequence[Finding]) -> Sequence[Finding]:
        """As they are: the path names the process."""
        return findings


@dataclass
class ProcessPart:
    """Some processes."""

    proc: Path
    pids: Sequence[int]
    asked_for: bool = False
    """The one process was named: that it does not exist is a gap."""

    failure: str = ""
    _closed: dict[str, int] = field(default_factory=dict)

    def read(self, sink: Sink) -> None:
        """Feed them; those that ended meanwhile are no gap."""
        if self.failure:
            sink.gap("", Reason.DENIED, f"{self.proc}: {self.failure}")
        for pid in self.pids:
            self._process(pid, sink)
        for what, number in self._closed.items():
            noun = "process" if number == 1 else "processes"
            sink.gap(what, Reason.DENIED, f"the {what} of {number} {noun} may not be read by this user")
        self._closed.clear()

    def _process(self, pid: int, sink: Sink) -> None:
        try:
            # Held open, so that a number that is given to another process meanwhile leads nowhere.
            folder = os.open(self.proc / str(pid), os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except OSError as error:
            self._unopened(pid, error, sink)
            return
        try:
            status = _status(folder)
            if status is None or status.empty:
                return
            for what in ("cmdline", "environ"):
                self._text(pid, status, folder, what, sink)
        finally:
            os.close(folder)

    def _unopened(self, pid: int, error: OSError, sink: Sink) -> None:
        if isinstance(error, PermissionError):
            self._count("process")
        elif self.asked_for:
            sink.gap(str(pid), Reason.UNREACHABLE, f"there is no process {pid}, or it may not be seen")

    def _text(self, pid: int, status: _Status, folder: int, what: str, sink: Sink) -> None:
        path = f"{pid} {status.name}!{what}"
        try:
            data, whole = _read(folder, what)
        except PermissionError:
            self._count("environment" if what == "environ" else "command line")
            return
        except OSError:
            return  # it has ended
        if not whole:
            sink.gap(path, Reason.INCOMPLETE, f"only its first {MAX_TEXT // 2**20} MB were read")
        if data:
            # One variable a line, one blank between arguments; neither can hold a NUL, so no value is changed.
            sink.put(Item(path), data.replace(b"\0", b"\n" if what == "environ" else b" "))

    def _count(self, what: str) -> None:
        self._closed[what] = self._closed.get(what, 0) + 1


def _read(folder: "int | str", name: str) -> tuple[bytes, bool]:
    """A file of /proc/PID and whether that is all of it. Raises OSError."""
    if isinstance(folder, str):
        descriptor = os.open(os.path.join(folder, name), os.O_RDONLY | os.O_CLOEXEC)
    else:
        descriptor = os.open(name, os.O_RDONLY | os.O_CLOEXEC, dir_fd=folder)
    data = bytearray()
    try:
        while len(data) <= MAX_TEXT:
            chunk = os.read(descriptor, _CHUNK)
            if not chunk:
                return bytes(data), True
            data += chunk
    finally:
        os.close(descriptor)
    return bytes(data[:MAX_TEXT]), False


def _status(folder: "int | str") -> _Status | None:
    try:
        data, _ = _read(folder, "stat")
    except OSError:
        return None
    # The name stands in brackets and may hold any character, brackets too.
    before, _, after = data.rpartition(b")")
    fields = after.split()
    if len(fields) < 7:
        return None
    name = before.partition(b"(")[2].decode("utf-8", "replace")
    shown = "".join(letter if letter.isprintable() and letter != "!" else "?" for letter in name)
    empty = fields[0] in (b"Z", b"X") or bool(int(fields[6]) & _KERNEL_THREAD)
    return _Status(shown, int(fields[1]), empty)


def _lineage(proc: Path, pid: int) -> Iterator[int]:
    """A process and those that started it, without the system's first one: its environment is everybody's."""
    seen: set[int] = set()
    first = pid
    while pid not in seen and (pid > 1 or pid == first):
        seen.add(pid)
        yield pid
        status = _status(str(proc / str(pid)))
        if status is None:
            return
        pid = status.parent
