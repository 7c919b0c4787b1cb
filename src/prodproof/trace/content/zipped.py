"""Reads zip archives (jar, whl, docx, apk ...) front to back by their local headers: in bounded memory, from any
stream, also truncated ones. The central directory only tells whether anything was missed.
"""

import bz2
import lzma
import re
import struct
from collections.abc import Iterator

from isal import isal_zlib

from prodproof.facts import Reason
from prodproof.trace.content.compressed import WINDOW, Decompressor, Spend, deflate_one, single, xz_one, zstd_single
from prodproof.trace.content.reader import CUT_SHORT, Buffered, Damaged, Member, Memory, Reader, Slice, label

_LOCAL = b"PK\x03\x04"
_CENTRAL = b"PK\x01\x02"
_DESCRIPTOR = b"PK\x07\x08"
_ENDS = (b"PK\x05\x06", b"PK\x06\x06", b"PK\x06\x07", b"PK\x05\x05")
_KNOWN = (_LOCAL, _CENTRAL, *_ENDS)
_SIGNATURE = re.compile(b"|".join(map(re.escape, _KNOWN)))
_DESCRIPTOR_SIZE = 24
"""Bytes of the longest one."""

_FAR = 0xFFFFFFFF


def members(reader: Reader, spend: Spend) -> Iterator[Member]:
    """Every member that has data.

    Args:
        reader: the archive.
        spend: told how many bytes came out of members.

    Raises:
        Damaged: it ends early, or its directory lists more than was found.
    """
    seen = 0
    _resync(reader)
    while (signature := reader.peek(4)) == _LOCAL:
        seen += 1
        yield from _entry(reader, spend)
        _resync(reader)
    if not signature:
        raise Damaged(CUT_SHORT)
    listed = 0
    while reader.peek(4) == _CENTRAL:
        header = reader.exactly(46)
        reader.skip(sum(struct.unpack_from("<HHH", header, 28)))
        listed += 1
    yield from _end(reader)
    if listed > seen:
        raise Damaged(f"{listed - seen} of {listed} members were not found")


def _end(reader: Reader) -> Iterator[Member]:
    while reader.peek(4) in _ENDS:
        signature = reader.exactly(4)
        if signature == b"PK\x06\x06":
            reader.skip(int.from_bytes(reader.exactly(8), "little"))
        elif signature == b"PK\x06\x07":
            reader.skip(16)
        elif signature == b"PK\x05\x05":
            reader.skip(int.from_bytes(reader.exactly(2), "little"))
        else:
            comment = reader.exactly(int.from_bytes(reader.exactly(18)[16:], "little"))
            if comment:
                yield Member("comment", Memory(comment))
            return
    raise Damaged(CUT_SHORT)


def _resync(reader: Reader) -> None:
    """Go on to the next header: a data descriptor, padding or a signing block may lie before it."""
    while reader.peek(4) not in _KNOWN:
        data = reader.available()
        if len(data) < 4:
            data = reader.peek(4)
        if not data:
            return
        match = _SIGNATURE.search(data)
        if match is None:
            # One may begin in the last bytes.
            reader.skip(max(len(data) - 3, 1))
        else:
            reader.skip(match.start())


def _entry(reader: Reader, spend: Spend) -> Iterator[Member]:
    header = reader.exactly(30)
    flags, method = struct.unpack_from("<HH", header, 6)
    check, packed, size, name_length, extra_length = struct.unpack_from("<IIIHH", header, 14)
    name = label(reader.exactly(name_length))
    packed = _far(reader.exactly(extra_length), packed, size)
    open_end = bool(flags & 8) and not packed
    body: Reader
    if open_end and (flags & 1 or method == 0):
        body = Buffered(_UntilDescriptor(reader).readinto)
    elif open_end:
        body = reader
    else:
        body = Slice(reader, packed)
        if not packed:
            return
    if flags & 1 or method == 99:
        yield Member(name, None, Reason.DENIED, "the member is encrypted")
    elif open_end and method not in (0, 8, 12, 93, 95):
        raise Damaged(f"a member of unknown length uses compression method {method}")
    else:
        data = _plain(body, method, spend)
        if data is None:
            yield Member(name, None, detail=f"compression method {method} cannot be undone by this version")
        elif open_end:
            yield Member(name, data)
            data.drain()  # where the next member begins is only known by then
        else:
            yield Member(name, Buffered(_Checked(data, check).readinto))
    if body is not reader:
        body.drain()


def _plain(body: Reader, method: int, spend: Spend) -> Reader | None:
    if method == 0:
        return body
    if method == 8:
        return single(deflate_one, body, spend)
    if method == 12:
        return single(bz2.BZ2Decompressor, body, spend)
    if method == 14:
        return _lzma(body, spend)
    if method == 93:
        return zstd_single(body, spend)
    if method == 95:
        return single(xz_one, body, spend)
    return None


def _lzma(body: Reader, spend: Spend) -> Reader | None:
    """Method 14 (APPNOTE 5.8): version, length of the properties, the properties, and data without a header."""
    head = body.peek(9)
    if len(head) < 9 or head[2:4] != b"\x05\0" or head[4] >= 225:
        return None
    dictionary = int.from_bytes(head[5:9], "little")
    if dictionary > WINDOW:
        return None
    body.skip(9)
    rest, literal = divmod(head[4], 9)
    position, low = divmod(rest, 5)
    if literal + low > 4:
        return None
    options = {"id": lzma.FILTER_LZMA1, "dict_size": max(dictionary, 4096), "lc": literal, "lp": low, "pb": position}

    def new() -> Decompressor:
        return lzma.LZMADecompressor(lzma.FORMAT_RAW, filters=[options])

    return single(new, body, spend)


def _far(extra: bytes, packed: int, size: int) -> int:
    """The packed size, which zip64 keeps in an extra field."""
    at = 0
    while packed == _FAR and at + 4 <= len(extra):
        kind, length = struct.unpack_from("<HH", extra, at)
        if kind == 1:
            start = at + 4 + (8 if size == _FAR else 0)
            if start + 8 <= len(extra):
                return int.from_bytes(extra[start : start + 8], "little")
        at += 4 + length
    return packed


class _Checked:
    """Compares the check sum at the end: a damaged member could hide what is in it."""

    def __init__(self, data: Reader, told: int) -> None:
        self._data = data
        self._told = told
        self._sum = 0

    def readinto(self, view: memoryview) -> int:
        count = self._data.readinto(view)
        if count:
            self._sum = isal_zlib.crc32(view[:count], self._sum)
        elif self._sum != self._told:
            self._told = self._sum
            raise Damaged("the check sum is wrong")
        return count


class _UntilDescriptor:
    """Stored data of unknown length: it ends where a descriptor tells just the length there was."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._count = 0
        self._over = False

    def readinto(self, view: memoryview) -> int:
        if self._over:
            return 0
        data = self._reader.available()
        if len(data) < _DESCRIPTOR_SIZE:
            data = self._reader.peek(_DESCRIPTOR_SIZE)
        if not data:
            raise Damaged(CUT_SHORT)
        count = min(self._to_take(data), len(view))
        if not count:
            self._over = True
        view[:count] = data[:count]
        self._reader.skip(count)
        self._count += count
        return count

    def _to_take(self, data: bytes) -> int:
        """How many bytes lie before the descriptor, or before what may be the start of one."""
        at = data.find(_DESCRIPTOR)
        while at >= 0:
            told = data[at : at + _DESCRIPTOR_SIZE]
            count = self._count + at
            if len(told) < _DESCRIPTOR_SIZE and at:
                return at
            if count in (int.from_bytes(told[8:12], "little"), int.from_bytes(told[8:16], "little")):
                return at
            at = data.find(_DESCRIPTOR, at + 1)
        kept = next((keep for keep in (3, 2, 1) if data.endswith(_DESCRIPTOR[:keep])), 0)
        return len(data) - kept or len(data)
