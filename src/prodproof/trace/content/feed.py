"""Feeds a thing to a sink: what it contains if it is a container, else itself."""

import os
import stat
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from sqlite3 import Connection
from typing import Protocol

from prodproof.facts import Reason
from prodproof.trace.content import dump, image, older, sourcemap, sqlite, tarball, zipped
from prodproof.trace.content.compressed import expand
from prodproof.trace.content.encoded import MANIFEST, Tap, kubernetes_data
from prodproof.trace.content.reader import Bound, Buffered, Damaged, Member, Memory, Reader
from prodproof.trace.content.recognise import COMPRESSED, HEAD, Kind, recognise, unsupported
from prodproof.trace.stream import Item, Sink

MAX_WRAPPED = 3
"""Compressions right around each other (`x.gz.gz`)."""

MAX_GAPS = 100
"""Told for one thing; those beyond are counted in one."""

_MANIFESTS = (".yaml", ".yml", ".json")


@dataclass(frozen=True, slots=True)
class Limits:
    """What may come out of one thing. Each that is reached is a gap, and what came before it was searched."""

    expanded: int = 64 * 1024**3
    """Bytes, over all levels."""

    ratio: int = 1_000
    """Bytes for each byte that was read of the outermost thing; gzip cannot reach more on one level."""

    free: int = 256 * 1024**2
    """Bytes before the ratio counts."""

    members: int = 1_000_000
    """Over all levels."""

    memory: int = 32 * 1024**2
    """Bytes of a thing inside a container that has to be in memory as a whole (SQLite)."""


LIMITS = Limits()


class Readable(Protocol):
    """What an outermost thing is read from."""

    def readinto(self, buffer: memoryview, /) -> int | None: ...


def feed(
    sink: Sink,
    item: Item,
    source: bytes | bytearray | memoryview | Readable,
    *,
    depth: int = 4,
    decode: bool = False,
    descriptor: int | None = None,
    limits: Limits = LIMITS,
) -> None:
    """Search a thing with all that is in it; members get paths like `outer!inner`. A compressed thing that holds one
    thing keeps its path.

    What cannot be read, or only after a bound, goes to `sink.gap`. Only Stopped is raised, and what the sink raises.

    Args:
        item: what the thing is called.
        source: all of it, or what it is read from, front to back, once.
        depth: how many containers may lie in each other.
        decode: whether base64 is looked for too, and fed as `path!base64@OFFSET`.
        descriptor: of the file that `source` reads, from its first byte; then SQLite files are opened instead of
            copied, and the layers of images have numbers.
        limits: bounds on what comes out.
    """
    if isinstance(source, (bytes, bytearray, memoryview)):
        reader: Reader = Memory(source)
        again: Callable[[], Reader] | None = lambda: Memory(source)  # noqa: E731 - a def would hide the symmetry
    else:
        readinto = source.readinto
        reader = Buffered(lambda view: readinto(view) or 0)
        again = None if descriptor is None else lambda: _from_start(descriptor)
    feeder = _Feeder(sink, limits, decode, reader, again, descriptor)
    feeder.thing(item, reader, depth)
    feeder.over(item)


def _from_start(descriptor: int) -> Reader:
    at = 0

    def readinto(view: memoryview) -> int:
        nonlocal at
        count = os.preadv(descriptor, [view], at)
        at += count
        return count

    return Buffered(readinto)


class _Guard:
    """Ends an item at damage, so that what came before it is searched, and keeps the damage."""

    def __init__(self, reader: Reader, tap: Tap | None) -> None:
        self._reader = reader
        self._tap = tap
        self.trouble: Damaged | None = None

    def readinto(self, view: memoryview) -> int:
        try:
            count = self._reader.readinto(view)
        except Damaged as trouble:
            self.trouble = trouble
            count = 0
        if self._tap is not None:
            self._tap.look(view[:count], over=not count)
        return count


class _Feeder:
    """One outermost thing, and the bounds that count over all of it."""

    def __init__(
        self,
        sink: Sink,
        limits: Limits,
        decode: bool,
        outer: Reader,
        again: Callable[[], Reader] | None,
        descriptor: int | None,
    ) -> None:
        self._sink = sink
        self._limits = limits
        self._decode = decode
        self._outer = outer
        self._again = again
        self._descriptor = descriptor
        self._expanded = 0
        self._members = 0
        self._gaps = 0
        self._last_gap = ("", "")

    def thing(self, item: Item, reader: Reader, depth: int, wrapped: tuple[Kind, ...] = (), outer: bool = True) -> None:
        """Feed one thing; damage of it ends here.

        Args:
            depth: how many containers may still be opened.
            wrapped: the compressions right around it.
            outer: whether it is the outermost thing, but for compression.
        """
        try:
            kind = recognise(reader.peek(HEAD), item.path)
            if kind is None:
                self._raw(item, reader, depth)
            elif kind is Kind.UNSUPPORTED:
                self._gap(item.path, f"{unsupported(reader.peek(HEAD))} cannot be unpacked by this version")
                self._raw(item, reader, 0)
            elif kind in COMPRESSED:
                self._compressed(item, kind, reader, depth, wrapped, outer)
            elif depth <= 0:
                self._gap(item.path, "it is nested too deep to be opened")
                self._raw(item, reader, 0)
            else:
                self._opened(item, kind, reader, depth, wrapped, outer)
        except Damaged as trouble:
            self._gap(item.path, str(trouble))

    def over(self, item: Item) -> None:
        """Say how many gaps were not told."""
        if self._gaps > MAX_GAPS:
            self._sink.gap(item.path, Reason.INCOMPLETE, f"and {self._gaps - MAX_GAPS} more in it")

    def spend(self, count: int) -> None:
        """So many bytes came out of something. Raises Bound when they are too many."""
        self._expanded += count
        limits = self._limits
        if self._expanded > limits.expanded:
            raise Bound(f"more than {limits.expanded} bytes come out of it; the rest is not searched")
        if self._expanded > limits.free:
            read = self._outer.taken if isinstance(self._outer, Buffered) else self._outer_size()
            if self._expanded > limits.free + limits.ratio * read:
                raise Bound(f"it expands more than {limits.ratio} times; the rest is not searched")

    def _outer_size(self) -> int:
        return self._outer.size if isinstance(self._outer, Memory) else 0

    def _gap(self, path: str, detail: str, why: Reason = Reason.INCOMPLETE) -> None:
        if (path, detail) == self._last_gap:
            return  # the same damage, seen from the member and from its container
        self._last_gap = (path, detail)
        self._gaps += 1
        if self._gaps <= MAX_GAPS:
            self._sink.gap(path, why, detail)

    def _raw(self, item: Item, reader: Reader, depth: int) -> None:
        decode = self._decode and depth > 0
        if decode and item.path.endswith(_MANIFESTS):
            self._manifest(item, reader)
        tap = Tap() if decode else None
        if tap is None and isinstance(reader, Memory):
            self._sink.put(item, reader.rest())
            return
        guard = _Guard(reader, tap)
        self._sink.stream(item, guard.readinto)
        if guard.trouble is not None:
            self._gap(item.path, str(guard.trouble))
        if tap is not None:
            if tap.bounded:
                self._gap(item.path, "it has more base64 than is decoded")
            for offset, data in tap.found:
                self.thing(Item(f"{item.path}!base64@{offset}"), Memory(data), depth - 1, outer=False)

    def _manifest(self, item: Item, reader: Reader) -> None:
        text = reader.peek(MANIFEST + 1)
        data = kubernetes_data(text) if len(text) <= MANIFEST else None
        if data is not None:
            self._sink.put(Item(f"{item.path}!data"), data)

    def _compressed(
        self, item: Item, kind: Kind, reader: Reader, depth: int, wrapped: tuple[Kind, ...], outer: bool
    ) -> None:
        if len(wrapped) >= MAX_WRAPPED:
            self._gap(item.path, "it is compressed too many times to be opened")
            return
        inner = expand(kind, reader, self.spend)
        self.thing(item, inner, depth, (*wrapped, kind), outer)
        # What is left is an archive's padding, but the check sum and what follows come after it.
        inner.drain()

    def _opened(
        self, item: Item, kind: Kind, reader: Reader, depth: int, wrapped: tuple[Kind, ...], outer: bool
    ) -> None:
        if kind is Kind.SQLITE:
            self._database(item, reader, depth, outer and not wrapped)
            return
        if kind is Kind.SOURCE_MAP:
            data = reader.peek(sourcemap.LARGEST + 1)
            if len(data) > sourcemap.LARGEST:
                self._gap(item.path, "the source map is too large to be opened")
                self._raw(item, reader, depth)
                return
            try:
                self._archive(item, sourcemap.members(data), depth)
            except Damaged:
                self._raw(item, reader, depth)  # a text that only looks like one
            return
        if kind is Kind.TAR:
            roles = self._roles(reader, wrapped) if outer else {}
            self._archive(item, tarball.members(reader), depth, roles)
        elif kind is Kind.ZIP:
            self._archive(item, zipped.members(reader, self.spend), depth)
        elif kind is Kind.PG_DUMP:
            self._archive(item, dump.members(reader, self.spend), depth)
        elif kind is Kind.AR:
            self._archive(item, older.ar_members(reader), depth)
        else:
            self._archive(item, older.cpio_members(reader), depth)
        if reader.peek(1):
            self._raw(Item(f"{item.path}!rest"), reader, depth - 1)

    def _archive(
        self, item: Item, members: Iterator[Member], depth: int, roles: Mapping[str, image.Role] | None = None
    ) -> None:
        for member in members:
            self._members += 1
            if self._members > self._limits.members:
                raise Bound(f"it has more than {self._limits.members} members; the rest is not searched")
            role = (roles or {}).get(member.name.removeprefix("./"))
            inner = Item(f"{item.path}!{role.label if role else member.name}")
            if member.data is None:
                self._gap(inner.path, member.detail, member.why)
            elif role is not None and role.config:
                self._configuration(inner, member.data, depth - 1)
            else:
                self.thing(inner, member.data, depth - 1, outer=False)

    def _configuration(self, item: Item, reader: Reader, depth: int) -> None:
        data = reader.peek(image.LARGEST + 1)
        lines = image.configuration(data) if len(data) <= image.LARGEST else None
        self.thing(item, reader if lines is None else Memory(lines), depth, outer=False)

    def _roles(self, reader: Reader, wrapped: tuple[Kind, ...]) -> Mapping[str, image.Role]:
        """Manifests may come after what they name, so an image is read twice where it can be."""
        if self._again is None or not image.may_be_image(tarball.first_name(reader.peek(HEAD))):
            return {}
        second = self._again()
        for kind in wrapped:
            second = expand(kind, second, self.spend)
        try:
            return image.roles(image.documents(second).get)
        except Damaged:
            return {}  # told when its members are read

    def _database(self, item: Item, reader: Reader, depth: int, outermost: bool) -> None:
        limit = self._limits.memory
        if outermost and self._descriptor is not None:
            self._raw(item, reader, 0)
            size = os.fstat(self._descriptor).st_size
            connect: Callable[[], Connection] = partial(sqlite.of_file, f"/proc/self/fd/{self._descriptor}")
            log = _log_beside(self._descriptor, limit)
            if log and size + len(log) <= limit:
                data = sqlite.with_log(os.pread(self._descriptor, size, 0), log)
                size, connect = len(data), partial(sqlite.of_memory, data)
            elif log:
                self._gap(item.path, "values that span pages are not joined with its write-ahead log: it is too large")
        else:
            data = reader.peek(limit + 1)
            self._raw(item, reader, 0)
            if len(data) > limit:
                self._gap(item.path, "values that span pages are not joined: the database is too large inside another")
                return
            size, connect = len(data), partial(sqlite.of_memory, data)
        self._archive(item, sqlite.members(connect, size), depth)


def _log_beside(descriptor: int, limit: int) -> bytes:
    """SQLite's write-ahead log of an open database; empty if there is none, and cut off above a limit."""
    try:
        path = os.readlink(f"/proc/self/fd/{descriptor}") + "-wal"
        log = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return b""
    try:
        return os.read(log, limit + 1) if stat.S_ISREG(os.fstat(log).st_mode) else b""
    except OSError:
        return b""
    finally:
        os.close(log)
