"""Files, folders, logs and work trees."""

import errno
import os
import stat
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from pathlib import Path

from prodproof.facts import Reason
from prodproof.trace.content import HEAD, feed, is_container
from prodproof.trace.content.image import Role, configuration
from prodproof.trace.finding import Finding
from prodproof.trace.sources.layouts import MARKS, roles_in
from prodproof.trace.sources.walk import Entry, Walk
from prodproof.trace.stream import Item, Part, Sink

MAX_FILES = 1_000_000
LARGE = 64 * 1024 * 1024
"""Bytes; a plain file above it is cut into ranges that several threads read."""

SMALL = 256 * 1024
"""Bytes; a smaller file is read at once."""

OVERHEAD = 16 * 1024
"""Bytes that could be searched in the time that opening a file takes, about."""

MOST_IN_PART = 4_000
_SPARSE = 1024 * 1024
_GROWTH = 64 * 1024 * 1024
"""Bytes that a file may grow by while it is read; what comes after them is a gap."""

_WHY = {errno.EACCES: Reason.DENIED, errno.EPERM: Reason.DENIED}


class FilesSource:
    """A file, or a folder with all that is in it. Containers are opened."""

    def __init__(
        self,
        place: str,
        path: Path,
        exclude: Sequence[str] = (".git",),
        *,
        only: Iterable[str] | None = None,
        decode: bool = False,
        depth: int = 4,
        most_files: int = MAX_FILES,
        most_bytes: int | None = None,
    ) -> None:
        """
        Args:
            place: as it was asked for.
            path: a file or a folder; a link is followed here, but none below it that leads out of it.
            exclude: patterns (`*.pyc`) of names, or of paths within the folder, that are left out without a word.
            only: paths within the folder, of files; nothing else is read (what git tracks).
            decode: whether base64 is decoded and searched too.
            depth: how many containers may lie in each other.
            most_files: files beyond them are a gap.
            most_bytes: bytes, as stored, beyond which files are a gap.
        """
        self.place = place
        self._path = path
        self._exclude = tuple(exclude)
        self._only = None if only is None else tuple(only)
        self._options = Options(decode, depth)
        self._most_files = most_files
        self._most_bytes = most_bytes
        self._lock = threading.Lock()
        self._walked: Walk | None = None

    def size(self) -> int | None:
        return sum(self._walk().sizes)

    def parts(self, count: int) -> Iterator[Part]:
        """Portions of neighbouring files, the largest first, so that no thread is left with a large one at the end."""
        walk = self._walk()
        if walk.gaps:
            yield _Untold(walk.gaps)
        costs = [size + OVERHEAD for size in walk.sizes]
        share = max(sum(costs) // (4 * max(count, 1)), 1)
        portions: list[tuple[int, Part]] = []
        group: list[Entry] = []
        filled = 0
        for entry, cost in zip(self._entries(walk), costs):
            if entry.size > LARGE:
                pieces = _ranges(walk.root, entry, count, self._options)
                portions += [(entry.size // len(pieces), piece) for piece in pieces]
                continue
            group.append(entry)
            filled += cost
            if filled >= share or len(group) >= MOST_IN_PART:
                portions.append((filled, _Files(walk.root, tuple(group), self._options)))
                group, filled = [], 0
        if group:
            portions.append((filled, _Files(walk.root, tuple(group), self._options)))
        portions.sort(key=lambda portion: -portion[0])
        for _, part in portions:
            yield part

    def locate(self, item: Item, findings: Sequence[Finding]) -> Sequence[Finding]:
        return findings

    def _walk(self) -> Walk:
        with self._lock:
            if self._walked is None:
                self._walked = Walk(
                    self._path,
                    self._left_out,
                    self._only,
                    most_files=self._most_files,
                    most_bytes=self._most_bytes,
                    marks=MARKS,
                )
            return self._walked

    def _entries(self, walk: Walk) -> Iterator[Entry]:
        """What was listed; the files of container images are named by what they are."""
        roles: dict[str, Role] = {}
        for path in walk.marked:
            roles.update(roles_in(walk.root, path))
        for entry in walk.entries():
            role = roles.get(entry.path)
            yield entry if role is None else replace(entry, label=role.label, config=role.config)

    def _left_out(self, name: str, path: str) -> bool:
        return any(fnmatchcase(name, pattern) or fnmatchcase(path, pattern) for pattern in self._exclude)


@dataclass(frozen=True, slots=True)
class Options:
    """How things are opened."""

    decode: bool
    depth: int


@dataclass(frozen=True, slots=True)
class _Untold:
    """What the walk could not look into."""

    gaps: Sequence[tuple[str, Reason, str]]

    def read(self, sink: Sink) -> None:
        for path, why, detail in self.gaps:
            sink.gap(path, why, detail)


@dataclass(frozen=True, slots=True)
class _Files:
    """Some whole files."""

    root: Path
    entries: tuple[Entry, ...]
    options: Options

    def read(self, sink: Sink) -> None:
        for entry in self.entries:
            with _Opened(self.root, entry, sink) as file:
                if file.descriptor >= 0:
                    self._one(sink, entry, file)

    def _one(self, sink: Sink, entry: Entry, file: "_Opened") -> None:
        item = Item(entry.label)
        if file.size <= SMALL:
            data = file.small()
            lines = configuration(data) if entry.config else None
            if lines is not None:
                sink.put(item, lines)
            elif self.options.decode or is_container(data[:HEAD], entry.label):
                feed(
                    sink,
                    item,
                    data,
                    depth=self.options.depth,
                    decode=self.options.decode,
                    descriptor=file.descriptor,
                )
            else:
                sink.put(item, data)
        elif self.options.decode or is_container(file.head(), entry.label):
            _feed(sink, item, file, self.options)
        elif file.sparse():
            file.extents(sink, item, 0, None)
        else:
            sink.stream(item, file.reader(0, None))
            file.told()


@dataclass(frozen=True, slots=True)
class _Range:
    """A range of one large file; the last one goes on to its end."""

    root: Path
    entry: Entry
    item: Item
    start: int
    end: int | None
    options: Options

    def read(self, sink: Sink) -> None:
        with _Opened(self.root, self.entry, sink) as file:
            if file.descriptor < 0:
                return
            if is_container(file.head(), self.entry.label):
                # It was none when it was listed: the first range takes it whole.
                if self.start == 0:
                    _feed(sink, self.item, file, self.options)
                return
            file.extents(sink, self.item, self.start, self.end)


def _feed(sink: Sink, item: Item, file: "_Opened", options: Options) -> None:
    source = _Stream(file.reader(0, None))
    feed(sink, item, source, depth=options.depth, decode=options.decode, descriptor=file.descriptor)
    file.told()


@dataclass(frozen=True, slots=True)
class _Stream:
    readinto: Callable[[memoryview], int]


def _ranges(root: Path, entry: Entry, count: int, options: Options) -> list[Part]:
    if options.decode or count < 2 or _container(root, entry):
        return [_Files(root, (entry,), options)]
    item = Item(entry.label)
    # More of them than threads, so that none waits long for the last.
    pieces = min(4 * count, entry.size // (LARGE // 4))
    step = entry.size // pieces
    starts = [index * step for index in range(pieces)]
    return [_Range(root, entry, item, start, end, options) for start, end in zip(starts, [*starts[1:], None])]


def _container(root: Path, entry: Entry) -> bool:
    try:
        descriptor = os.open(root / entry.path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return True  # told when it is read
    try:
        return is_container(os.pread(descriptor, HEAD, 0), entry.label)
    except OSError:
        return True
    finally:
        os.close(descriptor)


class _Opened:
    """One file while it is read. It may grow, shrink and vanish meanwhile."""

    def __init__(self, root: Path, entry: Entry, sink: Sink) -> None:
        self._path = root / entry.path if entry.path else root
        self._entry = entry
        self._sink = sink
        self._blocks = 0
        self._short = False
        self._grown = False
        self._failed: OSError | None = None
        self.descriptor = -1
        self.size = 0

    def __enter__(self) -> "_Opened":
        flags = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY
        try:
            self.descriptor = os.open(self._path, flags | (os.O_NOFOLLOW if self._entry.path else 0))
            status = os.fstat(self.descriptor)
        except OSError as error:
            self._gap(error)
            return self
        if not stat.S_ISREG(status.st_mode):
            self._sink.gap(self._entry.label, Reason.INCOMPLETE, "it is no longer a regular file")
            self._close()
        self.size, self._blocks = status.st_size, status.st_blocks
        return self

    def __exit__(self, *_: object) -> None:
        self._close()

    def _close(self) -> None:
        if self.descriptor >= 0:
            os.close(self.descriptor)
            self.descriptor = -1

    def _gap(self, error: OSError) -> None:
        why = _WHY.get(error.errno or 0, Reason.INCOMPLETE)
        detail = {
            errno.ENOENT: "it vanished while the folder was read",
            errno.ELOOP: "it became a link while the folder was read",
        }.get(error.errno or 0, f"it cannot be read: {os.strerror(error.errno or 0)}")
        self._sink.gap(self._entry.label, why, detail)

    def head(self) -> bytes:
        """Its first bytes."""
        try:
            return os.pread(self.descriptor, HEAD, 0)
        except OSError:
            return b""  # told when it is read

    def small(self) -> bytes:
        """All of it, if it is small; with what came since."""
        read = self.reader(0, None)
        blocks = []
        block = bytearray(self.size + 4096)
        while count := read(memoryview(block)):
            blocks.append(bytes(memoryview(block)[:count]))
        self.told()
        return blocks[0] if len(blocks) == 1 else b"".join(blocks)

    def reader(self, start: int, end: int | None) -> Callable[[memoryview], int]:
        """Reads a range; without an end, to where the file ended when it was opened, and what came since.

        It raises nothing: `told` says afterwards what went wrong.
        """
        at = start
        limit = self.size if end is None else end
        bound = self.size + _GROWTH

        def readinto(view: memoryview) -> int:
            nonlocal at, limit
            try:
                if at >= limit and end is None and at < bound:
                    limit = min(os.fstat(self.descriptor).st_size, bound)
                if at >= limit:
                    self._grown = self._grown or (end is None and at >= bound)
                    return 0
                count = os.preadv(self.descriptor, [view[: limit - at]], at)
            except OSError as error:
                self._failed = error
                return 0
            self._short = self._short or not count
            at += count
            return count

        return readinto

    def told(self) -> None:
        """Say what went wrong while it was read."""
        if self._failed is not None:
            self._gap(self._failed)
        elif self._short:
            self._sink.gap(self._entry.label, Reason.INCOMPLETE, "it became shorter while it was read")
        elif self._grown:
            self._sink.gap(self._entry.label, Reason.INCOMPLETE, "it grew faster than it was read")

    def sparse(self) -> bool:
        """Whether it has holes that are worth leaving out."""
        return self.size > _SPARSE and self._blocks * 512 + _SPARSE < self.size

    def extents(self, sink: Sink, item: Item, start: int, end: int | None) -> None:
        """Search a range, without the holes in it. Nothing lies across a hole."""
        whole_end = self.size if end is None else end
        spans = self._data(start, whole_end) if self.sparse() else [(start, whole_end)]
        for span_start, span_end in spans:
            shared = min(sink.overlap, start) if span_start == start else 0
            last = span_end == whole_end
            read = self.reader(span_start - shared, None if last and end is None else span_end)
            sink.stream(item, read, offset=span_start - shared, shared=shared, last=last and end is None)
        self.told()

    def _data(self, start: int, end: int) -> Iterator[tuple[int, int]]:
        """Where there is data (lseek(2): SEEK_DATA, SEEK_HOLE)."""
        at = start
        while at < end:
            try:
                begin = os.lseek(self.descriptor, at, os.SEEK_DATA)
                at = min(os.lseek(self.descriptor, begin, os.SEEK_HOLE), end)
            except OSError as error:
                if error.errno != errno.ENXIO:
                    self._failed = error
                return  # only a hole is left
            if begin >= end:
                return
            yield begin, at
