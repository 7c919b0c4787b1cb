"""Reads tar archives: old, ustar, pax and GNU, also sparse ones, front to back. The standard library's reader keeps
every header and reads extended headers of any size into memory.
"""

from collections.abc import Iterator

from prodproof.trace.content.reader import Damaged, Member, Reader, Slice, label
from prodproof.trace.content.recognise import tar_checksum

BLOCK = 512
MAX_HEADER = 1024 * 1024
"""Bytes of an extended header that are looked at; a longer one has its member shown by its short name."""

_WITHOUT_DATA = b"123456"
_ZEROS = bytes(BLOCK)


def members(reader: Reader) -> Iterator[Member]:
    """Every member that has data.

    Args:
        reader: the archive. Several archives one after the other are read as one (`cat a.tar b.tar`).

    Raises:
        Damaged: it ends early, or something in it is no header.
    """
    told: dict[bytes, bytes] = {}
    common: dict[bytes, bytes] = {}
    while block := reader.peek(BLOCK):
        if block == _ZEROS[: len(block)]:
            reader.skip(len(block))
            continue
        if not tar_checksum(block):
            raise Damaged("what follows is no tar header" if len(block) == BLOCK else "it ends in the middle")
        reader.skip(BLOCK)
        size = _number(told.get(b"size") or common.get(b"size"), block[124:136])
        kind = block[156:157]
        if kind in (b"x", b"X", b"g", b"L", b"K"):
            body = reader.exactly(size) if size <= MAX_HEADER else b""
            reader.skip(_padded(size) - len(body))
            if kind == b"g":
                common.update(_records(body))
            elif kind == b"L":
                told[b"path"] = body.rstrip(b"\0")
            elif kind != b"K":
                told.update(_records(body))
            continue
        if kind == b"S":
            _skip_sparse_map(reader, block)
        if kind not in _WITHOUT_DATA:
            name = told.get(b"GNU.sparse.name") or told.get(b"path") or _name(block)
            data = Slice(reader, size)
            yield Member(label(name), data)
            data.drain()
            reader.skip(_padded(size) - size)
        told = {}


def first_name(head: bytes) -> str:
    """The name in a tar header."""
    return label(_name(head))


def _padded(size: int) -> int:
    return -(-size // BLOCK) * BLOCK


def _name(block: bytes) -> bytes:
    name = block[:100].split(b"\0", 1)[0]
    prefix = block[345:500].split(b"\0", 1)[0] if block[257:263] == b"ustar\0" else b""
    return prefix + b"/" + name if prefix else name


def _number(told: bytes | None, field: bytes) -> int:
    if told is not None and told.isdigit() and len(told) < 20:
        return int(told)
    if field[0] == 0x80:
        number = int.from_bytes(field[1:], "big")
    else:
        digits = field.strip(b" \0")
        if digits.strip(b"01234567"):
            raise Damaged("a tar header has no size")
        number = int(digits or b"0", 8)
    if number >= 1 << 62:
        raise Damaged("a tar header has an impossible size")
    return number


def _records(body: bytes) -> dict[bytes, bytes]:
    """The records `LENGTH NAME=VALUE\\n` of a pax header."""
    records: dict[bytes, bytes] = {}
    at = 0
    while at < len(body):
        digits, space, _ = body[at : at + 12].partition(b" ")
        if not space or not digits.isdigit():
            break
        end = at + int(digits)
        name, equals, value = body[at + len(digits) + 1 : end - 1].partition(b"=")
        if end <= at + len(digits) or not equals:
            break
        if name in (b"path", b"size", b"GNU.sparse.name"):
            records[name] = value
        at = end
    return records


def _skip_sparse_map(reader: Reader, block: bytes) -> None:
    """The map of an old GNU sparse member may go on in blocks of its own; the data is read without its holes."""
    more = block[482]
    while more:
        more = reader.exactly(BLOCK)[504]
