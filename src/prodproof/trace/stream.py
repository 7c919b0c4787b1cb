"""From things that are read to slabs that are searched.

A slab is one large buffer that holds many small items, or a part of a large one. Matchers look at whole slabs, since a
call for each of 100,000 small files would cost more than the search.
"""

import bisect
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from threading import Event
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from prodproof.facts import Reason, Unseen
from prodproof.trace.finding import Finding

SLAB = 4 * 1024 * 1024
"""Bytes; a few of them fit into the processor's cache levels and into the memory bound."""

_TOLD_EVERY = 1024 * 1024

SEPARATOR = b"\0" * 16
"""Between items, so that nothing matches across two of them."""


class Stopped(Exception):  # noqa: N818 - it is no error: whoever asked for it knows
    """The search was asked to end."""


# Not frozen, nor is a piece: that would make each three times as expensive, and there are many.
@dataclass(slots=True, eq=False)
class Item:
    """One thing that is read from its start to its end: a blob, a file, a member of an archive, a column of a row."""

    path: str
    """As `Finding.path`; for git blobs it may be empty until `Source.locate`."""

    key: str = ""
    """What the source knows it by (a blob id); also the key under which a clean answer can be kept."""


@dataclass(slots=True, eq=False)
class Piece:
    """The part of an item that lies in a slab."""

    item: Item
    start: int
    """Where it begins in the slab, bytes."""

    length: int
    offset: int
    """Where it begins in the item, bytes."""

    last: bool
    """Whether the item ends with it."""


@dataclass(slots=True)
class Slab:
    """A buffer of bytes and what lies in it. It is used again after its search: matchers keep no view of it."""

    data: NDArray[np.uint8]
    """The whole buffer, of which only `used` bytes count. As the sink lays it out, it and its items are 8-byte aligned,
    and 16 zero bytes follow what counts; what is lent lies as it lies."""

    used: int = 0
    pieces: Sequence[Piece] = field(default_factory=list)
    fresh_from: int = 0
    """Where the first piece has new bytes: what lies before was in the slab before it too (the overlap)."""

    starts: Sequence[int] | None = None
    """Where each piece begins, if that is known without a look at each."""

    def piece_from(self, position: int) -> Piece | None:
        """The last piece that begins at a position of the buffer or before it; None if there is none."""
        if self.starts is None:
            index = bisect.bisect_right(self.pieces, position, key=lambda piece: piece.start)
        else:
            index = bisect.bisect_right(self.starts, position)
        return self.pieces[index - 1] if index else None

    def piece_at(self, position: int) -> Piece | None:
        """The piece that a position of the buffer belongs to; None between pieces."""
        piece = self.piece_from(position)
        return piece if piece is not None and position < piece.start + piece.length else None

    def bytes_of(self, start: int, end: int) -> bytes:
        """A copy of a part of the buffer."""
        return self.data[start:end].tobytes()


@dataclass(frozen=True, slots=True)
class Hit:
    """What a matcher found in a slab."""

    start: int
    """In the slab, bytes."""

    end: int
    kind: str
    rule: str
    encoding: str
    fingerprint: str
    is_random: bool = False
    """Whether its value has no meaning, as what a generator makes."""


class Matcher(Protocol):
    """Searches slabs. One instance for each thread (`fork` makes it), since engines have scratch space of their own."""

    overlap: int
    """The most bytes that a hit with its surroundings can span: consecutive slabs of an item share so many."""

    borrows: bool
    """Whether it takes slabs that `Sink.lend` is given; else only those that the sink lays out."""

    def fork(self) -> "Matcher":
        """Another one of the same, for another thread; what is large and read-only is shared."""
        ...

    def control(self) -> bytes:
        """A small text with a marker in it that `search` must report as `is_control`; the search's positive control."""
        ...

    def is_control(self, hit: Hit) -> bool:
        """Whether a hit is the marker of `control`."""
        ...

    def search(self, slab: Slab) -> Iterable[Hit]:
        """Every hit in the slab's pieces; none across pieces. A hit that lies wholly in the overlap
        (`end <= slab.fresh_from`) was reported before and may be left out; reporting it again does no harm.
        """
        ...

    def keeps(self, finding: Finding) -> bool:
        """Whether one of its findings still counts now that its path is known."""
        ...

    def redact(self, text: bytes) -> bytes:
        """A line as it may be shown: every value and everything that looks like a secret replaced by `…`."""
        ...

    def shown_path(self, path: str) -> str:
        """A path as it may be shown: somebody may have named a file after a value."""
        ...


class Found(Protocol):
    """Takes what the sink has searched."""

    def __call__(self, slab: Slab, hits: Sequence[Hit]) -> None: ...


class Sink:
    """Takes what a source reads, packs it into slabs and has them searched. One for each thread."""

    def __init__(
        self,
        search: Callable[[Slab], None],
        overlap: int,
        gap: Callable[[str, Reason, str], None],
        read: Callable[[int], None] = lambda count: None,
        stop: Event | None = None,
        size: int = SLAB,
        *,
        borrows: bool = False,
    ) -> None:
        """
        Args:
            search: searches a full slab; it is empty again afterwards.
            overlap: bytes of an item that are repeated in its next slab.
            gap: told of what could not be read: path, reason, detail.
            read: told how many bytes came in, for the progress display.
            stop: once set, the next call raises Stopped.
            borrows: whether `lend` may be called: whether `search` takes items that lie in other ways than the sink's.
        """
        self._search = search
        self._overlap = overlap
        self.gap = gap
        self.marked: set[Item] | None = None
        """Items that something was found in, if whoever searches keeps account of them; sources that keep what was
        clean for the next time take them from here after `flush`."""

        self.borrows = borrows
        self._read = read
        self._uncounted = 0
        self._stop = stop or Event()
        self._size = max(size, 4 * overlap, 64 * 1024)
        whole = np.zeros(self._size + 64, np.uint8)
        shift = -whole.ctypes.data % 8
        self._pieces: list[Piece] = []
        self._slab = Slab(whole[shift : shift + self._size + 48], pieces=self._pieces)
        self._view = self._slab.data.data

    def mark(self, item: Item) -> None:
        """Something was found in an item."""
        if self.marked is not None:
            self.marked.add(item)

    @property
    def overlap(self) -> int:
        """Bytes that two ranges of one item have to share."""
        return self._overlap

    def put(self, item: Item, data: bytes | bytearray | memoryview) -> None:
        """A whole item that is already in memory."""
        size = len(data)
        slab = self._slab
        if slab.used + size > self._size:
            if size > self._size // 2:
                self.stream(item, _reader(memoryview(data)))
                return
            self.flush()
        self._counted(size)
        start = slab.used
        self._view[start : start + size] = data
        self._pieces.append(Piece(item, start, size, 0, True))
        self._close(start + size)

    def lend(self, slab: Slab, size: int) -> None:
        """Whole items that already lie in one buffer, with a line's end behind each and whatever else between them.

        They are searched at once and where they are, which saves a copy.

        Args:
            size: bytes of all of them.
        """
        self._counted(size)
        self._search(slab)

    def stream(
        self,
        item: Item,
        readinto: Callable[[memoryview], int],
        *,
        offset: int = 0,
        shared: int = 0,
        last: bool = True,
    ) -> int:
        """An item, or a range of one, that is read bit by bit.

        Args:
            readinto: fills the start of a buffer and returns how many bytes, 0 at the end.
            offset: where in the item the first byte lies.
            shared: how many of the first bytes the range before ends with; see `overlap`.
            last: whether the item ends with this range.

        Returns:
            Where in the item it ended, in bytes.
        """
        slab = self._slab
        if shared or self._size - slab.used < self._size // 8:
            self.flush()
            slab.fresh_from = shared
        start = slab.used
        while True:
            count = readinto(self._view[slab.used : self._size])
            self._counted(count)
            slab.used += count
            if count and slab.used < self._size:
                continue
            length = slab.used - start
            self._pieces.append(Piece(item, start, length, offset, last and not count))
            if not count:
                self._close(slab.used)
                return offset + length
            kept = min(self._overlap, length)
            tail = bytes(self._view[slab.used - kept : slab.used])
            self.flush()
            self._view[:kept] = tail
            slab.used = slab.fresh_from = kept
            start, offset = 0, offset + length - kept

    def flush(self) -> None:
        """Search what there is."""
        self._tell_count()
        slab = self._slab
        if self._pieces:
            self._view[slab.used : slab.used + 16] = b"\0" * 16
            self._search(slab)
        self._pieces.clear()
        slab.used = slab.fresh_from = 0

    def _close(self, end: int) -> None:
        self._view[end : end + len(SEPARATOR)] = SEPARATOR
        # The next item begins at a word: the value filter looks at aligned words of the slab.
        self._slab.used = -(-(end + 8) // 8) * 8

    def _counted(self, count: int) -> None:
        if self._stop.is_set():
            raise Stopped
        self._uncounted += count
        if self._uncounted > _TOLD_EVERY:
            self._tell_count()

    def _tell_count(self) -> None:
        self._read(self._uncounted)
        self._uncounted = 0


def _reader(view: memoryview) -> Callable[[memoryview], int]:
    position = 0

    def readinto(into: memoryview) -> int:
        nonlocal position
        part = view[position : position + len(into)]
        into[: len(part)] = part
        position += len(part)
        return len(part)

    return readinto


class Part(Protocol):
    """A portion of a source that one thread reads."""

    def read(self, sink: Sink) -> None:
        """Feed all of it. What cannot be read goes to `sink.gap`; nothing but Stopped is raised."""
        ...


class Source(Protocol):
    """A place that can be searched."""

    place: str
    """As it was asked for."""

    def parts(self, count: int) -> Iterator[Part]:
        """Portions of about equal size for `count` threads (there may be more, or fewer)."""
        ...

    def size(self) -> int | None:
        """About how many bytes there are to read, for the progress display; None if nobody knows."""
        ...

    def locate(self, item: Item, findings: Sequence[Finding]) -> Sequence[Finding]:
        """The findings of one item with path, commit and date filled in (a blob may have several paths)."""
        ...


@runtime_checkable
class Controlled(Source, Protocol):
    """A source that can show by itself that it reads what is there."""

    def control(self) -> Unseen | None:
        """Read something that must be there, by the way that everything is read; None when it was."""
        ...


@runtime_checkable
class Selective(Source, Protocol):
    """A source that leaves something out on purpose."""

    @property
    def left_out(self) -> Sequence[str]:
        """What, in lines for people; known at the end."""
        ...


@runtime_checkable
class Closing(Source, Protocol):
    """A source that holds something open."""

    def close(self) -> None:
        """Give it back; called once, at the end."""
        ...


@runtime_checkable
class Concluding(Source, Protocol):
    """A source that can only say at the end, and for everything at once, where its findings are."""

    def conclude(
        self,
        found: Mapping[Item, Sequence[Finding]],
        sound: bool,
        whole: bool,
        gap: Callable[[str, Reason, str], None],
        counts: Callable[[Finding], bool],
    ) -> Sequence[Finding]:
        """Called once when all parts were read, or the search was stopped; also when nothing was found.

        Args:
            found: what was found this time.
            sound: whether the search can be relied on: its controls were found.
            whole: whether `found` is everything, and no bound left some out.
            gap: told what the place lacks.
            counts: whether a finding counts where it stands; what does not may be left out.

        Returns:
            The findings of this time with path, commit and date, and those of what did not have to be read again.
        """
        ...
