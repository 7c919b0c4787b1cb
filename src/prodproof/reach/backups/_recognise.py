"""What a backup file or folder is, by what it holds and never by its name alone."""

import io
import re
import struct
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from prodproof.reach.backups._packed import head_unpacked, packing_of
from prodproof.reach.backups.backup_store import Contents
from prodproof.reach.files.encrypted import head_of, repository_of, scheme_of

_HEAD = 16 * 1024
_PG_SERVER = re.compile(rb"^-- Dumped from database version (\d+(?:\.\d+)?)", re.MULTILINE)
_MY_SERVER = re.compile(rb"^-- Server version\s+(\S+)", re.MULTILINE)
_CUSTOM = b"PGDMP"
_TEXT = 64
"""Longest version that a header is believed to hold."""


@dataclass(frozen=True)
class Recognised:
    """What it is."""

    contents: Contents | None = None
    """None: nothing that is known."""

    form: str = ""
    """`plain`, `custom`, `directory`, `tar` of pg_dump; `tar`, `zip`, `folder`, `file` of files; else empty."""

    packing: str = ""
    """With what the whole is compressed: `gz`, `zst`, `bz2`, `xz`."""

    encrypted: str = ""
    server_version: str = ""
    made: datetime | None = None
    """When it was begun, by its own word: as clocks showed it there, whose time zone it does not say."""

    @property
    def shown(self) -> str:
        """Format and compression, `plain.gz`."""
        return ".".join(part for part in (self.form, self.packing) if part)


def recognise(path: Path) -> Recognised:
    """Look at a file's or folder's beginning; what cannot be read is nothing that is known."""
    if path.is_dir():
        return _folder(path)
    head = head_of(path)
    if scheme := scheme_of(head, path.suffix):
        return Recognised(encrypted=scheme)
    packing = packing_of(head)
    return _file(head_unpacked(path, packing, _HEAD), packing)


def _folder(path: Path) -> Recognised:
    if program := repository_of(path):
        return Recognised(encrypted=program)
    for name in ("toc.dat", "toc.dat.gz", "toc.dat.lz4", "toc.dat.zst"):
        if (path / name).is_file():
            head = head_unpacked(path / name, packing_of(head_of(path / name)), _HEAD)
            server, made = dump_header(head)
            return Recognised(Contents.DUMP, "directory", server_version=server, made=made)
    version = path / "PG_VERSION"
    if version.is_file() and (path / "global").is_dir():
        text = head_of(version).decode("ascii", "replace").strip()
        return Recognised(Contents.DATA_DIRECTORY, server_version=text[:_TEXT])
    return Recognised(Contents.FILES, "folder")


def _file(head: bytes, packing: str) -> Recognised:
    if head.startswith(_CUSTOM):
        server, made = dump_header(head)
        return Recognised(Contents.DUMP, "custom", packing, server_version=server, made=made)
    if head.startswith(b"SQLite format 3\0"):
        return Recognised(Contents.SQLITE, "", packing)
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return Recognised(Contents.FILES, "zip", packing)
    nothing = len(head) >= 1024 and not head.strip(b"\0")  # an archive without a file is zeros alone
    if head[257:262] == b"ustar" or _old_tar(head) or nothing:
        dump = head.startswith(b"toc.dat\0")
        server, made = dump_header(head[512:]) if dump else ("", None)
        return Recognised(Contents.DUMP if dump else Contents.FILES, "tar", packing, server_version=server, made=made)
    if b"-- PostgreSQL database dump" in head or b"-- PostgreSQL database cluster dump" in head:
        found = _PG_SERVER.search(head)
        return Recognised(Contents.DUMP, "plain", packing, server_version=found[1].decode() if found else "")
    if re.search(rb"^-- (?:MariaDB|MySQL) dump ", head, re.MULTILINE):
        found = _MY_SERVER.search(head)
        version = found[1].decode("ascii", "replace")[:_TEXT] if found else ""
        return Recognised(Contents.MYSQL_DUMP, "plain", packing, server_version=version)
    return Recognised(None, "file", packing)


def _old_tar(head: bytes) -> bool:
    """A tar header without a magic, as before POSIX: known by its checksum."""
    if len(head) < 512:
        return False
    digits = head[148:156].strip(b" \0")
    if not digits or not re.fullmatch(rb"[0-7]+", digits):
        return False
    return int(digits, 8) == sum(head[:148]) + sum(head[156:512]) + 8 * 32


def dump_header(head: bytes) -> tuple[str, datetime | None]:
    """Version of the server, and when the dump was begun, by the header of pg_dump's own formats.

    As `ReadHead` of pg_backup_archiver.c reads it; nothing where it is cut off or of a form that is not known.
    """
    stream = io.BytesIO(head)
    try:
        if stream.read(5) != _CUSTOM:
            return "", None
        major, minor, _revision, size, _offset, _format = struct.unpack("6B", stream.read(6))
        if size not in (4, 8) or (major, minor) < (1, 10):
            return "", None
        if (major, minor) >= (1, 15):
            stream.read(1)
        else:
            _number(stream, size)
        second, minute, hour, day, month, year, _summer = (_number(stream, size) for _ in range(7))
        _text(stream, size)
        server = _text(stream, size).partition(" ")[0]
        return server, datetime(year + 1900, month + 1, day, hour, minute, min(second, 59), tzinfo=UTC)
    except (struct.error, ValueError, IndexError):
        return "", None


def _number(stream: io.BytesIO, size: int) -> int:
    raw = stream.read(1 + size)
    value = int.from_bytes(raw[1 : 1 + size], "little")
    if len(raw) != 1 + size:
        raise ValueError("cut off")
    return -value if raw[0] else value


def _text(stream: io.BytesIO, size: int) -> str:
    length = _number(stream, size)
    if not 0 <= length <= 4096:
        raise ValueError("no text")
    return stream.read(length).decode("utf-8", "replace")[:_TEXT]
