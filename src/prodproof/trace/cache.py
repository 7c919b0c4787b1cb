"""What was searched before and need not be searched again: things named by their content, as git's objects are.

One file for each pair of a place and a digest of what was searched for. It holds no value: ids of what was clean, and
the findings of what was not, as redacted as everywhere. A file that is damaged, foreign or of another version is
no cache.
"""

import hashlib
import json
import os
import stat
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path

from prodproof.facts import Reason
from prodproof.trace.finding import Finding

MAX_FILE = 2 * 1024 * 1024 * 1024
KEPT_DAYS = 60
"""A file that was not used for so long goes when another one is written."""

_MAGIC = b"prodproof searched 2\n"
_SUFFIX = ".searched"
_DIGEST = hashlib.sha256().digest_size


@dataclass(frozen=True)
class Standing:
    """Where a thing stands in its place: a blob's path and its oldest commit there."""

    path: str
    commit: str | None
    date: str | None


@dataclass
class Kept:
    """What is kept about one place."""

    clean: bytes = b""
    """Ids as bytes, one behind the other: searched, and nothing was in them."""

    dirty: dict[str, tuple[Finding, ...]] = field(default_factory=dict)
    """By id (hexadecimal): what was found in it; as the matcher reports it, without commits."""

    again: tuple[str, ...] = ()
    """Ids of what could not be read wholly, and is tried again every time."""

    state: str = ""
    """What the store looked like when all of it had been searched; empty if that never was."""

    history: str = ""
    """What the refs looked like when `standing` was found out for."""

    standing: dict[str, tuple[Standing, ...]] = field(default_factory=dict)
    """By id: where it stands."""

    gaps: tuple[tuple[str, Reason, str], ...] = ()
    """Path, reason and detail of what the history lacked then."""


@dataclass(frozen=True)
class Cache:
    """A folder of such files.

    Args:
        directory: it is made if need be.
        digest: of everything that decides what is found: the rules or the values, and the fingerprint key. For
            values it must be keyed (HMAC), since a plain digest would let anybody who guesses a value check it.
    """

    directory: Path
    digest: str

    @classmethod
    def of_user(cls, digest: str, environ: Mapping[str, str] = os.environ) -> "Cache":
        """The cache of whoever runs this (XDG Base Directory Specification)."""
        base = environ.get("XDG_CACHE_HOME", "")
        if not os.path.isabs(base):
            base = os.path.join(environ.get("HOME") or os.path.expanduser("~"), ".cache")
        return cls(Path(base) / "prodproof" / "trace", digest)

    def load(self, identity: str) -> Kept:
        """What is kept about a place, an empty answer if there is nothing or it cannot be trusted.

        Args:
            identity: names the place among all others of this machine.
        """
        data = _read(self._path(identity))
        if data is None:
            return Kept()
        try:
            return _decoded(data)
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            return Kept()

    def save(self, identity: str, kept: Kept) -> bool:
        """Replace what is kept about a place, all or nothing; returns whether it could be written."""
        path = self._path(identity)
        try:
            self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor, temporary = tempfile.mkstemp(dir=self.directory, prefix=".new-")
        except OSError:
            return False
        try:
            with os.fdopen(descriptor, "wb") as file:
                head = _encoded(kept)
                summed = hashlib.sha256(head)
                summed.update(kept.clean)
                file.write(_MAGIC + summed.digest() + len(head).to_bytes(8, "big"))
                file.write(head)
                file.write(kept.clean)
            os.replace(temporary, path)
        except OSError:
            with suppress(OSError):
                os.unlink(temporary)
            return False
        self._prune(path)
        return True

    def drop(self, identity: str) -> None:
        """Forget a place: what was kept about it cannot be relied on."""
        with suppress(OSError):
            self._path(identity).unlink()

    def _path(self, identity: str) -> Path:
        name = hashlib.sha256(json.dumps([self.digest, identity]).encode()).hexdigest()[:40]
        return self.directory / (name + _SUFFIX)

    def _prune(self, newest: Path) -> None:
        with suppress(OSError), os.scandir(self.directory) as entries:
            oldest = newest.stat().st_mtime - KEPT_DAYS * 86400
            for entry in entries:
                if entry.is_file(follow_symlinks=False) and entry.stat(follow_symlinks=False).st_mtime < oldest:
                    with suppress(OSError):
                        os.unlink(entry.path)


def _read(path: Path) -> bytes | None:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return None
    with os.fdopen(descriptor, "rb") as file:
        about = os.fstat(descriptor)
        # Whoever can write it could hide a finding.
        own = about.st_uid == os.geteuid() and not about.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
        if not stat.S_ISREG(about.st_mode) or not own or about.st_size > MAX_FILE:
            return None
        try:
            data = file.read()
            os.utime(descriptor)
        except OSError:
            return None
    return data


def _encoded(kept: Kept) -> bytes:
    return json.dumps(
        {
            "dirty": {id: [_bare(finding) for finding in found] for id, found in kept.dirty.items()},
            "again": kept.again,
            "state": kept.state,
            "history": kept.history,
            "standing": {id: [asdict(place) for place in places] for id, places in kept.standing.items()},
            "gaps": kept.gaps,
        },
        separators=(",", ":"),
    ).encode("ascii")


def _decoded(data: bytes) -> Kept:
    start = len(_MAGIC) + _DIGEST + 8
    length = int.from_bytes(data[start - 8 : start], "big")
    view = memoryview(data)
    if not data.startswith(_MAGIC) or hashlib.sha256(view[start:]).digest() != data[len(_MAGIC) : start - 8]:
        raise ValueError("it is damaged")
    head = json.loads(data[start : start + length])
    return Kept(
        clean=data[start + length :],
        dirty={id: tuple(Finding(place="", **fields) for fields in found) for id, found in head["dirty"].items()},
        again=tuple(head["again"]),
        state=head["state"],
        history=head["history"],
        standing={id: tuple(Standing(**fields) for fields in places) for id, places in head["standing"].items()},
        gaps=tuple((path, Reason(why), detail) for path, why, detail in head["gaps"]),
    )


def _bare(finding: Finding) -> dict[str, object]:
    fields = asdict(finding)
    del fields["place"]
    return fields
