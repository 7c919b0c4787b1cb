"""A clock that can be set while a program runs: libfaketime (Debian: faketime) under it."""

import glob
import os
import select
import time
from pathlib import Path
from typing import Any

_FILE = "FAKETIME_TIMESTAMP_FILE"


def library() -> str | None:
    """The library, or None if it is not installed."""
    return next(iter(glob.glob("/usr/lib/*/faketime/libfaketimeMT.so.1")), None)


def environment(folder: Path) -> dict[str, str]:
    """Variables of a program whose clock `leap` sets; it says the true time at first. Its stop-watches stay right."""
    preload = library()
    assert preload is not None
    path = folder / "clock"
    path.write_text("+0")
    return {"LD_PRELOAD": preload, _FILE: str(path), "FAKETIME_NO_CACHE": "1", "FAKETIME_DONT_FAKE_MONOTONIC": "1"}


def sleep_rightly() -> None:
    """Let this program sleep by another system call: libfaketime 0.9 refuses the one that Python takes (EINVAL)."""

    def sleep(seconds: Any) -> None:
        select.select([], [], [], seconds)

    if _FILE in os.environ:
        time.sleep = sleep


def leap(seconds: float) -> None:
    """Set the clock of this program, and of all that share its variables, to so many seconds from the true time."""
    path = Path(os.environ[_FILE])
    draft = path.with_name("clock.new")
    draft.write_text(f"{seconds:+.0f}")
    draft.replace(path)
