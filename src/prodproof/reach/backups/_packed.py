"""Compressed files, read to their end: one that ends early is told from one that is whole."""

import bz2
import gzip
import io
import lzma
import os
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, cast

import zstandard

from prodproof.reach.backups._bench import Bench, GivenUpError

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

BROKEN = (zlib.error, lzma.LZMAError, zstandard.ZstdError, gzip.BadGzipFile)
"""What is raised for bytes that no compressor wrote; EOFError for those that end early."""

CHUNK = 1 << 20
_TAIL = 8192
_FED = 2048
"""Compressed bytes given to zstd at once: they may stand for 90 MB at most (RFC 8878, blocks of one repeated byte)."""

_WINDOW = 1 << 27
_MAGIC = ((b"\x1f\x8b", "gz"), (b"\x28\xb5\x2f\xfd", "zst"), (b"BZh", "bz2"), (b"\xfd7zXZ\x00", "xz"))


def packing_of(head: bytes) -> str:
    """With what a file is compressed, by its first bytes: `gz`, `zst`, `bz2`, `xz` or nothing."""
    return next((name for magic, name in _MAGIC if head.startswith(magic)), "")


def unpacked(path: Path, packing: str) -> BinaryIO:
    """A file's bytes, unpacked as they are read. Raises OSError, EOFError and `BROKEN`."""
    if packing == "gz":
        return cast("BinaryIO", gzip.open(path, "rb"))
    if packing == "bz2":
        return cast("BinaryIO", _Bzip2(bz2.open(path, "rb")))
    if packing == "xz":
        return cast("BinaryIO", lzma.open(path, "rb"))
    file = path.open("rb")
    return io.BufferedReader(_Zstd(file), CHUNK) if packing == "zst" else file


class _Bzip2(io.RawIOBase):
    """As `bz2.open`, whose errors are those of any file."""

    def __init__(self, file: bz2.BZ2File) -> None:
        self._file = file

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        try:
            return self._file.read(size)
        except OSError as error:
            if error.errno is None:
                raise zlib.error("no bzip2 data") from None
            raise

    def close(self) -> None:
        self._file.close()
        super().close()


class _Zstd(io.RawIOBase):
    """As the library's reader, which takes a frame that ends early for a whole one."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._rest = b""
        self._out = memoryview(b"")
        self._frame: zstandard.ZstdDecompressionObj | None = None

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "WriteableBuffer", /) -> int:
        into = memoryview(buffer).cast("B")
        while not self._out:
            given = self._rest or self._file.read(_FED)
            self._rest = b""
            if not given:
                if self._frame is not None:
                    raise EOFError("a frame ends early")
                return 0
            if self._frame is None:
                self._frame = zstandard.ZstdDecompressor(max_window_size=_WINDOW).decompressobj()
            self._out = memoryview(self._frame.decompress(given))
            if self._frame.eof:
                self._rest = self._frame.unused_data
                self._frame = None
        count = min(len(into), len(self._out))
        into[:count] = self._out[:count]
        self._out = self._out[count:]
        return count

    def close(self) -> None:
        self._file.close()
        super().close()


def private(path: Path) -> BinaryIO:
    """A new file that only we may read, to write into."""
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "wb")


def head_unpacked(path: Path, packing: str, size: int) -> bytes:
    """The first unpacked bytes, as far as they can be had."""
    found = b""
    try:
        with unpacked(path, packing) as file:
            while len(found) < size and (chunk := file.read(min(4096, size - len(found)))):
                found += chunk
    except (OSError, EOFError, *BROKEN):
        return found
    return found


def copied(source: BinaryIO, into: BinaryIO | None, bench: Bench) -> tuple[int, bytes]:
    """Read to the end, and write what is read, if `into` is given.

    Returns:
        How many bytes there were, and the last few thousand of them.

    Raises:
        GivenUpError: it was ended, or there is more than may be.
        OSError, EOFError, or one of `BROKEN`: as `unpacked`.
    """
    total, tail = 0, b""
    while chunk := source.read(CHUNK):
        bench.check()
        total += len(chunk)
        if total > bench.limits.size:
            raise GivenUpError(f"it holds more than {bench.limits.size} bytes")
        tail = (tail + chunk)[-_TAIL:]
        if into is not None:
            into.write(chunk)
    return total, tail
