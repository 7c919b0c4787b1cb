"""Reading a body that its sender chose: at most so many bytes, on the wire and after decompression."""

import zlib
from collections.abc import AsyncIterable
from dataclasses import dataclass

MAX_ENCODINGS = 2
"""Stacked content encodings that are undone; more are taken for a bomb and left as they are."""

_WINDOW_BITS = {"gzip": 31, "x-gzip": 31, "deflate": 15}


@dataclass(frozen=True, slots=True)
class Body:
    """What was kept of a body."""

    data: bytes
    """Decoded, unless `encoded`."""

    complete: bool
    """False when the bound was reached, or the rest could not be read or decoded."""

    encoded: bool = False
    """True when the content encoding is none that is undone here, so that `data` is as it came."""


class Decoder:
    """Undoes gzip and deflate step by step, never producing more than is asked for.

    Other encodings (br, zstd) are not asked for by our requests and are passed through as they are.
    """

    def __init__(self, content_encoding: str) -> None:
        names = [part.strip().lower() for part in content_encoding.split(",")]
        names = [name for name in names if name not in ("", "identity")]
        self.known = len(names) <= MAX_ENCODINGS and all(name in _WINDOW_BITS for name in names)
        self._names = list(reversed(names)) if self.known else []
        self._stages = [zlib.decompressobj(_WINDOW_BITS[name]) for name in self._names]
        self._started = [False] * len(self._stages)

    def feed(self, chunk: bytes, limit: int) -> bytes:
        """Decode a chunk to at most `limit` bytes; raises zlib.error for data that is none of that encoding."""
        for number in range(len(self._stages)):
            chunk = self._stage(number, chunk, limit)
        return chunk[:limit]

    def _stage(self, number: int, chunk: bytes, limit: int) -> bytes:
        if not chunk:
            return b""
        started, self._started[number] = self._started[number], True
        try:
            return self._stages[number].decompress(chunk, limit)
        except zlib.error:
            if started or self._names[number] != "deflate":
                raise
            # Some servers send raw deflate data without the zlib header (RFC 9110, 8.4.1.2, note).
            self._stages[number] = zlib.decompressobj(-15)
            return self._stages[number].decompress(chunk, limit)


async def read_body(stream: AsyncIterable[bytes], content_encoding: str, limit: int, kept: bytearray) -> Body:
    """Read and decode until the end or until `limit` decoded bytes are there, whichever comes first.

    Args:
        stream: the body as it comes from the wire; what it raises is passed on.
        content_encoding: the header's value.
        limit: decoded bytes to keep.
        kept: filled as the body comes, so that a caller who gives up has what was read until then.
    """
    decoder = Decoder(content_encoding)
    wire = 0
    async for chunk in stream:
        wire += len(chunk)
        try:
            kept += decoder.feed(chunk, limit + 1 - len(kept))
        except zlib.error:
            return Body(bytes(kept[:limit]), complete=False)
        if len(kept) > limit or wire > limit:
            return Body(bytes(kept[:limit]), complete=False, encoded=not decoder.known)
    return Body(bytes(kept), complete=True, encoded=not decoder.known)
