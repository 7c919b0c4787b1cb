"""One thread's share of a repository: objects go from git to the sink, and what was clean is noted."""

import os
import re
import stat
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import overload

import numpy as np
from numpy.typing import NDArray

from prodproof.facts import Reason
from prodproof.reach.git.command import Git
from prodproof.trace.content import HEAD, feed, is_container, may_be_containers
from prodproof.trace.content.feed import Readable
from prodproof.trace.sources._git_bulk import opened
from prodproof.trace.sources._git_lines import GitError, Portion, Work
from prodproof.trace.sources._git_read import ObjectReader
from prodproof.trace.stream import Item, Piece, Sink, Slab

COMMIT_MESSAGE = "commit message"
TAG_MESSAGE = "tag message"

CHECKPOINT = 64 * 1024 * 1024
"""Bytes after which what was clean is noted."""

MAX_NOTED = 10_000
"""Things that could not be read, and that are told with their path; those beyond are counted."""

_POINTER = b"version "
_MESSAGES = {b"commit": COMMIT_MESSAGE, b"tag": TAG_MESSAGE}
_LFS = re.compile(rb"version https://git-lfs\.github\.com/spec/v1\n(?:ext-[^\n]*\n)*oid sha256:([0-9a-f]{64})\n")
_LFS_LARGEST = 1024
"""Bytes of a pointer (git-lfs, docs/spec.md)."""


@dataclass
class Account:
    """What the threads together did."""

    saved: Callable[[bytes], None]
    """Told ids (bytes, one behind the other) of what was read and clean, now and then."""

    open_parts: int = 0
    """Parts that were handed out and not read to their end, with account of what was found."""

    again: set[str] = field(default_factory=set)
    """Ids of what was not read wholly."""

    gaps: list[tuple[str, str, Reason, str]] = field(default_factory=list)
    """Id of a blob, path within it, reason, detail."""

    gaps_more: int = 0
    not_here: set[str] = field(default_factory=set)
    """Ids of pointers whose files Git LFS has not brought here."""

    _lock: Lock = field(default_factory=Lock)

    def gap(self, id: str, inner: str, why: Reason, detail: str) -> None:
        """Something in an object could not be read."""
        with self._lock:
            self.again.add(id)
            if len(self.gaps) < MAX_NOTED:
                self.gaps.append((id, inner, why, detail))
            else:
                self.gaps_more += 1

    def lacks(self, id: str) -> None:
        """A pointer's file is not here."""
        with self._lock:
            self.again.add(id)
            self.not_here.add(id)

    def done(self, clean: bytes) -> None:
        """So many ids more are clean."""
        with self._lock:
            self.saved(clean)

    def opened(self) -> None:
        """A part is handed out."""
        with self._lock:
            self.open_parts += 1

    def closed(self) -> None:
        """A part was read to its end."""
        with self._lock:
            self.open_parts -= 1


@dataclass
class ObjectsPart:
    """Whatever this thread gets of the objects."""

    git: Git
    work: Work
    capacity: int
    """Bytes of what git answers for one portion, at most."""

    account: Account
    lfs: Path
    """Where Git LFS keeps its files."""

    def read(self, sink: Sink) -> None:
        """Feed them."""
        feeder = _Feeder(sink, self.account, self.lfs)
        try:
            self._read_at_once(feeder)
            ObjectReader(self.git, self.work.take_left, feeder).run()
        except GitError as failure:
            sink.gap("", failure.why, f"not every object was read: {failure}")
            return
        feeder.note()
        if sink.marked is not None:
            self.account.closed()

    def _read_at_once(self, feeder: "_Feeder") -> None:
        """Read portions wherever that goes well; what is left is put aside."""
        with opened(self.git, self.capacity) as bulk:
            while (portion := self.work.take()) is not None:
                if left := portion.ids if bulk is None else bulk.read(portion, feeder):
                    self.work.leave(left)


class _Feeder:
    """Gives objects to the sink."""

    def __init__(self, sink: Sink, account: Account, lfs: Path) -> None:
        self._sink = sink
        self._account = account
        self._lfs = lfs
        self._unnoted: list[bytes] = []
        self._bytes = 0
        if sink.marked is not None:
            sink.marked.clear()

    def together(self, memory: NDArray[np.uint8], portion: Portion, starts: Sequence[int]) -> None:
        """Objects that are in memory; those that are what they seem are searched where they lie."""
        lent = self._to_lend(memory, portion, starts)
        for at in np.flatnonzero(~lent).tolist():
            id, kind, _ = portion.heads[at].split(b" ")
            self.whole(id, kind, memory.data[starts[at] : starts[at] + portion.sizes[at]])
        self._lend(memory, portion, starts, np.flatnonzero(lent).tolist())

    def _to_lend(self, memory: NDArray[np.uint8], portion: Portion, starts: Sequence[int]) -> NDArray[np.bool_]:
        if not self._sink.borrows:
            return np.zeros(len(starts), np.bool_)
        lent = ~_may_be_more(memory, np.array(starts))
        for at in np.flatnonzero(~lent).tolist():
            lent[at] = not _is_more(bytes(memory.data[starts[at] : starts[at] + min(portion.sizes[at], HEAD)]))
        return lent

    def _lend(self, memory: NDArray[np.uint8], portion: Portion, starts: Sequence[int], numbers: list[int]) -> None:
        if not numbers:
            return
        pieces = _Lying(
            [portion.heads[at] for at in numbers],
            [starts[at] for at in numbers],
            [portion.sizes[at] for at in numbers],
        )
        self._sink.lend(Slab(memory, pieces.end, pieces, starts=pieces.starts), pieces.size)
        self._unnoted += [portion.ids[at] for at in numbers]
        self._bytes += pieces.size
        self._note_if_due()

    def whole(self, id: bytes, kind: bytes, data: memoryview) -> None:
        """An object that is in memory."""
        key = id.decode("ascii")
        if kind == b"blob":
            head = bytes(data[:HEAD])
            if is_container(head):
                self._container(key, data)
            elif head.startswith(_POINTER) and len(data) <= _LFS_LARGEST and (pointer := _LFS.match(data)):
                self._of_lfs(key, pointer[1].decode("ascii"), data)
            else:
                self._sink.put(Item("", key), data)
        elif kind != b"tree":
            self._sink.put(Item(_MESSAGES[kind], key), data)
        self._unnoted.append(id)
        self._bytes += len(data)
        self._note_if_due()

    def large(self, id: bytes, kind: bytes, readinto: Callable[[memoryview], int]) -> None:
        """An object that is read bit by bit."""
        key = id.decode("ascii")
        if kind == b"blob":
            # It looks for itself whether it is a container.
            self._container(key, _Readable(readinto))
        elif kind != b"tree":
            self._sink.stream(Item(_MESSAGES[kind], key), readinto)
        self._unnoted.append(id)
        self.note()

    def lost(self, id: bytes, why: Reason, detail: str) -> None:
        """An object that cannot be read."""
        self._account.gap(id.decode("ascii"), "", why, f"the object cannot be read: {detail}")

    def _note_if_due(self) -> None:
        if self._bytes > CHECKPOINT:
            self.note()

    def note(self) -> None:
        """Have everything searched, and note what is clean."""
        self._sink.flush()
        if self._sink.marked is not None:
            dirty = {id_of(item) for item in self._sink.marked} | self._account.again
            ids = (id.decode("ascii") for id in self._unnoted)
            self._account.done(bytes.fromhex("".join(id for id in ids if id not in dirty)))
            self._sink.marked.clear()
        self._unnoted.clear()
        self._bytes = 0

    def _container(self, key: str, source: "memoryview | Readable", descriptor: int | None = None) -> None:
        sink, told = self._sink, self._sink.gap
        # Nobody knows yet where the blob stands, so what is amiss in it is told at the end.
        sink.gap = lambda path, why, detail: self._account.gap(key, path.removeprefix(key), why, detail)
        try:
            feed(sink, Item(key, key), source, descriptor=descriptor)
        finally:
            sink.gap = told

    def _of_lfs(self, key: str, digest: str, pointer: memoryview) -> None:
        path = self._lfs / "objects" / digest[:2] / digest[2:4] / digest
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError:
            self._account.lacks(key)
            self._sink.put(Item("", key), pointer)
            return
        with os.fdopen(descriptor, "rb", buffering=0) as file:
            if stat.S_ISREG(os.fstat(descriptor).st_mode):
                self._container(key, file, descriptor)
            else:
                self._account.lacks(key)


@dataclass
class _Readable:
    readinto: Callable[[memoryview], int]


class _Lying(Sequence[Piece]):
    """Objects of a portion as pieces. Each is made when something is found in it, which is rare."""

    def __init__(self, heads: list[bytes], starts: list[int], sizes: list[int]) -> None:
        self._heads = heads
        self.starts = starts
        self._sizes = sizes
        self._made: dict[int, Piece] = {}
        self.size = sum(sizes)
        """Bytes of all of them."""

    @property
    def end(self) -> int:
        """Where the last one ends."""
        return self.starts[-1] + self._sizes[-1]

    def __len__(self) -> int:
        return len(self.starts)

    @overload
    def __getitem__(self, index: int) -> Piece: ...
    @overload
    def __getitem__(self, index: slice) -> list[Piece]: ...
    def __getitem__(self, index: int | slice) -> Piece | list[Piece]:
        numbers = range(len(self))[index]
        if not isinstance(numbers, int):
            return [self[number] for number in numbers]
        piece = self._made.get(numbers)
        if piece is None:
            id, kind, _ = self._heads[numbers].split(b" ")
            item = Item(_MESSAGES.get(kind, ""), id.decode("ascii"))
            piece = self._made[numbers] = Piece(item, self.starts[numbers], self._sizes[numbers], 0, True)
        return piece


def _may_be_more(memory: NDArray[np.uint8], starts: NDArray[np.intp]) -> NDArray[np.bool_]:
    """Which objects could be containers or pointers."""
    return np.asarray(may_be_containers(memory, starts) | (memory[starts] == _POINTER[0]))


def _is_more(head: bytes) -> bool:
    return head.startswith(_POINTER) or is_container(head)


def id_of(item: Item) -> str:
    """The id of the object that an item is, or is in."""
    return item.key or item.path.partition("!")[0]
