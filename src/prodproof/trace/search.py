"""Has every part of every source searched by every matcher, on threads; says what was found and what was not read."""

import os
import queue
import re
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from operator import attrgetter

import numpy as np

from prodproof.facts import Reason
from prodproof.system.errors import inert
from prodproof.trace.finding import Finding, Gap
from prodproof.trace.stream import (
    Closing,
    Concluding,
    Controlled,
    Hit,
    Item,
    Matcher,
    Part,
    Selective,
    Sink,
    Slab,
    Source,
    Stopped,
)

MAX_FINDINGS = 50_000
"""Kept for one place; those beyond are counted."""

MAX_GAPS = 1_000
CONTEXT = 120
"""Bytes of the line on each side of a hit."""

_CONTROL = Item("", "control")
_MEMO = 20_000
"""Contexts of findings that are kept, each of at most a few hundred bytes."""

_PLACE = attrgetter("place", "path", "offset", "rule")
_CUT_START = re.compile(rb"^[^\s\"'=:,;]*")
_CUT_END = re.compile(rb"[^\s\"'=:,;]*$")
_TOKEN = re.compile(r"(?!(?:[A-Z_]+|[a-z_]+)=?(?![A-Za-z0-9+/=_-]))[A-Za-z0-9+/=_-]{24,}")
"""Anything that could be a token, whether a rule knows it or not, is left out of what is shown; names are not."""


@dataclass(frozen=True)
class Progress:
    """How far a search is."""

    read: int
    """Bytes."""

    size: int | None
    """Bytes in all, about; None where a source does not know."""

    seconds: float
    findings: int
    place: str


@dataclass(frozen=True)
class Outcome:
    """What a search answers."""

    findings: tuple[Finding, ...]
    gaps: tuple[Gap, ...]
    bytes_read: int
    more: int = 0
    """Findings beyond the bound, not listed."""

    left_out: tuple[str, ...] = ()
    """What sources leave out on purpose, in lines for people."""

    interrupted: bool = False

    @property
    def complete(self) -> bool:
        """Whether nothing found would mean that nothing is there."""
        return not self.gaps and not self.interrupted


@dataclass
class _Place:
    """What is known of one source while it is searched."""

    source: Source
    found: dict[Item, dict[tuple[int, str, str], Finding]] = field(default_factory=dict)
    count: int = 0
    more: int = 0
    gaps: dict[tuple[str, Reason, str], Gap] = field(default_factory=dict)
    gaps_more: int = 0
    uncontrolled: int = 0
    """Parts in which a matcher did not find its marker."""


class Search:
    """One search; `run` carries it out, `stop` ends it early from another thread."""

    def __init__(
        self,
        sources: Sequence[Source],
        matchers: Sequence[Matcher],
        *,
        threads: int | None = None,
        progress: Callable[[Progress], None] | None = None,
    ) -> None:
        """
        Args:
            threads: how many read and search at once; the processors of this machine, at most 8, if None.
            progress: called from the thread that runs `run`, some times a second and at the end.
        """
        self._places = [_Place(source) for source in sources]
        self._matchers = tuple(matchers)
        self._threads = threads or min(8, len(os.sched_getaffinity(0)))
        self._progress = progress
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._read = 0
        self._paths: dict[str, str] = {}
        self._at = ""
        self._crashed: BaseException | None = None

    def stop(self) -> None:
        """End soon; what was not read is a gap."""
        self._stop.set()

    def run(self) -> Outcome:
        """Search everything. What goes wrong in a source is a gap of it; only our own faults are raised."""
        work: queue.SimpleQueue[tuple[_Place, Part] | None] = queue.SimpleQueue()
        threads = [threading.Thread(target=self._work, args=(work,), daemon=True) for _ in range(self._threads)]
        began = time.monotonic()
        for thread in threads:
            thread.start()
        feeding = threading.Thread(target=self._feed, args=(work,), daemon=True)
        feeding.start()
        size: int | None = None
        try:
            for thread in threads:
                while thread.is_alive():
                    thread.join(0.1)
                    # Some sources know their size only once they have listed what there is.
                    size = size or self._size()
                    self._say(size, began)
            self._say(size or self._size(), began)
        except KeyboardInterrupt:
            self._stop.set()
            for thread in threads:
                thread.join(5)
        try:
            if self._crashed is not None:
                raise self._crashed
            return self._outcome()
        finally:
            for place in self._places:
                if isinstance(place.source, Closing):
                    place.source.close()

    def _size(self) -> int | None:
        sizes = [place.source.size() for place in self._places]
        known = [size for size in sizes if size is not None]
        return sum(known) if len(known) == len(sizes) else None

    def _say(self, size: int | None, began: float) -> None:
        if self._progress is not None:
            count = sum(place.count + place.more for place in self._places)
            self._progress(Progress(self._read, size, time.monotonic() - began, count, self._at))

    def _feed(self, work: "queue.SimpleQueue[tuple[_Place, Part] | None]") -> None:
        try:
            for place in self._places:
                if isinstance(place.source, Controlled) and (failed := place.source.control()):
                    self.gap(place, "", failed.why, failed.detail)
                for part in place.source.parts(self._threads):
                    work.put((place, part))
        except BaseException as error:  # raised again by the thread that waits
            self._crashed = self._crashed or error
        for _ in range(self._threads):
            work.put(None)

    def _work(self, work: "queue.SimpleQueue[tuple[_Place, Part] | None]") -> None:
        try:
            matchers = tuple(matcher.fork() for matcher in self._matchers)
            searcher = _Searcher(self, matchers)
            while (task := work.get()) is not None:
                if not self._stop.is_set():
                    searcher.read(*task)
        except BaseException as error:  # raised again by the thread that waits
            self._crashed = self._crashed or error
            self._stop.set()

    def counted(self, count: int) -> None:
        """So many bytes more were read."""
        with self._lock:
            self._read += count

    def gap(self, place: _Place, path: str, why: Reason, detail: str) -> None:
        """A part of a place that is not searched."""
        with self._lock:
            key = (path, why, detail)
            if len(place.gaps) < MAX_GAPS:
                place.gaps.setdefault(key, Gap(place.source.place, inert(path, 300), why, inert(detail, 300)))
            elif key not in place.gaps:
                place.gaps_more += 1

    def add(self, place: _Place, item: Item, finding: Finding) -> None:
        """A finding, unless the slab before had it already."""
        key = (finding.offset, finding.rule, finding.fingerprint)
        with self._lock:
            known = place.found.setdefault(item, {})
            if key in known:
                return
            if place.count >= MAX_FINDINGS:
                place.more += 1
                return
            place.count += 1
            known[key] = finding

    def begin(self, place: _Place) -> None:
        """A part of a place is being read."""
        self._at = place.source.place

    def uncontrolled(self, place: _Place) -> None:
        """A part was read, and the marker in it was not found."""
        with self._lock:
            place.uncontrolled += 1

    @property
    def stopping(self) -> threading.Event:
        return self._stop

    def _outcome(self) -> Outcome:
        findings: list[Finding] = []
        gaps: list[Gap] = []
        sources = [place.source for place in self._places]
        for place in self._places:
            name = place.source.place
            found = {item: tuple(each.values()) for item, each in place.found.items()}
            if isinstance(place.source, Concluding):
                told = partial(self.gap, place)
                findings += place.source.conclude(found, not place.uncontrolled, not place.more, told, self._counts)
            else:
                for item, each in found.items():
                    findings += place.source.locate(item, each)
            gaps += place.gaps.values()
            if place.gaps_more:
                gaps.append(Gap(name, "", Reason.INCOMPLETE, f"and {place.gaps_more} parts more"))
            if place.uncontrolled:
                gaps.append(Gap(name, "", Reason.CRASHED, "the marker that every search must find was not found"))
        if self._stop.is_set():
            gaps.append(Gap("", "", Reason.INCOMPLETE, "the search was interrupted"))
        return Outcome(
            findings=tuple(sorted(map(self._shown, filter(self._counts, findings)), key=_PLACE)),
            gaps=tuple(replace(gap, path=self._shown_path(gap.path)) for gap in gaps),
            bytes_read=self._read,
            more=sum(place.more for place in self._places),
            left_out=tuple(line for source in sources if isinstance(source, Selective) for line in source.left_out),
            interrupted=self._stop.is_set(),
        )

    def _counts(self, finding: Finding) -> bool:
        return all(matcher.keeps(finding) for matcher in self._matchers)

    def _shown(self, finding: Finding) -> Finding:
        shown = self._shown_path(finding.path)
        return finding if shown == finding.path else replace(finding, path=shown)

    def _shown_path(self, path: str) -> str:
        shown = self._paths.get(path)
        if shown is None:
            shown = path
            for matcher in self._matchers:
                shown = matcher.shown_path(shown)
            self._paths[path] = shown
        return shown


class _Searcher:
    """One thread's matchers and its sink."""

    def __init__(self, search: Search, matchers: tuple[Matcher, ...]) -> None:
        self._owner = search
        self._matchers = matchers
        self._place: _Place | None = None
        self._controlled: set[int] = set()
        self._contexts: dict[tuple[bytes, bytes], str] = {}
        self._overlap = max((matcher.overlap for matcher in matchers), default=0)
        borrows = all(matcher.borrows for matcher in matchers)
        self._sink = Sink(self._search, self._overlap, self._gap, search.counted, search.stopping, borrows=borrows)
        self._sink.marked = set()

    def read(self, place: _Place, part: Part) -> None:
        """Search one part."""
        self._place = place
        self._controlled.clear()
        self._owner.begin(place)
        with suppress(Stopped):
            for matcher in self._matchers:
                self._sink.put(_CONTROL, matcher.control())
            try:
                part.read(self._sink)
            except (Stopped, MemoryError):
                raise
            except Exception as error:
                # Its message may hold what was read.
                self._gap("", Reason.CRASHED, f"reading it failed in prodproof ({type(error).__name__})")
            self._sink.flush()
            if len(self._controlled) < len(self._matchers):
                self._owner.uncontrolled(place)

    def _gap(self, path: str, why: Reason, detail: str) -> None:
        assert self._place is not None
        self._owner.gap(self._place, path, why, detail)

    def _search(self, slab: Slab) -> None:
        for matcher in self._matchers:
            for hit in matcher.search(slab):
                self._take(slab, matcher, hit)

    def _take(self, slab: Slab, matcher: Matcher, hit: Hit) -> None:
        assert self._place is not None
        piece = slab.piece_at(hit.start)
        if piece is None:
            return
        if piece.item is _CONTROL or matcher.is_control(hit):
            if piece.item is _CONTROL and matcher.is_control(hit):
                self._controlled.add(id(matcher))
            return
        self._sink.mark(piece.item)
        finding = Finding(
            place=self._place.source.place,
            path=piece.item.path,
            offset=piece.offset + hit.start - piece.start,
            kind=hit.kind,
            rule=hit.rule,
            encoding=hit.encoding,
            fingerprint=hit.fingerprint,
            is_random=hit.is_random,
            line=_line(slab, piece.start, hit.start) if piece.offset == 0 else None,
            context=self._context(slab, piece.start, piece.start + piece.length, hit),
        )
        self._owner.add(self._place, piece.item, finding)

    def _context(self, slab: Slab, start: int, end: int, hit: Hit) -> str:
        before = slab.bytes_of(max(start, hit.start - CONTEXT), hit.start).rpartition(b"\n")[2]
        after = slab.bytes_of(hit.end, min(end, hit.end + CONTEXT)).partition(b"\n")[0]
        # What the window cuts in two could be a part of another secret that no matcher knows from half of it.
        before = _CUT_START.sub(b"", before) if len(before) == CONTEXT else before
        after = _CUT_END.sub(b"", after) if len(after) == CONTEXT else after
        # A history has most lines many times.
        known = self._contexts.get((before, after))
        if known is None:
            if len(self._contexts) >= _MEMO:
                self._contexts.clear()
            known = self._contexts[before, after] = self._shown(before, after)
        return known

    def _shown(self, before: bytes, after: bytes) -> str:
        for matcher in self._matchers:
            before, after = matcher.redact(before), matcher.redact(after)
        shown = before.decode("utf-8", "replace") + "…" + after.decode("utf-8", "replace")
        return inert(_TOKEN.sub("…", shown).strip(), 2 * CONTEXT)


def _line(slab: Slab, start: int, position: int) -> int:
    return 1 + int(np.count_nonzero(slab.data[start:position] == 10))


def first_of_each(findings: Iterable[Finding]) -> Iterator[Finding]:
    """Of the versions that a history has of one line, the oldest. What stands twice in a file that is not a version of
    another stays twice.
    """
    oldest: dict[tuple[object, ...], Finding] = {}
    for item in findings:
        key = (item.place, item.fingerprint, item.id, item.offset if item.commit is None else None)
        known = oldest.get(key)
        if known is None or (item.date is not None and (known.date is None or item.date < known.date)):
            oldest[key] = item
    yield from oldest.values()
