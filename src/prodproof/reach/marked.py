"""Programs that carry a mark, so that they are found when whoever started them was killed."""

import signal
import time
from pathlib import Path

from prodproof.reach.server_folder import send
from prodproof.system.errors import UserError

MARK = "PRODPROOF_STEP"
"""The environment variable that holds the mark."""

_PATIENCE = 10.0


def end_marked(mark: str) -> None:
    """Kill every program of this machine that carries the mark, and wait until it is gone.

    Whoever is killed leaves its children running; what they still do must not mix with another attempt, or with an
    undo. Programs that write over their environment are not found. Raises UserError when one cannot be ended.
    """
    deadline = time.monotonic() + _PATIENCE
    while left := _carrying(mark):
        send(signal.SIGKILL, left)
        if time.monotonic() > deadline:
            raise UserError(f"programs of an earlier attempt do not end: {', '.join(map(str, left))}")
        time.sleep(0.02)


def _carrying(mark: str) -> list[int]:
    wanted = f"{MARK}={mark}".encode()
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            variables = (entry / "environ").read_bytes().split(b"\0")
            state = (entry / "stat").read_text().rpartition(")")[2].split()[0]
        except OSError:  # gone meanwhile, or somebody else's
            continue
        if wanted in variables and state != "Z":
            found.append(int(entry.name))
    return found
