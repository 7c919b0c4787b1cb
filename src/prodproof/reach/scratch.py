"""A private folder for restored data, while something looks at it: in memory if it fits there, and gone afterwards."""

import os
import re
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from prodproof.facts import Reason, Unseen

MEMORY = Path("/dev/shm")
DISK = Path("/var/tmp")
SPARE = 64 * 1024 * 1024
"""Bytes beside the data: what programs put down while they work."""

_LEFT = re.compile(r"prodproof-look-(\d{1,9})-\w+")
_OLD = 3600.0
"""Seconds after which a folder whose process is gone is nobody's, in another container neither."""


@contextmanager
def private_folder(needed: int, memory: Path = MEMORY, disk: Path = DISK) -> Iterator[Path | Unseen]:
    """A new folder of mode 0700 with room for so many bytes; removed at the end, and by the next one after a crash.

    Args:
        needed: bytes that will lie in it.
        memory: a file system in memory, used where there is twice as much room.
        disk: else used.
    """
    for base in (memory, disk):
        _sweep(base)
    base = memory if _fits(memory, 2 * needed + SPARE) and available_memory() > 2 * needed + SPARE else disk
    if not _fits(base, needed + SPARE):
        yield Unseen(Reason.INCOMPLETE, f"no room for the restored data: {needed / 2**20:.0f} MB are needed in {base}")
        return
    made = Path(tempfile.mkdtemp(prefix=f"prodproof-look-{os.getpid()}-", dir=base))
    try:
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)


def _sweep(base: Path) -> None:
    """Remove what a process has left there that was killed."""
    for folder in base.glob("prodproof-look-*"):
        found = _LEFT.fullmatch(folder.name)
        try:
            status = folder.lstat()
            ours = status.st_uid == os.geteuid() and time.time() - status.st_mtime > _OLD
        except OSError:
            continue
        if found and ours and not folder.is_symlink() and not _lives(int(found[1])):
            shutil.rmtree(folder, ignore_errors=True)


def _lives(process: int) -> bool:
    return Path(f"/proc/{process}").exists()


def _fits(base: Path, wanted: int) -> bool:
    try:
        return os.access(base, os.W_OK) and shutil.disk_usage(base).free > wanted
    except OSError:
        return False


def available_memory() -> int:
    """Bytes of memory that can be had without anything being put out to disk."""
    try:
        found = re.search(r"^MemAvailable:\s+(\d+) kB", Path("/proc/meminfo").read_text(), re.MULTILINE)
    except OSError:
        return 0
    return int(found[1]) * 1024 if found else 0
