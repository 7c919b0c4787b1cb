"""Audit trails that are files: what was written since a moment, and who may change it."""

import array
import fcntl
import grp
import json
import os
import pwd
import stat
from collections import deque
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from prodproof.facts import Reason, Unseen
from prodproof.facts.secret_audit import TrailFile

MAX_NEW = 256 * 1024 * 1024
"""Bytes that a trail may grow by while it is looked at."""

MAX_LINE = 1 << 20
MAX_ENTRIES = 1_000
_GET_FLAGS = 0x80086601
"""FS_IOC_GETFLAGS (linux/fs.h, 64 bits)."""

_APPEND_ONLY = 0x20


@dataclass(frozen=True)
class Position:
    """How far a trail had come."""

    inode: int
    size: int


@dataclass(frozen=True)
class TrailEntry:
    """One request that a trail holds."""

    at: str
    """As the trail has it (RFC 3339)."""

    who: str
    """The name of the login."""

    operation: str
    """`read`, `update` …"""

    request: str


class FileTrail:
    """One JSON object a line, as Vault's audit device `file` writes it."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def position(self) -> Position | Unseen:
        """How far it has come."""
        about = self._about()
        return about if isinstance(about, Unseen) else Position(about.st_ino, about.st_size)

    def has(self, request: str, since: Position) -> bool | Unseen:
        """Whether an entry about a request was written since then.

        Args:
            request: the id that the entry has as `request.id`.
        """
        try:
            descriptor = os.open(self._path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError as error:
            return self._why(error)
        with os.fdopen(descriptor, "rb") as file:
            if (gap := self._from(file, since)) is not None:
                return gap
            wanted = request.encode()
            try:
                while line := file.readline(MAX_LINE):
                    if wanted in line and _is_about(line, request):
                        return True
            except OSError as error:
                return self._why(error)
        return False

    def about(self, path: str, since: Position) -> tuple[TrailEntry, ...] | Unseen:
        """The requests for a path since then, each once; at most MAX_ENTRIES, the latest.

        Args:
            path: as the trail has it.
        """
        try:
            file = open(self._path, "rb")  # noqa: SIM115 - closed by the next line's with
        except OSError as error:
            return self._why(error)
        found: deque[TrailEntry] = deque(maxlen=MAX_ENTRIES)
        with file:
            if (gap := self._from(file, since)) is not None:
                return gap
            wanted = json.dumps(path).encode()
            try:
                while line := file.readline(MAX_LINE):
                    entry = _entry(line, path) if wanted in line else None
                    if entry is not None:
                        found.append(entry)
            except OSError as error:
                return self._why(error)
        return tuple(found)

    def _from(self, file: BinaryIO, since: Position) -> Unseen | None:
        """Go to where the trail had come to; why that cannot be, or None."""
        now = os.fstat(file.fileno())
        # A trail that was rotated meanwhile begins anew.
        start = since.size if now.st_ino == since.inode and now.st_size >= since.size else 0
        if now.st_size - start > MAX_NEW:
            return Unseen(Reason.INCOMPLETE, f"{self._path.name} grew by more than {MAX_NEW >> 20} MB meanwhile")
        file.seek(start)
        return None

    def protection(self) -> TrailFile | Unseen:
        """Who may change it."""
        about = self._about()
        if isinstance(about, Unseen):
            return about
        folder = self._path.parent.stat()
        writers = list(_writers(about.st_mode, about.st_gid, about.st_uid))
        if not folder.st_mode & stat.S_ISVTX:
            # Who may write to the folder may put another file in its place.
            writers += [f"{who} (by its folder)" for who in _writers(folder.st_mode, folder.st_gid, folder.st_uid)]
        return TrailFile(
            mode=stat.S_IMODE(about.st_mode),
            owner=_user(about.st_uid),
            append_only=_append_only(self._path),
            writers=tuple(writers),
        )

    def _about(self) -> os.stat_result | Unseen:
        try:
            about = self._path.stat()
        except OSError as error:
            return self._why(error)
        if stat.S_ISREG(about.st_mode):
            return about
        return Unseen(Reason.NOT_CONFIGURED, f"the trail {self._path.name} is no regular file")

    def _why(self, error: OSError) -> Unseen:
        if isinstance(error, PermissionError):
            return Unseen(Reason.DENIED, f"the trail {self._path.name} may not be read")
        if isinstance(error, (FileNotFoundError, NotADirectoryError)):
            return Unseen(Reason.UNREACHABLE, f"the trail {self._path.name} is not on this machine")
        return Unseen(Reason.INCOMPLETE, f"the trail {self._path.name}: {error.strerror}")


def _entry(line: bytes, path: str) -> TrailEntry | None:
    try:
        entry = json.loads(line)
    except (ValueError, RecursionError):
        return None
    about = entry.get("request") if isinstance(entry, dict) else None
    if not isinstance(about, dict) or about.get("path") != path or entry.get("type") != "request":
        return None
    login = entry.get("auth")
    named = login if isinstance(login, dict) else {}
    who = named.get("display_name") or ", ".join(map(str, named.get("policies") or ())) or "nobody known"
    operation, at = str(about.get("operation") or ""), str(entry.get("time") or "")
    return TrailEntry(at[:40], str(who)[:200], operation[:20], str(about.get("id") or "")[:100])


def _is_about(line: bytes, request: str) -> bool:
    try:
        entry = json.loads(line)
    except (ValueError, RecursionError):
        return False
    about = entry.get("request") if isinstance(entry, dict) else None
    return isinstance(about, dict) and about.get("id") == request


def _writers(mode: int, group: int, owner: int) -> tuple[str, ...]:
    found = []
    if mode & stat.S_IWOTH:
        found.append("others")
    # A group of the owner's own has nobody else in it.
    if mode & stat.S_IWGRP and group != owner:
        found.append(f"the group {_group(group)}")
    return tuple(found)


def _append_only(path: Path) -> bool | None:
    flags = array.array("L", [0])
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        fcntl.ioctl(descriptor, _GET_FLAGS, flags, True)
    except OSError:
        return None
    finally:
        os.close(descriptor)
    return bool(flags[0] & _APPEND_ONLY)


def _user(number: int) -> str:
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return str(number)


def _group(number: int) -> str:
    try:
        return grp.getgrgid(number).gr_name
    except KeyError:
        return str(number)
