"""Two folders of files, of which one is a copy that was made earlier."""

import hashlib
import os
import stat
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from prodproof.facts import Reason, Unseen
from prodproof.reach.compare.moments import MARGIN

MAX_FILES = 500_000
WHOLE_BELOW = 256 * 1024 * 1024
"""Bytes of all files together up to which every file is read; above, one in so many, chosen by a keyed hash."""


_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Entry:
    """One file."""

    size: int
    changed: float
    """When its bytes or its name were changed last, whatever its owner says: seconds since 1970."""


@dataclass(frozen=True, kw_only=True)
class FilesCompared:
    """In what a copy differs."""

    files: int
    missing: tuple[str, ...]
    changed: tuple[str, ...]
    one_in: int
    """How many files there are to each whose bytes were read."""


def listed(root: Path, ending: Callable[[], bool] = lambda: False) -> dict[str, Entry] | Unseen:
    """The plain files below a folder, by their paths in it."""
    found: dict[str, Entry] = {}
    errors: list[OSError] = []
    for folder, _, names in os.walk(root, onerror=errors.append):
        for name in names:
            path = os.path.join(folder, name)
            try:
                status = os.lstat(path)
            except OSError:
                continue  # gone meanwhile
            if stat.S_ISREG(status.st_mode):
                found[os.path.relpath(path, root)] = Entry(status.st_size, max(status.st_mtime, status.st_ctime))
        if len(found) > MAX_FILES or ending():
            return Unseen(Reason.INCOMPLETE, f"there are more than {len(found)} files")
    if errors:
        return Unseen(Reason.DENIED, f"{errors[0].filename} cannot be read: {errors[0].strerror}")
    return found


def compare_files(
    source: Path, copy: Path, made: datetime, key: bytes, *, full: bool, ending: Callable[[], bool] = lambda: False
) -> FilesCompared | Unseen:
    """Hold a copy against its source, which has gone on changing.

    A file at the source that was there shortly before the copy was made, and was not changed since, must be in it.

    Args:
        source: the folder as it is now.
        copy: what was restored.
        made: when the making of the copy began.
        key: of the system.
        full: read every file.
        ending: whether to give up.
    """
    there, here = listed(source, ending), listed(copy, ending)
    if isinstance(there, Unseen):
        return there
    if isinstance(here, Unseen):
        return here
    limit = (made - MARGIN).timestamp()
    settled = {name: entry for name, entry in there.items() if entry.changed < limit}
    one_in = _one_in(settled, full)
    missing, changed = [], []
    for name, entry in sorted(settled.items()):
        if ending():
            return Unseen(Reason.TIMED_OUT, "not all files could be compared in time")
        found = here.get(name)
        if found is None:
            missing.append(name)
        elif found.size != entry.size:
            changed.append(name)
        elif _chosen(name, key, one_in):
            one, other = _digest(source / name, key), _digest(copy / name, key)
            if one is None:
                continue  # gone from the source meanwhile
            if one != other:
                changed.append(name)
    return FilesCompared(files=len(here), missing=tuple(missing), changed=tuple(changed), one_in=one_in)


def _one_in(entries: Mapping[str, Entry], full: bool) -> int:
    total, one_in = sum(entry.size for entry in entries.values()), 1
    while not full and total > WHOLE_BELOW * one_in:
        one_in *= 2
    return one_in


def _chosen(name: str, key: bytes, one_in: int) -> bool:
    said = hashlib.blake2b(os.fsencode(name), key=key[:64], digest_size=8).digest()
    return int.from_bytes(said, "big") % one_in == 0


def _digest(path: Path, key: bytes) -> bytes | None:
    made = hashlib.blake2b(key=key[:64])
    try:
        with open(path, "rb") as file:
            while chunk := file.read(_CHUNK):
                made.update(chunk)
    except OSError:
        return None
    return made.digest()
