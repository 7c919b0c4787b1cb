"""The windows of many values' forms at once: making each form of 100,000 values would take longer than the search."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np

from prodproof.trace.values.encodings import ALPHABET, BASE64_FIRST, DECIMAL, WIDE_WINDOW, WINDOW
from prodproof.trace.values.tables import ALPHANUMERIC
from prodproof.trace.values.words import Indexes, Octets

LEAST = 16
"""Bytes of a value of which all forms are long enough for their usual windows."""

_USUAL = bytes(frozenset(range(128)) - frozenset(b">?~\x7f"))
_ALPHANUMERIC = bytes(ALPHANUMERIC)


def is_usual(value: bytes) -> bool:
    """Whether a value has just the usual forms first: ASCII, without what base64url writes otherwise, not all marks."""
    return len(value) >= LEAST and not value.translate(None, _USUAL) and value.translate(None, _ALPHANUMERIC) != value


class Windows(NamedTuple):
    """One form of each value."""

    ordinal: int
    """Of the form among those of its value."""

    octets: Octets
    """A row for each value: what its window holds."""

    places: Indexes
    """Where the windows begin in the forms."""

    def __repr__(self) -> str:
        return f"Windows({self.ordinal}, ...)"


class Values(NamedTuple):
    """Usual values."""

    octets: Octets
    """All of them, one after the other, and one byte more."""

    starts: Indexes
    sizes: Indexes
    anchors: Indexes
    """Where in each the 15 bytes begin that are seen least."""

    def __repr__(self) -> str:
        return f"Values({len(self.starts)})"


def _units(form: Callable[[int], str], size: int) -> Octets:
    """What each byte becomes, in rows."""
    return np.array([list(form(byte).encode("latin-1").ljust(size, b"\0")) for byte in range(256)], np.uint8)


# In the order of `encodings.forms`.
_BEFORE_DECIMAL = [
    _units(lambda byte: f"%{byte:02x}", 3),
    _units(lambda byte: f"%25{byte:02x}", 5),
    _units(lambda byte: f"={byte:02x}", 3),
    _units(lambda byte: f"\\u00{byte:02x}", 6),
    _units(lambda byte: f"&#x{byte:02x};", 6),
]
_AFTER_DECIMAL = [_units(chr, 2), _units(lambda byte: "\0" + chr(byte), 2)]
_DIGITS = _units(lambda byte: f"{byte:02x}", 2)
_LONGEST_DECIMAL = 6
_DECIMALS = _units(lambda byte: DECIMAL[byte].decode(), _LONGEST_DECIMAL)
_DECIMAL_SIZES = np.array([len(DECIMAL[byte]) for byte in range(256)], np.int64)
_DECIMALS_OF_WINDOW = 8
_ALPHABET: Octets = np.frombuffer(ALPHABET, np.uint8)
HEAD = 1 + 3 + 1 + len(_BEFORE_DECIMAL) + 1 + len(_AFTER_DECIMAL)
"""How many forms this is about."""


def windows(values: Values, width: int = WINDOW) -> Iterator[Windows]:
    """The windows of the forms that every usual value has, in the order of the forms.

    Args:
        width: bytes of the windows of forms that are not sparse.
    """
    for ordinal, (octets, places) in enumerate(_all(values, width)):
        yield Windows(ordinal, octets, places)


def _all(values: Values, width: int) -> Iterator[tuple[Octets, Indexes]]:
    at = values.starts + values.anchors
    yield values.octets[at[:, None] + np.arange(width)], values.anchors
    for shift in range(3):
        yield _base64(values, shift, width)
    yield _in_units(values, _DIGITS, width)
    for table in _BEFORE_DECIMAL:
        yield _in_units(values, table, WIDE_WINDOW)
    yield _decimal(values)
    for table in _AFTER_DECIMAL:
        yield _in_units(values, table, WIDE_WINDOW)


def _base64(values: Values, shift: int, width: int) -> tuple[Octets, Indexes]:
    length = 8 * (shift + values.sizes) // 6 - BASE64_FIRST[shift]
    places = np.minimum(values.anchors * length // values.sizes, length - width)
    bits = 6 * (BASE64_FIRST[shift] + places[:, None] + np.arange(width)) - 8 * shift
    at = values.starts[:, None] + (bits >> 3)
    pairs = values.octets[at].astype(np.int64) << 8
    pairs |= values.octets[at + 1]
    return _ALPHABET[(pairs >> (10 - (bits & 7))) & 63], places


def _in_units(values: Values, table: Octets, width: int) -> tuple[Octets, Indexes]:
    unit = table.shape[1]
    places = np.minimum(values.anchors * unit, values.sizes * unit - width)
    at = places[:, None] + np.arange(width)
    octets = values.octets[values.starts[:, None] + at // unit].astype(np.int64)
    return table.ravel()[octets * unit + at % unit], places


def _decimal(values: Values) -> tuple[Octets, Indexes]:
    sums = np.concatenate(([0], np.cumsum(_DECIMAL_SIZES[values.octets])))
    first = np.minimum(values.anchors, values.sizes - _DECIMALS_OF_WINDOW) + values.starts
    places = sums[first] - sums[values.starts]
    text = np.zeros((len(first), _DECIMALS_OF_WINDOW * _LONGEST_DECIMAL), np.uint8)
    rows = np.arange(len(first))[:, None]
    for number in range(_DECIMALS_OF_WINDOW):
        # What is too long of one is written over by the next.
        columns = (sums[first + number] - sums[first])[:, None] + np.arange(_LONGEST_DECIMAL)
        text[rows, columns] = _DECIMALS[values.octets[first + number]]
    return text[:, :WIDE_WINDOW], places
