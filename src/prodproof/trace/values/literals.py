"""From wanted values to the two indexes: of forms of 15 bytes or more, and of those below."""

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from prodproof.trace.values.bulk import HEAD, Values, is_usual, windows
from prodproof.trace.values.encodings import BESIDE, FIRST_OF_TWO, LONG_WINDOW, PLAIN, WINDOW, Form, forms, tail
from prodproof.trace.values.wanted import (
    MOST,
    MOST_SHORT,
    MOST_SHORT_BROKEN,
    MOST_THOROUGH,
    NotSearchableError,
    Wanted,
)
from prodproof.trace.values.words import SHIFTS, Indexes, Octets, WordIndex, unaligned, window_hashes

_CHUNK_VALUES = 2_000
_CHUNK_BYTES = 128 * 1024
_SAMPLE = 64
_GRAM_BITS = 20
_GRAM = np.uint64(0x9E3779B97F4A7C15)
_SMALL = np.uint64(0x2020202020202020)
_BEFORE_EVERYTHING = np.float32(-1e9)


def _surprises() -> NDArray[np.float32]:
    """For each byte, about how many bits it says in text: little where logs and code are full of it."""
    bits = np.full(256, 8.0, np.float32)
    for characters, value in (
        (b"ABCDEFGHIJKLMNOPQRSTUVWXYZ", 6.5),
        (b"bcdfghjklmnpuvwyqxz", 5.0),
        (b"etaoinsr", 4.0),
        (b"0123456789", 5.0),
        (b" /:.-_\"'=,&;<>()[]{}@\r\n\t\0", 3.5),
    ):
        bits[np.frombuffer(characters, np.uint8)] = value
    return bits


_SURPRISES = _surprises()
_LEAST_BROKEN = 35
"""Bytes of a value that base64 writes as two long windows or more, wherever in a group of three it begins."""

_LONGEST_UNIT = 6
"""Bytes that one byte of a usual value takes in the longest of its forms."""

_OF_HOSTS = np.float32(1.0)


def _host(value: bytes) -> tuple[int, int]:
    """From where to where the host in an address of mail or the web lies, with the scheme: many others share it."""
    at = value.rfind(b"@") + 1
    scheme = value.find(b"://")
    if not at and scheme < 0:
        return 0, 0
    path = value.find(b"/", max(at, scheme + 3))
    return at, (path if path >= 0 else len(value))


class Short(NamedTuple):
    """A form under 15 bytes."""

    number: int
    """Of the wanted value."""

    form: Form

    def __repr__(self) -> str:
        return f"Short({self.number}, {self.form!r})"


class Literals:
    """All forms of all wanted values, without keeping them: each is made again when it is needed."""

    def __init__(self, wanted: Sequence[Wanted], marker: bytes, plain_only: bool = False) -> None:
        """
        Args:
            marker: a text to search for beside the values, in its plain form only; 15 bytes or more. It gets the last
                number.
            plain_only: whether to look for the values as they are, in no encoding.

        Raises:
            NotSearchableError: when a value is too short, or there are too many.
        """
        if len(wanted) > MOST:
            raise NotSearchableError(f"{len(wanted)} values to search for: {MOST} at most in one search")
        known: dict[tuple[bytes, bool], Wanted] = {}
        for item in wanted:
            known.setdefault((item.octets(), item.ignore_case), item)
        self.kinds = [item.kind for item in known.values()]
        self.values = [value for value, _ in known]
        self._cases = [ignore_case for _, ignore_case in known]
        self._marker = len(self.values)
        self.values.append(marker)
        self._cases.append(False)
        short = sum(len(value) < WINDOW for value in self.values)
        if short > MOST_SHORT:
            raise NotSearchableError(
                f"{short} values of fewer than {WINDOW} bytes: {MOST_SHORT} of these at most in one search, since each "
                "slows it down"
            )
        self._plain_only = plain_only
        self._thorough = len(known) <= MOST_THOROUGH and not plain_only
        self._short_broken = self._thorough and short <= MOST_SHORT_BROKEN
        self.limits = self._limits()
        self.short: list[Short] = []
        self.span = 0
        self.width = self._widest()
        """Bytes of the windows of forms that are not sparse."""

        self._anchors = self._rarest()
        stride = 2 if self.width == LONG_WINDOW else 1
        self.index = WordIndex(self._expected(), stride, folds=not plain_only or any(self._cases))
        rows = _Rows()
        self._fill(rows)
        self._numbers = np.concatenate(rows.numbers)
        self._ordinals = np.concatenate(rows.ordinals)
        self._windows = np.concatenate(rows.windows)
        self._hashes = np.concatenate(rows.hashes)
        self._breaks = np.concatenate(rows.breaks)
        self.index.finish()

    def __len__(self) -> int:
        return len(self._numbers)

    @property
    def size(self) -> int:
        """Bytes of memory of what grows with the values, but for the values themselves."""
        arrays = (self._numbers, self._ordinals, self._windows, self._hashes, self._breaks)
        return self.index.size + sum(array.nbytes for array in arrays)

    def _limits(self) -> tuple[str, ...]:
        if self._plain_only:
            return ("values are looked for as they are, in no encoding",)
        if not self._thorough:
            return (
                f"more than {MOST_THOROUGH} values: not found where base64 or quoted-printable breaks one over two "
                "lines, where marks that need no escape are written as HTML entities or behind a backslash, and where "
                "one whose case does not matter is written in capitals in base64 or hexadecimal",
            )
        if not self._short_broken:
            return (
                f"more than {MOST_SHORT_BROKEN} values of fewer than {WINDOW} bytes: these are not found where base64 "
                "or quoted-printable breaks one over two lines",
            )
        return ()

    def _forms(self, number: int) -> Iterator[Form]:
        value = self.values[number]
        if number == self._marker or self._plain_only:
            return iter([Form(PLAIN, value, self._cases[number])])
        broken = self._thorough if len(value) >= WINDOW else self._short_broken
        return forms(value, self._cases[number], self._thorough, broken, int(self._anchors[number]), self.width)

    def form(self, literal: int) -> Form:
        """The form of a literal of the index."""
        number, ordinal = int(self._numbers[literal]), int(self._ordinals[literal])
        return next(islice(self._forms(number), ordinal, None))

    def may_break(self, literal: int) -> bool:
        """Whether its form is one with breaks in it."""
        return bool(self._breaks[literal])

    def number(self, literal: int) -> int:
        """The wanted value that it belongs to."""
        return int(self._numbers[literal])

    def window(self, literal: int) -> int:
        """Where its window begins, bytes from its start."""
        return int(self._windows[literal])

    def likely(self, octets: Octets, at: Indexes, literals: Indexes) -> NDArray[np.bool_]:
        """Which candidates of the index have windows that are equal throughout, by a hash.

        Args:
            at: where their windows begin in the text; those that lie partly outside are not likely.
        """
        likely = (at >= 0) & (at + WINDOW <= len(octets))
        likely[likely] = window_hashes(octets, at[likely]) == self._hashes[literals[likely]]
        return likely

    def _widest(self) -> int:
        """The window that every form has."""
        # Where breaks are looked for, base64 without two windows beside each other would need very many forms.
        least = _LEAST_BROKEN if self._thorough else LONG_WINDOW
        # What is no ASCII is shorter in UTF-16: 2 bytes for 3.
        sizes = (len(value) if value.isascii() else len(value) * 2 // 3 for value in self.values)
        return LONG_WINDOW if all(size >= least for size in sizes) else WINDOW

    def _expected(self) -> int:
        step = max(1, len(self.values) // _SAMPLE)
        counts = [sum(1 for _ in self._forms(number)) for number in range(0, len(self.values), step)]
        return int(len(self.values) * sum(counts) / len(counts) * 1.02) + 128

    def _chunks(self) -> Iterator[tuple[int, int]]:
        start = total = 0
        for number, value in enumerate(self.values):
            total += len(value)
            if total > _CHUNK_BYTES or number - start >= _CHUNK_VALUES:
                yield start, number + 1
                start, total = number + 1, 0
        if start < len(self.values):
            yield start, len(self.values)

    def _rarest(self) -> Indexes:
        """Where in each value the window begins that will be seen least, in text and in other wanted values."""
        counts = np.zeros(1 << _GRAM_BITS, np.uint32)
        for start, end in self._chunks():
            grams = self._grams(self.values[start:end])
            counts += np.bincount(grams, minlength=len(counts)).astype(np.uint32)
        anchors = np.zeros(len(self.values), np.int64)
        for start, end in self._chunks():
            values = self.values[start:end]
            anchors[start:end] = _best_windows(values, counts[self._grams(values)], self.width)
        return anchors

    @staticmethod
    def _grams(values: Sequence[bytes]) -> Indexes:
        """For each byte of the joined values, a hash of the 8 bytes that begin there."""
        octets = np.frombuffer(b"".join(values) + b"\0" * 7, np.uint8)
        return (((unaligned(octets) | _SMALL) * _GRAM) >> np.uint64(64 - _GRAM_BITS)).view(np.int64)

    def _fill(self, rows: "_Rows") -> None:
        for start, end in self._chunks():
            rest = list(range(start, end))
            if not self._thorough:
                usual = [number for number in rest if number != self._marker and is_usual(self.values[number])]
                self._add_usual(rows, np.array(usual, np.int64))
                known = frozenset(usual)
                rest = [number for number in rest if number not in known]
            self._add(
                rows, [(number, ordinal, form) for number in rest for ordinal, form in enumerate(self._forms(number))]
            )

    def _add_usual(self, rows: "_Rows", numbers: Indexes) -> None:
        if not len(numbers):
            return
        values = [self.values[number] for number in numbers.tolist()]
        sizes = np.fromiter((len(value) for value in values), np.int64, len(values))
        octets = np.frombuffer(b"".join(values) + b"\0", np.uint8)
        several = Values(octets, np.cumsum(sizes) - sizes, sizes, self._anchors[numbers])
        for ordinal, text, places in windows(several, self.width):
            width = text.shape[1]
            literals = rows.add(numbers, np.full(len(numbers), ordinal), places, np.zeros(len(numbers), np.bool_))
            starts = np.arange(len(numbers)) * width
            joined = np.ascontiguousarray(text).ravel()
            rows.hashes.append(window_hashes(joined, starts))
            self.index.add(joined, starts, literals, wide=width > self.width)
            if self._plain_only:
                break
        self.span = max(self.span, _LONGEST_UNIT * int(sizes.max()) + 2)
        if self._plain_only:
            return
        rest = []
        for number, value in zip(numbers.tolist(), values, strict=True):
            ignore_case = self._cases[number]
            if ignore_case or not value.isalnum():
                others = tail(value, [Form(PLAIN, value, ignore_case)], ignore_case, False)
                rest += [(number, ordinal, form) for ordinal, form in enumerate(others, HEAD)]
        self._add(rows, rest)

    def _add(self, rows: "_Rows", forms: list[tuple[int, int, Form]]) -> None:
        self.span = max(self.span, *[form.span for _, _, form in forms], 0)
        self.short += [Short(number, form) for number, _, form in forms if len(form.data) < WINDOW]
        forms = [entry for entry in forms if len(entry[2].data) >= WINDOW]
        owners = np.array([number for number, _, _ in forms], np.int64)
        sizes = np.array([len(self.values[number]) for number, _, _ in forms], np.int64)
        length = np.array([len(form.data) for _, _, form in forms], np.int64)
        width = np.array([form.width(self.width) for _, _, form in forms], np.int64)
        place = np.array([form.window for _, _, form in forms], np.int64)
        pairs = (place == FIRST_OF_TWO) | (place == BESIDE)
        # Where the value is rarest, its form is: about as far along.
        window = np.minimum(self._anchors[owners] * length // sizes, length - np.where(pairs, 2, 1) * width)
        window = np.where(place == BESIDE, window + width, np.where(place >= 0, place, window))
        octets = np.frombuffer(b"".join([form.data for _, _, form in forms]), np.uint8)
        at = np.cumsum(length) - length + window
        ordinals = np.array([ordinal for _, ordinal, _ in forms], np.int64)
        literals = rows.add(owners, ordinals, window, np.array([bool(form.breaks) for _, _, form in forms], np.bool_))
        rows.hashes.append(window_hashes(octets, at))
        for wide in (False, True):
            some = (width > self.width) == wide
            self.index.add(octets, at[some], literals[some], wide=wide)


class _Rows:
    """The table of literals while it is made."""

    def __init__(self) -> None:
        self._count = 0
        self.numbers: list[NDArray[np.uint32]] = []
        self.ordinals: list[NDArray[np.uint16]] = []
        self.windows: list[NDArray[np.uint32]] = []
        self.hashes: list[NDArray[np.uint32]] = []
        self.breaks: list[NDArray[np.bool_]] = []

    def add(self, numbers: Indexes, ordinals: Indexes, places: Indexes, breaks: NDArray[np.bool_]) -> Indexes:
        """More literals; their hashes are to follow.

        Returns:
            The number of each.
        """
        self.numbers.append(numbers.astype(np.uint32))
        self.ordinals.append(ordinals.astype(np.uint16))
        self.windows.append(places.astype(np.uint32))
        self.breaks.append(breaks)
        self._count += len(numbers)
        return np.arange(self._count - len(numbers), self._count)


def _best_windows(values: Sequence[bytes], counts: NDArray[np.uint32], width: int) -> Indexes:
    """For each value, where its rarest window begins; 0 in those that are shorter than one.

    Args:
        counts: for each byte of the joined values, in how many places the 8 bytes that begin there occur.
        width: bytes of a window.
    """
    octets: Octets = np.frombuffer(b"".join(values), np.uint8)
    sizes = np.fromiter((len(value) for value in values), np.int64, len(values))
    starts = np.cumsum(sizes) - sizes
    surprise = _SURPRISES[octets]
    # Runs of one byte, and of two in turns, are everywhere.
    surprise[1:][octets[1:] == octets[:-1]] = 0.5
    surprise[2:][octets[2:] == octets[:-2]] = 0.5
    for start, value in zip(starts.tolist(), values, strict=True):
        first, last = _host(value)
        if last:
            surprise[start + first : start + last] = _OF_HOSTS
    said = np.concatenate(([0.0], np.cumsum(surprise, dtype=np.float64)))
    common = np.concatenate(([0.0], np.cumsum(np.log2(counts.astype(np.float64)))))
    places = np.arange(len(octets))
    inside = places + width <= np.repeat(starts + sizes, sizes)
    score = np.full(len(octets), _BEFORE_EVERYTHING)
    score[inside] = said[places[inside] + width] - said[places[inside]]
    score[inside] -= common[places[inside] + width - SHIFTS + 1] - common[places[inside]]
    best = np.flatnonzero(score == np.repeat(np.maximum.reduceat(score, starts), sizes))
    return best[np.searchsorted(best, starts)] - starts
