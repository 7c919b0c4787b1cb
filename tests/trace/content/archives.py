"""Makes containers of every supported kind around some bytes."""

import bz2
import gzip
import io
import lzma
import tarfile
import zipfile
from collections.abc import Callable

import zstandard

INNER = "etc/app.env"


def tar(data: bytes, form: int = tarfile.PAX_FORMAT, name: str = INNER) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=form) as archive:
        entry = tarfile.TarInfo(name)
        entry.size = len(data)
        archive.addfile(entry, io.BytesIO(data))
    return out.getvalue()


def zipped(data: bytes, method: int = zipfile.ZIP_DEFLATED, name: str = INNER) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        archive.writestr(name, data)
    return out.getvalue()


class _Unseekable(io.RawIOBase):
    def __init__(self) -> None:
        self.data = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: object, /) -> int:
        assert isinstance(data, (bytes, bytearray, memoryview))
        self.data += data
        return len(data)


def zipped_to_a_pipe(data: bytes, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """With data descriptors: lengths are only told after the data."""
    out = _Unseekable()
    with zipfile.ZipFile(out, "w", method) as archive, archive.open(INNER, "w") as member:
        member.write(data)
    return bytes(out.data)


def ar(data: bytes, name: str = INNER) -> bytes:
    """With GNU's table of long names."""
    table = name.encode() + b"/\n"
    table += b"\n" * (len(table) % 2)
    head = b"!<arch>\n" + b"%-48s%-10d`\n" % (b"//", len(table)) + table
    return (
        head + b"%-16s%-12d%-6d%-6d%-8o%-10d`\n" % (b"/0", 0, 0, 0, 0o644, len(data)) + data + b"\n" * (len(data) % 2)
    )


def cpio(data: bytes, name: str = INNER) -> bytes:
    def entry(label: bytes, body: bytes) -> bytes:
        numbers = [1, 0o100644, 0, 0, 1, 0, len(body), 0, 0, 0, 0, len(label) + 1, 0]
        head = b"070701" + b"".join(b"%08X" % number for number in numbers) + label + b"\0"
        return head + bytes(-len(head) % 4) + body + bytes(-len(body) % 4)

    return entry(name.encode(), data) + entry(b"TRAILER!!!", b"") + bytes(512)


def zstd_frames(data: bytes) -> bytes:
    """Several frames, a skippable one between them, with and without check sum and length."""
    half = len(data) // 2
    first = zstandard.ZstdCompressor(level=1, write_checksum=True).compress(data[:half])
    second = zstandard.ZstdCompressor(level=5, write_content_size=False).compressobj()
    return first + b"\x50\x2a\x4d\x18\x03\0\0\0abc" + second.compress(data[half:]) + second.flush()


def gzip_members(data: bytes) -> bytes:
    half = len(data) // 2
    return gzip.compress(data[:half]) + gzip.compress(data[half:], 1) + bytes(37)


COMPRESSED: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "gzip in members": gzip_members,
    "zstd": zstandard.ZstdCompressor().compress,
    "zstd in frames": zstd_frames,
    "bzip2": bz2.compress,
    "bzip2 in streams": lambda data: bz2.compress(data[:7]) + bz2.compress(data[7:]),
    "xz": lzma.compress,
    "xz in streams": lambda data: lzma.compress(data[:7]) + bytes(8) + lzma.compress(data[7:]),
}

ARCHIVES: dict[str, Callable[[bytes], bytes]] = {
    "tar (pax)": tar,
    "tar (ustar)": lambda data: tar(data, tarfile.USTAR_FORMAT),
    "tar (GNU)": lambda data: tar(data, tarfile.GNU_FORMAT),
    "zip (deflated)": zipped,
    "zip (stored)": lambda data: zipped(data, zipfile.ZIP_STORED),
    "zip (bzip2)": lambda data: zipped(data, zipfile.ZIP_BZIP2),
    "zip (lzma)": lambda data: zipped(data, zipfile.ZIP_LZMA),
    "zip to a pipe (deflated)": zipped_to_a_pipe,
    "zip to a pipe (stored)": lambda data: zipped_to_a_pipe(data, zipfile.ZIP_STORED),
    "zip to a pipe (bzip2)": lambda data: zipped_to_a_pipe(data, zipfile.ZIP_BZIP2),
    "ar": ar,
    "cpio": cpio,
}
