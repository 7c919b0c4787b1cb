"""What is worked out from the rules once and kept for the next start, in the user's cache directory.

Nothing in it is secret, and nothing depends on its being there: what is damaged is worked out again.
"""

import hashlib
import os
import tempfile
from contextlib import suppress
from itertools import accumulate
from pathlib import Path
from typing import NamedTuple

MAX_FILE = 256 * 1024 * 1024
MAX_KEPT = 256 * 1024 * 1024
"""Bytes of all of them; those that were not used for longest go first."""

_PREFIXES = ("pack-", "rules-")
_DIGEST = hashlib.sha256().digest_size


def cache_folder() -> Path:
    """The program's folder in the user's cache directory (XDG Base Directory Specification)."""
    base = os.environ.get("XDG_CACHE_HOME", "")
    return Path(base if os.path.isabs(base) else Path.home() / ".cache") / "prodproof"


def read(file: Path) -> bytes | None:
    """What was kept under a name; None if there is nothing, or nothing sound."""
    try:
        with file.open("rb") as opened:
            data = opened.read(MAX_FILE + 1)
    except OSError:
        return None
    body = data[_DIGEST:]
    if len(data) > MAX_FILE or hashlib.sha256(body).digest() != data[:_DIGEST]:
        return None
    with suppress(OSError):
        os.utime(file)
    return body


def write(file: Path, body: bytes) -> None:
    """Keep something, wholly or not at all. Where nothing can be written, the next start works it out again."""
    with suppress(OSError):
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor, name = tempfile.mkstemp(dir=file.parent, prefix=".rules-")
        try:
            with os.fdopen(descriptor, "wb") as opened:
                opened.write(hashlib.sha256(body).digest() + body)
            os.replace(name, file)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
        listed = _listed(file.parent)
        for old in listed[len(_within(listed, MAX_KEPT)) :]:
            old.path.unlink(missing_ok=True)


def recent(most: int) -> list[Path]:
    """What is kept for the user, by when it was last used, the latest first.

    Args:
        most: bytes of all of them together.
    """
    return [item.path for item in _within(_listed(cache_folder()), most)]


class _File(NamedTuple):
    used: float
    size: int
    path: Path


def _listed(folder: Path) -> list[_File]:
    found: list[_File] = []
    for file in folder.glob("*-*"):
        # Another process may have removed it meanwhile.
        with suppress(OSError):
            if file.name.startswith(_PREFIXES):
                seen = file.stat()
                found.append(_File(seen.st_mtime, seen.st_size, file))
    return sorted(found, reverse=True)


def _within(listed: list[_File], most: int) -> list[_File]:
    sums = accumulate(item.size for item in listed)
    return [item for item, total in zip(listed, sums, strict=True) if total <= most]
