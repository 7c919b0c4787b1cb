"""Looks for very many exact values at once, however they are written."""

import hmac
import threading
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from prodproof.trace.finding import Finding, fingerprint
from prodproof.trace.stream import Hit, Piece, Slab
from prodproof.trace.values.confirm import Place, Text, confirm, confirmed
from prodproof.trace.values.encodings import PLAIN, RANK, WINDOW, Form
from prodproof.trace.values.literals import Literals, Short
from prodproof.trace.values.short import ShortIndex
from prodproof.trace.values.wanted import Wanted
from prodproof.trace.values.words import Indexes, Octets, Scratch

RULE = "value"
CONTROL = "control"
_MARKER_TAIL = 12
_KEPT_FORMS = 4096
_HIDDEN = "…".encode()
_LEAST_LINE = 6


class ValueMatcher:
    """A `stream.Matcher` of exact values.

    Each place is reported once for each value that stands there, wherever the slabs of its item end: of several
    encodings that fit, the first of `encodings.RANK`.
    """

    borrows = False  # the filter looks at aligned words

    def __init__(self, wanted: Sequence[Wanted], key: bytes, plain_only: bool = False) -> None:
        """
        Args:
            wanted: what to look for; of equal values, the first one's kind counts. With more than about 10,000 values,
                rare ways to write them are not looked for: see `limits`.
            key: the system's fingerprint key.
            plain_only: whether to look for the values as they are, in no encoding: about twice as fast.

        Raises:
            NotSearchableError: when a value is under 6 bytes, or there are too many, or too many under 15 bytes.
        """
        # Nobody writes it anywhere, and every search under one key has the same, so that nothing depends on chance.
        marker = hmac.new(key, b"prodproof: the marker of a search", "sha256").hexdigest().encode()
        literals = Literals(wanted, marker, plain_only)
        self.overlap = 3 * literals.span
        self._key = key
        self._literals = literals
        self._marker = marker
        self._fingerprints: dict[int, str] = {}
        self._lines = _lines(literals.values)
        # What is shown beside a value holds it in no encoding, whichever way it was looked for.
        self._in_full = _InFull(wanted, key) if plain_only else None
        self._short = self._short_index(literals, marker)
        self._begin()

    @property
    def limits(self) -> tuple[str, ...]:
        """What is not looked for because there are so many values, in sentences for people."""
        return self._literals.limits

    @property
    def size(self) -> int:
        """Bytes of memory that all forks share, but for the values themselves."""
        return self._literals.size

    def _short_index(self, literals: Literals, marker: bytes) -> ShortIndex | None:
        if not literals.short:
            return None
        # The end of the marker goes the same way, so that the control is one of this path too.
        tail = Short(len(literals.values) - 1, Form(CONTROL, marker[-_MARKER_TAIL:]))
        return ShortIndex([*literals.short, tail])

    def _begin(self) -> None:
        self._scratch = Scratch()
        self._forms: dict[int, Form] = {}
        self._redactor: ValueMatcher | None = None

    def fork(self) -> "ValueMatcher":
        """Another one for another thread; the indexes are shared."""
        other = object.__new__(ValueMatcher)
        other.__dict__.update(self.__dict__)
        other._short = self._short.fork() if self._short else None
        other._begin()
        return other

    def control(self) -> bytes:
        """A text with the marker in it."""
        return b"control " + self._marker + b" of this search"

    def is_control(self, hit: Hit) -> bool:
        """Whether a hit is the marker; it is reported only when every index that is in use has found it."""
        return hit.rule == CONTROL

    def search(self, slab: Slab) -> Iterable[Hit]:
        """Every wanted value in the slab's pieces, once each."""
        text = _text(slab.data, slab.used)
        by_value: dict[int, list[tuple[Place, int]]] = {}
        pieces = _Pieces(slab)
        for place in self._places(text):
            piece = pieces.of(place)
            if piece is not None:
                by_value.setdefault(place.number, []).append((place, _rank(place, piece)))
        span = self._literals.span
        hits = [
            self._hit(place, number)
            for number, found in by_value.items()
            for place in _best(found)
            if pieces.settled(place, span)
        ]
        hits.sort(key=lambda hit: hit.start)
        return hits

    def keeps(self, finding: Finding) -> bool:
        """Always: a value counts wherever it stands."""
        return True

    def redact(self, text: bytes) -> bytes:
        """The text with `…` instead of every wanted value in any encoding, of parts of one that the text's ends cut off
        where they can be told, and of the lines of values that have several.
        """
        if self._in_full is not None:
            self._redactor = self._redactor or self._in_full.fork()
            return self._redactor.redact(text)
        whole = np.zeros(_whole(len(text)), np.uint8)
        whole[: len(text)] = np.frombuffer(text, np.uint8)
        spans = [(place.start, place.end) for place in self._places(_text(whole, len(text), cut=True))]
        for line in self._lines:
            at = text.find(line)
            while at >= 0:
                spans.append((at, at + len(line)))
                at = text.find(line, at + len(line))
        if not spans:
            return text
        shown, covered = [], 0
        for start, end in sorted(spans):
            if start >= covered:
                shown += [text[covered:start], _HIDDEN]
            covered = max(covered, end)
        return b"".join([*shown, text[covered:]])

    def shown_path(self, path: str) -> str:
        return self.redact(path.encode("utf-8", "surrogateescape")).decode("utf-8", "surrogateescape")

    def _hit(self, place: Place, number: int) -> Hit:
        if number == len(self._literals.kinds):
            return Hit(place.start, place.end, CONTROL, CONTROL, place.encoding, self._fingerprint(number))
        kind = self._literals.kinds[number]
        return Hit(place.start, place.end, kind, RULE, place.encoding, self._fingerprint(number))

    def _fingerprint(self, number: int) -> str:
        known = self._fingerprints.get(number)
        if known is None:
            known = self._fingerprints[number] = fingerprint(self._key, self._literals.values[number])
        return known

    def _places(self, text: Text) -> Iterator[Place]:
        """Every form of every value in a text, overlapping ones too."""
        marker = len(self._literals.kinds)
        tails: set[int] = set()
        if self._short is not None:
            short: list[Place] = []
            covered: dict[int, int] = {}

            def found(entry: Short, start: int) -> None:
                if entry.number == marker:
                    tails.add(start + len(entry.form.data))
                    return
                ends = confirm(text.view, entry.form, start)
                if ends is not None and ends[0] >= covered.get(id(entry), 0):
                    covered[id(entry)] = ends[1]
                    short.append(Place(*ends, entry.number, entry.form.encoding))

            self._short.search(text.view, found)
            yield from short
        for place in self._long_places(text):
            if place.number != marker or self._short is None or place.end in tails:
                yield place

    def _long_places(self, text: Text) -> Iterator[Place]:
        for at, literals in self._literals.index.candidates(text.words, self._scratch):
            likely = self._literals.likely(text.octets, at, literals)
            if text.cut:
                likely |= (at < 0) | (at + WINDOW > len(text.octets))
            at, literals = at[likely], literals[likely]
            if len(at):
                yield from self._confirmed(text, at, literals)

    def _confirmed(self, text: Text, at: Indexes, literals: Indexes) -> Iterator[Place]:
        order = np.lexsort((at, literals))
        at, literals = at[order], literals[order]
        starts = np.flatnonzero(np.concatenate(([True], literals[1:] != literals[:-1]))).tolist()
        # Of a value that stands somewhere as it is, no other encoding is reported there; of one in an encoding, none
        # with breaks in it. Most of what is found is asked no further.
        plain: dict[int, list[Place]] = {}
        whole: dict[int, list[list[Place]]] = {}
        for start, end in zip(starts, [*starts[1:], len(at)], strict=True):
            literal = int(literals[start])
            number = self._literals.number(literal)
            windows = at[start:end]
            breaks = self._literals.may_break(literal)
            for found in whole.get(number, ()) if breaks else [plain[number]] if number in plain else ():
                windows = _outside(windows, found)
            if not len(windows):
                continue
            form = self._form(literal)
            found = list(confirmed(text, form, number, self._literals.window(literal), windows))
            if found and not breaks:
                whole.setdefault(number, []).append(found)
                if form.encoding == PLAIN:
                    plain[number] = found
            yield from found

    def _form(self, literal: int) -> Form:
        form = self._forms.get(literal)
        if form is None:
            if len(self._forms) >= _KEPT_FORMS:
                self._forms.clear()
            form = self._forms[literal] = self._literals.form(literal)
        return form


class _InFull:
    """The matcher of values in every encoding, built when it is first needed."""

    def __init__(self, wanted: Sequence[Wanted], key: bytes) -> None:
        self._lock = threading.Lock()
        self._wanted, self._key = wanted, key
        self._matcher: ValueMatcher | None = None

    def fork(self) -> ValueMatcher:
        """One for a thread."""
        with self._lock:
            self._matcher = self._matcher or ValueMatcher(self._wanted, self._key)
            return self._matcher.fork()


class _Pieces:
    """The pieces of a slab, by place."""

    def __init__(self, slab: Slab) -> None:
        self._pieces = slab.pieces
        self._starts = [piece.start for piece in slab.pieces]
        self._fresh_from = slab.fresh_from

    def of(self, place: Place) -> Piece | None:
        """The piece in which a place lies wholly."""
        index = bisect_right(self._starts, place.start) - 1
        if index < 0:
            return None
        piece = self._pieces[index]
        return piece if place.end <= piece.start + piece.length else None

    def settled(self, place: Place, span: int) -> bool:
        """Whether this slab is the one to report it. Near the end of a slab a better encoding of the same place may be
        cut off: so what ends within a span of it is left to the next slab, which knows from where on it is the first.
        """
        if place.end + span <= self._fresh_from:
            return False
        piece = self._pieces[bisect_right(self._starts, place.start) - 1]
        return piece.last or place.end + span <= piece.start + piece.length


def _outside(windows: Indexes, places: list[Place]) -> Indexes:
    """The windows that do not lie in any of the places.

    Args:
        places: ascending, without overlaps.
    """
    starts = np.array([place.start for place in places])
    ends = np.array([place.end for place in places])
    before = np.searchsorted(starts, windows, "right") - 1
    return windows[(before < 0) | (windows + WINDOW > ends[before])]


def _whole(size: int) -> int:
    return -(-size // 8) * 8


def _text(data: Octets, used: int, cut: bool = False) -> Text:
    octets = data[:used]
    return Text(octets, octets.data, data[: _whole(used)].view(np.uint64), cut)


def _rank(place: Place, piece: Piece) -> int:
    rank = RANK[place.encoding]
    # "\0a\0b\0" fits UTF-16 of both orders; texts in it begin at their item's start, mostly.
    odd = place.encoding.startswith("utf-16") and (place.start - piece.start + piece.offset) % 2
    return rank + len(RANK) if odd else rank


def _best(found: list[tuple[Place, int]]) -> Iterator[Place]:
    """Of places of one value that overlap, those of the best rank, and of these the longest."""
    found.sort()
    cluster: list[tuple[Place, int]] = []
    end = -1
    for place, rank in found:
        if cluster and place.start >= end:
            yield from _apart(cluster)
            cluster.clear()
        cluster.append((place, rank))
        end = max(end, place.end)
    yield from _apart(cluster)


def _apart(cluster: list[tuple[Place, int]]) -> Iterator[Place]:
    taken: list[Place] = []
    for place, _ in sorted(cluster, key=lambda pair: (pair[1], pair[0].start - pair[0].end, pair[0])):
        at = bisect_right(taken, place)
        if (at and taken[at - 1].end > place.start) or (at < len(taken) and taken[at].start < place.end):
            continue
        taken.insert(at, place)
    yield from taken


def _lines(values: Sequence[bytes]) -> tuple[bytes, ...]:
    """The lines of values that have several."""
    return tuple(
        {line for value in values if b"\n" in value for line in value.splitlines() if len(line) >= _LEAST_LINE}
    )
