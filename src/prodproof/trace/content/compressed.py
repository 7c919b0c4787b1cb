"""Undoes gzip, zstd, bzip2 and xz while it is read, in bounded memory."""

import bz2
import lzma
from collections.abc import Callable, Iterator
from typing import Protocol, cast

import zstandard
from isal import igzip_lib

from prodproof.trace.content.reader import CHUNK, CUT_SHORT, Buffered, Damaged, Reader, chunks
from prodproof.trace.content.recognise import Kind

WINDOW = 128 * 1024 * 1024
"""Bytes of memory that one decompressor may ask for; `zstd --long` and `xz -9` stay within it."""

_ISAL_ERROR = cast(type[Exception], igzip_lib.IsalError)  # its stub says that it is an instance
_ROOM = 1024 * 1024
_GZIP_MAGIC = b"\x1f\x8b"
_XZ_MAGIC = b"\xfd7zXZ\0"
_ZSTD_MAGIC = 0xFD2FB528

Spend = Callable[[int], None]
"""Told how many bytes came out; raises Bound when that is too much."""


class Decompressor(Protocol):
    """What bz2, lzma and isal agree on."""

    @property
    def eof(self) -> bool: ...
    @property
    def needs_input(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, max_length: int = -1) -> bytes: ...


class Expander:
    """Fills buffers with what a compressed stream expands to."""

    def __init__(
        self,
        source: Reader,
        new: Callable[[], Decompressor],
        spend: Spend,
        again: bytes | None = None,
    ) -> None:
        """
        Args:
            source: compressed; just what belongs to the stream is taken from it.
            new: makes a decompressor for one member of the stream.
            spend: told how much came out.
            again: how a further member begins, which belongs to it too; None if there can be only one.
        """
        self._source = source
        self._new = new
        self._spend = spend
        self._again = again
        self._one: Decompressor | None = new()
        self._lent = 0
        self._garbage = False

    def readinto(self, view: memoryview) -> int:
        """Fill the start of a buffer; 0 at the end.

        Raises:
            Damaged: the data is damaged, ends early, or is followed by something else.
        """
        while self._one is not None:
            data = self._step(self._one, min(len(view), _ROOM))
            if data:
                self._spend(len(data))
                view[: len(data)] = data
                return len(data)
        if self._garbage:
            raise Damaged("something else follows the compressed data")
        return 0

    def _step(self, one: Decompressor, room: int) -> bytes:
        data = b""
        if one.needs_input:
            data = self._source.available()
            if not data:
                raise Damaged(CUT_SHORT)
            self._lent = len(data)
        try:
            out = one.decompress(data, room)
        except (_ISAL_ERROR, lzma.LZMAError, OSError, ValueError, EOFError, MemoryError) as error:
            raise Damaged(f"the compressed data is damaged ({type(error).__name__})") from None
        if one.eof:
            self._source.skip(self._lent - len(one.unused_data))
            self._one = self._next()
        elif one.needs_input:
            self._source.skip(self._lent)
            self._lent = 0
        return out

    def _next(self) -> Decompressor | None:
        if self._again is None:
            return None
        while padding := self._source.available():
            rest = padding.lstrip(b"\0")
            self._source.skip(len(padding) - len(rest))
            if rest:
                break
        head = self._source.peek(len(self._again))
        if not head:
            return None
        if head == self._again:
            return self._new()
        self._garbage = True
        return None


def expand(kind: Kind, source: Reader, spend: Spend) -> Buffered:
    """What a compressed stream expands to.

    Args:
        kind: one of `COMPRESSED`.
        source: the stream, to its end.
        spend: told how much came out.
    """
    if kind is Kind.GZIP:
        return Buffered(Expander(source, gzip_one, spend, _GZIP_MAGIC).readinto)
    if kind is Kind.BZIP2:
        return Buffered(Expander(source, bz2.BZ2Decompressor, spend, b"BZh").readinto)
    if kind is Kind.XZ:
        return Buffered(Expander(source, xz_one, spend, _XZ_MAGIC).readinto)
    if kind is Kind.ZSTD:
        return chunks(_zstd(source, spend, many=True))
    raise ValueError(f"{kind} is not compressed")


def gzip_one() -> Decompressor:
    """For one gzip member; the check sum is compared."""
    return igzip_lib.IgzipDecompressor(flag=igzip_lib.DECOMP_GZIP)


def deflate_one() -> Decompressor:
    """For deflate data without any header (zip)."""
    return igzip_lib.IgzipDecompressor(flag=igzip_lib.DECOMP_DEFLATE)


def zlib_one() -> Decompressor:
    """For deflate data with zlib's header (pg_dump, PDF)."""
    return igzip_lib.IgzipDecompressor(flag=igzip_lib.DECOMP_ZLIB)


def xz_one() -> Decompressor:
    """For one xz stream."""
    return lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=WINDOW)


def single(new: Callable[[], Decompressor], source: Reader, spend: Spend) -> Buffered:
    """What one member of a stream expands to; what follows it stays in the source."""
    return Buffered(Expander(source, new, spend).readinto)


def zstd_single(source: Reader, spend: Spend) -> Buffered:
    """What one zstd frame expands to; what follows it stays in the source."""
    return chunks(_zstd(source, spend, many=False))


def _zstd(source: Reader, spend: Spend, many: bool) -> Iterator[bytes]:
    """Block by block (RFC 8878): each expands to at most 128 KB, and an early end is noticed, which zstandard's own
    stream reader does not tell.
    """
    library = zstandard.ZstdDecompressor(max_window_size=WINDOW)
    while len(head := source.peek(18)) >= 4:
        magic = int.from_bytes(head[:4], "little")
        if magic & 0xFFFFFFF0 == 0x184D2A50:
            source.skip(4)
            source.skip(int.from_bytes(source.exactly(4), "little"))
            continue
        if magic != _ZSTD_MAGIC:
            raise Damaged("something else follows the compressed data")
        for out in _zstd_frame(library.decompressobj(), source, head):
            spend(len(out))
            yield out
        if not many:
            return
    if head:
        raise Damaged("something else follows the compressed data")


def _zstd_frame(one: "zstandard.ZstdDecompressionObj", source: Reader, head: bytes) -> Iterator[bytes]:
    if len(head) < 6:
        raise Damaged(CUT_SHORT)
    told = head[4]
    alone, check, dictionary, content = told >> 5 & 1, told >> 2 & 1, told & 3, told >> 6
    size = 5 + (1 - alone) + (0, 1, 2, 4)[dictionary] + ((0, 2, 4, 8)[content] or alone)
    try:
        one.decompress(source.exactly(size))
        last = False
        while not last:
            header = source.exactly(3)
            block = int.from_bytes(header, "little")
            last, kind, length = bool(block & 1), block >> 1 & 3, block >> 3
            if kind == 3 or length > CHUNK:
                raise Damaged("the compressed data is damaged (block)")
            data = header + source.exactly(1 if kind == 1 else length)
            if last and check:
                data += source.exactly(4)
            out = one.decompress(data)
            if out:
                yield out
    except zstandard.ZstdError:
        raise Damaged("the compressed data is damaged (ZstdError)") from None
    if not one.eof:
        raise Damaged(CUT_SHORT)
