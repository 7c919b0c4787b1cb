"""A server by the folder that it works in: its processes, and the end of its log."""

import os
import signal
import time
from collections.abc import Callable, Iterable
from pathlib import Path

_LOG_END = 64 * 1024


def working_in(folder: Path) -> list[int]:
    """The processes that work in a folder, whatever they call themselves."""
    wanted = os.fspath(folder.resolve())
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if os.readlink(entry / "cwd") == wanted:
                found.append(int(entry.name))
        except OSError:  # gone meanwhile, or somebody else's
            continue
    return found


def ended(folder: Path, seconds: float, kill: Callable[[list[int]], None]) -> bool:
    """Whether all processes that work in a folder have ended in time; `kill` is called until then with those left."""
    deadline = time.monotonic() + seconds
    while left := working_in(folder):
        kill(left)
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def send(sign: signal.Signals, pids: Iterable[int]) -> None:
    """Send a signal to processes, some of which may be gone."""
    for pid in pids:
        try:
            os.kill(pid, sign)
        except (ProcessLookupError, PermissionError):
            continue


def end_of(log: Path) -> bytes | None:
    """The last 64 KB of a log; None where it cannot be read."""
    try:
        with open(log, "rb") as file:
            file.seek(max(0, log.stat().st_size - _LOG_END))
            return file.read()
    except OSError:
        return None
