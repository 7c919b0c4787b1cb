"""Reads PostgreSQL dumps of the custom format, and the table of contents of the directory and tar formats.

Source: PostgreSQL's `pg_backup_archiver.c` and `pg_backup_custom.c` (archive versions 1.12 to 1.16, which pg_dump 9.0
to 18 write).
"""

from collections.abc import Callable, Iterator

from prodproof.facts import Reason
from prodproof.trace.content.compressed import Spend, single, zlib_one, zstd_single
from prodproof.trace.content.reader import CUT_SHORT, Buffered, Damaged, Member, Reader, chunks

MAX_TEXT = 64 * 1024 * 1024
"""Bytes of one definition."""

MAX_ENTRIES = 1_000_000

_NONE, _GZIP, _LZ4, _ZSTD = range(4)
_DATA, _BLOBS = b"\x01", b"\x03"


def members(reader: Reader, spend: Spend) -> Iterator[Member]:
    """The definitions as `toc`, then the rows of each table, named by its schema and name, and the large objects.

    Args:
        reader: the dump.
        spend: told how many bytes came out of compressed data.

    Raises:
        Damaged: it ends early, or is of a version that nobody knows.
    """
    dump = _Dump(reader, spend)
    dump.header()
    toc = chunks(dump.entries())
    yield Member("toc", toc)
    toc.drain()
    if dump.whole:
        while kind := reader.read(1):
            number = dump.integer()
            if kind == _DATA:
                yield from dump.block(dump.tables.get(number, f"data-{number}"))
            elif kind == _BLOBS:
                while blob := dump.integer():
                    yield from dump.block(f"large-object-{blob}")
            else:
                raise Damaged("what follows is no block of a dump")


class _Dump:
    def __init__(self, reader: Reader, spend: Spend) -> None:
        self._reader = reader
        self._spend = spend
        self._version = (0, 0)
        self._integer_size = self._offset_size = 4
        self._compression = _NONE
        self.whole = True
        """Whether the rows follow the definitions (custom format)."""
        self.tables: dict[int, str] = {}

    def header(self) -> None:
        """The fixed part, which tells how the rest is written."""
        head = self._reader.exactly(11)
        self._version = (head[5], head[6])
        self._integer_size, self._offset_size = head[8], head[9]
        self.whole = head[10] == 1
        if not (1, 12) <= self._version <= (1, 16):
            raise Damaged(f"dumps of version {head[5]}.{head[6]} cannot be read by this version")
        if self._version >= (1, 15):
            self._compression = self._reader.exactly(1)[0]
        else:
            self._compression = _GZIP if self.integer() else _NONE
        for _ in range(7):
            self.integer()  # when it was made
        for _ in range(3):
            self.text()  # the database, the server's version, pg_dump's version

    def integer(self) -> int:
        """A number: its sign, then its bytes, the lowest first."""
        data = self._reader.exactly(1 + self._integer_size)
        number = int.from_bytes(data[1:], "little")
        return -number if data[0] else number

    def text(self) -> bytes | None:
        """A text; None where there is none."""
        length = self.integer()
        if length > MAX_TEXT:
            raise Damaged("a text in the table of contents is impossibly long")
        return self._reader.exactly(length) if length >= 0 else None

    def entries(self) -> Iterator[bytes]:
        """The definitions of every entry, one after the other; fills `tables`."""
        count = self.integer()
        if count > MAX_ENTRIES:
            raise Damaged("the table of contents is impossibly long")
        for _ in range(count):
            number = self.integer()
            has_data = self.integer()
            self.text()
            self.text()
            tag = self.text() or b""
            self.text()
            self.integer()
            definitions = [self.text() or b"" for _ in range(3)]
            schema = self.text() or b""
            self.text()
            if self._version >= (1, 14):
                self.text()
            if self._version >= (1, 16):
                self.integer()
            self.text()
            self.text()
            while self.text() is not None:
                pass
            if self.whole:
                self._reader.skip(1 + self._offset_size)
            else:
                self.text()
            if has_data:
                self.tables[number] = (schema + b"." + tag).decode("utf-8", "replace").lstrip(".")
            yield b"".join(text + b"\n" for text in (tag, *definitions) if text)

    def block(self, name: str) -> Iterator[Member]:
        """The data of one table or large object."""
        raw = Buffered(_Chunks(self._reader, self.integer).readinto)
        if self._compression == _LZ4:
            yield Member(name, None, Reason.TOOL_MISSING, "lz4 data cannot be unpacked by this version")
        elif not raw.peek(1):
            pass
        elif self._compression == _GZIP:
            yield Member(name, single(zlib_one, raw, self._spend))
        elif self._compression == _ZSTD:
            yield Member(name, zstd_single(raw, self._spend))
        elif self._compression == _NONE:
            yield Member(name, raw)
        else:
            raise Damaged(f"compression {self._compression} of dumps cannot be undone by this version")
        raw.drain()


class _Chunks:
    """Data that comes in chunks with their lengths before them; a length of 0 ends it."""

    def __init__(self, reader: Reader, integer: Callable[[], int]) -> None:
        self._reader = reader
        self._integer = integer
        self._left = 0
        self._over = False

    def readinto(self, view: memoryview) -> int:
        if self._over:
            return 0
        if not self._left:
            self._left = self._integer()
            if self._left < 0:
                raise Damaged("a chunk has an impossible length")
            if not self._left:
                self._over = True
                return 0
        count = self._reader.readinto(view[: self._left])
        if not count:
            raise Damaged(CUT_SHORT)
        self._left -= count
        return count
