"""Tells by its first bytes what a thing is."""

import re
from enum import Enum, auto

import numpy as np
from numpy.typing import NDArray

HEAD = 512
"""Bytes that are enough to tell: a whole tar header."""


class Kind(Enum):
    """What can be unpacked, or at least be named."""

    GZIP = auto()
    ZSTD = auto()
    BZIP2 = auto()
    XZ = auto()
    ZIP = auto()
    TAR = auto()
    AR = auto()
    CPIO = auto()
    PG_DUMP = auto()
    SQLITE = auto()
    SOURCE_MAP = auto()
    UNSUPPORTED = auto()
    """Compressed in a way that this version cannot undo; `unsupported` names it."""


COMPRESSED = frozenset({Kind.GZIP, Kind.ZSTD, Kind.BZIP2, Kind.XZ})

_UNSUPPORTED = {
    b"7z\xbc\xaf\x27\x1c": "7z archives",
    b"Rar!\x1a\x07": "rar archives",
    b"\x04\x22\x4d\x18": "lz4 data",
    b"LZIP\x01": "lzip data",
    b"\x1f\x9d": "compress (.Z) data",
    b"hsqs": "squashfs images",
    b"\xed\xab\xee\xdb": "rpm packages",
}

_BZIP2 = re.compile(rb"BZh[1-9](?:1AY&SY|\x17rE8P\x90)")
_CPIO = re.compile(rb"07070[12][0-9A-Fa-f]{104}")
_PG_DUMP = re.compile(rb"PGDMP\x01[\x0a-\x1e].[\x04\x08][\x04\x08][\x01\x03\x05]", re.DOTALL)
_SOURCE_MAP = re.compile(
    rb"""\A(?:\)\]\}'[^\n]*\n)?\s*\{\s*"(?:version"\s*:\s*3\b|sources|sections|file|mappings|names)"""
)
FIRST = frozenset(
    {b"\x1f\x8b", b"\x28\xb5", b"BZ", b"\xfd7", b"PK", b"!<", b"07", b"PG", b"SQ"}
    | {bytes([first, 0x2A]) for first in range(0x50, 0x60)}
    | {magic[:2] for magic in _UNSUPPORTED}
)
"""The first two bytes that a container may have, but for tar and texts."""


_USTAR = 257
_MAP = int.from_bytes(b'{"', "big")

BEGINS_CONTAINER = np.zeros(1 << 16, np.bool_)
"""`FIRST` as a table, by the number that the two bytes are, the first one high."""

BEGINS_CONTAINER[[int.from_bytes(magic, "big") for magic in FIRST]] = True


def recognise(head: bytes, path: str = "") -> Kind | None:
    """What a thing is; None if it is to be read as it is.

    Args:
        head: its first bytes, `HEAD` of them if it has so many.
        path: its name; it only matters for formats that are plain text.
    """
    if head[:2] in FIRST:
        kind = _by_magic(head)
        if kind is not None:
            return kind
    if head[_USTAR : _USTAR + 5] == b"ustar" and tar_checksum(head):
        return Kind.TAR
    if path.endswith(".tar") and tar_checksum(head):
        return Kind.TAR  # before 1988 tar had no magic
    if path.endswith(".map") and _SOURCE_MAP.match(head):
        return Kind.SOURCE_MAP
    if head.startswith(b'{"version":3,') and _SOURCE_MAP.match(head) and b'"sources' in head:
        return Kind.SOURCE_MAP
    return None


def may_be_containers(data: NDArray[np.uint8], starts: NDArray[np.intp]) -> NDArray[np.bool_]:
    """Of many things in one buffer, those that could be containers: a cheap look before `is_container`.

    Args:
        data: the buffer.
        starts: where each of them begins.
    """
    last = len(data) - 1
    first = data[starts].astype(np.intp) << 8 | data[np.minimum(starts + 1, last)]
    return np.asarray(BEGINS_CONTAINER[first] | (first == _MAP) | (data[np.minimum(starts + _USTAR, last)] == ord("u")))


def is_container(head: bytes, path: str = "") -> bool:
    """Whether `feed` does more with it than read it as it is.

    Args:
        head: its first bytes, `HEAD` of them if it has so many.
        path: its name.
    """
    return recognise(head, path) is not None


def unsupported(head: bytes) -> str:
    """What it is that cannot be unpacked, for people."""
    return next((name for magic, name in _UNSUPPORTED.items() if head.startswith(magic)), "such data")


def tar_checksum(block: bytes) -> bool:
    """Whether a block is a tar header by its sum (POSIX ustar; some old writers summed signed characters)."""
    if len(block) < HEAD:
        return False
    digits = block[148:156].strip(b" \0")
    if not digits or digits.strip(b"01234567"):
        return False
    total = sum(block[:HEAD]) - sum(block[148:156]) + 8 * 0x20
    told = int(digits, 8)
    if told == total:
        return True
    high = sum(byte > 127 for byte in block[:148]) + sum(byte > 127 for byte in block[156:HEAD])
    return told == total - 256 * high


def _by_magic(head: bytes) -> Kind | None:
    first = head[:2]
    if first == b"PK":
        return Kind.ZIP if head[2:4] in (b"\x03\x04", b"\x05\x06") or head[2:8] == b"\x07\x08PK\x03\x04" else None
    if first == b"\x1f\x8b":
        return Kind.GZIP if head[2:3] == b"\x08" and head[3:4] <= b"\x1f" else None
    if head.startswith((b"\x28\xb5\x2f\xfd", b"\xfd7zXZ\0")):
        return Kind.ZSTD if first == b"\x28\xb5" else Kind.XZ
    if head[1:4] == b"\x2a\x4d\x18" and 0x50 <= head[0] <= 0x5F:
        return Kind.ZSTD  # begins with a skippable frame
    if _BZIP2.match(head):
        return Kind.BZIP2
    if head.startswith(b"SQLite format 3\0"):
        return Kind.SQLITE
    if head.startswith(b"!<arch>\n"):
        return Kind.AR
    if _PG_DUMP.match(head):
        return Kind.PG_DUMP
    if _CPIO.match(head):
        return Kind.CPIO
    return Kind.UNSUPPORTED if head.startswith(tuple(_UNSUPPORTED)) else None
