"""Keeps what reaches a sink, so that a test can compare it byte for byte."""

import random

from prodproof.facts import Reason
from prodproof.trace.content import LIMITS, Limits, feed
from prodproof.trace.stream import Item, Sink, Slab

OVERLAP = 4096
SECRET = b"a value that was planted 5f0c91d2"


class Collected:
    """What came out, by path, and what did not."""

    def __init__(self, keep: bool = True) -> None:
        self.items: dict[str, bytearray] = {}
        self.ended: dict[str, bool] = {}
        self.gaps: list[tuple[str, Reason, str]] = []
        self.count = 0
        self._keep = keep
        self.sink = Sink(
            self._search, OVERLAP, lambda path, why, detail: self.gaps.append((path, why, detail)), size=1 << 20
        )

    def _search(self, slab: Slab) -> None:
        for piece in slab.pieces:
            self.count += piece.length
            if not self._keep:
                continue
            known = self.items.setdefault(piece.item.path, bytearray())
            end = piece.offset + piece.length
            known.extend(bytes(max(0, end - len(known))))
            known[piece.offset : end] = slab.bytes_of(piece.start, piece.start + piece.length)
            self.ended[piece.item.path] = self.ended.get(piece.item.path, False) or piece.last

    @property
    def whys(self) -> set[Reason]:
        return {why for _, why, _ in self.gaps}

    def holding(self, value: bytes = SECRET) -> list[str]:
        """The paths of what holds a value."""
        return sorted(path for path, data in self.items.items() if value in data)


class Dribble:
    """A readable that gives few bytes at a time."""

    def __init__(self, data: bytes, seed: int = 1, most: int = 9) -> None:
        self._data = data
        self._at = 0
        self._random = random.Random(seed)
        self._most = most

    def readinto(self, buffer: memoryview, /) -> int:
        count = min(len(buffer), self._random.randint(1, self._most))
        part = self._data[self._at : self._at + count]
        buffer[: len(part)] = part
        self._at += len(part)
        return len(part)


def collect(
    data: bytes | Dribble,
    path: str = "thing",
    *,
    depth: int = 4,
    decode: bool = False,
    limits: Limits = LIMITS,
    descriptor: int | None = None,
    keep: bool = True,
) -> Collected:
    """What comes out of a thing."""
    collected = Collected(keep)
    feed(collected.sink, Item(path), data, depth=depth, decode=decode, limits=limits, descriptor=descriptor)
    collected.sink.flush()
    return collected
