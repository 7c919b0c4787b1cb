"""Whether a form really stands where an index says that it may: bytes are compared, neighbours and breaks looked at."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from prodproof.trace.values.encodings import Form
from prodproof.trace.values.words import Indexes, Octets, Words

_MANY = 32
_ROWS = 4096
_LOWERED: Octets = np.frombuffer(bytes(range(256)).lower(), np.uint8)


class Text(NamedTuple):
    """What is searched, in three views of the same bytes."""

    octets: Octets
    view: memoryview
    words: Words
    """Up to the next whole word; what is more than the octets is zero."""

    cut: bool = False
    """Whether a value may lie partly outside of it; the part inside counts."""

    def __repr__(self) -> str:
        return f"Text({len(self.octets)} bytes)"


class Place(NamedTuple):
    """Where a wanted value stands."""

    start: int
    end: int
    number: int
    encoding: str


def confirmed(text: Text, form: Form, number: int, window: int, windows: Indexes) -> Iterator[Place]:
    """The places among the candidates of one form.

    Args:
        number: of the wanted value.
        window: where the form's window begins in the form.
        windows: where the candidates' windows begin in the text, ascending.
    """
    if form.breaks:
        for at in windows.tolist():
            if (ends := _broken(text.view, form, window, at)) is not None:
                yield Place(*ends, number, form.encoding)
        return
    starts = windows - window
    if text.cut:
        yield from _cut(text.view, form, number, starts)
    starts = starts[(starts >= 0) & (starts + len(form.data) <= len(text.octets))]
    if len(starts) > _MANY:
        starts = _equal(text.octets, form, starts)
    covered = -1
    for start in starts.tolist():
        if start >= covered and (ends := confirm(text.view, form, start)) is not None:
            covered = ends[1]
            yield Place(*ends, number, form.encoding)


def confirm(view: memoryview, form: Form, start: int) -> tuple[int, int] | None:
    """From where to where a form stands that would begin at `start`, with its neighbours; None if it does not.

    Args:
        start: 0 or more.
    """
    data = form.data
    end = start + len(data)
    there = bytes(view[start:end])
    if there != data and not (form.free and there.lower() == data.lower()):
        return None
    if form.before:
        start -= 1
        if start < 0 or view[start] not in form.before:
            return None
    if form.after:
        if end >= len(view) or view[end] not in form.after:
            return None
        end += 1
    return start, end


def _cut(view: memoryview, form: Form, number: int, starts: Indexes) -> Iterator[Place]:
    """Where one end of the text cuts the form in two."""
    for start in starts[(starts < 0) | (starts + len(form.data) > len(view))].tolist():
        first, last = max(0, start), min(len(view), start + len(form.data))
        part = form.data[first - start : last - start]
        there = bytes(view[first:last])
        if there == part or (form.free and there.lower() == part.lower()):
            yield Place(first, last, number, form.encoding)


def _equal(octets: Octets, form: Form, starts: Indexes) -> Indexes:
    """Those of very many candidates where the bytes are equal."""
    data: Octets = np.frombuffer(form.data, np.uint8)
    if form.free:
        data = _LOWERED[data]
    kept = []
    for row in range(0, len(starts), _ROWS):
        some = starts[row : row + _ROWS]
        for column in range(0, len(data), 16):
            part = data[column : column + 16]
            there = octets[some[:, None] + np.arange(column, column + len(part))]
            some = some[((_LOWERED[there] if form.free else there) == part).all(axis=1)]
        kept.append(some)
    return np.concatenate(kept)


def _broken(view: memoryview, form: Form, window: int, at: int) -> tuple[int, int] | None:
    """The same of a form with breaks in it, whose window is whole."""
    data = form.data.lower() if form.free else form.data
    width = form.width()
    start, end = at, at + width
    if at < 0 or end > len(view):
        return None
    there = bytes(view[start:end])
    if (there.lower() if form.free else there) != data[window : window + width]:
        return None
    left = max(0, at - 2 * window - form.span)
    right = min(len(view), end + form.span)
    around = bytes(view[left:right])
    if form.free:
        around = around.lower()
    first = _backwards(around, start - left, data[:window], form)
    last = _forwards(around, end - left, data[window + width :], form)
    if first is None or last is None:
        return None
    if form.broken and last - first == len(data) + bool(form.before) + bool(form.after):
        return None
    return first + left, last + left


def _backwards(around: bytes, at: int, data: bytes, form: Form) -> int | None:
    """Where the part before the window begins; `at` is where it ends."""
    for end in range(len(data), 0, -1):
        at = _before_break(around, at, data, end, form)
        if not at or around[at - 1] != data[end - 1]:
            return None
        at -= 1
    if form.before:
        at = _before_break(around, at, b"", 0, form)
        if not at or around[at - 1] not in form.before:
            return None
        at -= 1
    return at


def _forwards(around: bytes, at: int, data: bytes, form: Form) -> int | None:
    """Where the part after the window ends; `at` is where it begins."""
    for place, byte in enumerate(data):
        at = _after_break(around, at, data, place, form)
        if at >= len(around) or around[at] != byte:
            return None
        at += 1
    if form.after:
        at = _after_break(around, at, b"", 0, form)
        if at >= len(around) or around[at] not in form.after:
            return None
        at += 1
    return at


def _before_break(around: bytes, at: int, data: bytes, end: int, form: Form) -> int:
    """Where a break begins that ends at `at`, unless it is one of the form's own; else `at`. Breaks have precedence:
    their first byte may be the form's next one too.
    """
    for text in form.breaks:
        if around.endswith(text, 0, at):
            return at if data.endswith(text, 0, end) else at - len(text)
    return at


def _after_break(around: bytes, at: int, data: bytes, place: int, form: Form) -> int:
    for text in form.breaks:
        if around.startswith(text, at):
            return at if data.startswith(text, place) else at + len(text)
    return at
