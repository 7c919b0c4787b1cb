"""The sink loses no byte, joins no two items, and repeats what a hit may span."""

from collections.abc import Callable
from threading import Event

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prodproof.facts import Reason
from prodproof.trace.stream import Item, Sink, Slab, Stopped

SMALL = 64 * 1024


def reader(data: bytes, most: int) -> Callable[[memoryview], int]:
    position = 0

    def readinto(view: memoryview) -> int:
        nonlocal position
        part = data[position : position + min(most, len(view))]
        view[: len(part)] = part
        position += len(part)
        return len(part)

    return readinto


def no_gap(path: str, why: Reason, detail: str) -> None:
    raise AssertionError(detail)


class Collected:
    """Puts items together again from what was searched."""

    def __init__(self, overlap: int) -> None:
        self.items: dict[Item, bytearray] = {}
        self.ended: set[Item] = set()
        self.read = 0
        self.sink = Sink(self.search, overlap, no_gap, self.count, size=SMALL)

    def count(self, number: int) -> None:
        self.read += number

    def search(self, slab: Slab) -> None:
        end = 0
        assert slab.data.ctypes.data % 8 == 0
        assert slab.bytes_of(slab.used, slab.used + 16) == b"\0" * 16
        for piece in slab.pieces:
            assert piece.start >= end, "pieces overlap"
            assert slab.bytes_of(end, piece.start).strip(b"\0") == b"" or piece.start == end
            whole = self.items.setdefault(piece.item, bytearray())
            data = slab.bytes_of(piece.start, piece.start + piece.length)
            assert len(whole) >= piece.offset, "bytes were lost"
            assert whole[piece.offset :] == data[: len(whole) - piece.offset], "the overlap is not the same"
            whole[piece.offset :] = data
            if piece.last:
                self.ended.add(piece.item)
            end = piece.start + piece.length
        assert end <= slab.used


@settings(deadline=None)
@given(
    sizes=st.lists(st.tuples(st.integers(0, 3 * SMALL), st.booleans()), max_size=12),
    overlap=st.integers(0, 5000),
    most=st.integers(1000, SMALL),
    seed=st.binary(min_size=7, max_size=40),
)
def test_everything_that_goes_in_is_searched(
    sizes: list[tuple[int, bool]], overlap: int, most: int, seed: bytes
) -> None:
    collected = Collected(overlap)
    expected: dict[Item, bytes] = {}
    for number, (size, streamed) in enumerate(sizes):
        data = ((seed + str(number).encode()) * (size // len(seed) + 1))[:size]
        item = Item(str(number))
        expected[item] = data
        if streamed:
            assert collected.sink.stream(item, reader(data, most)) == size
        else:
            collected.sink.put(item, data)
    collected.sink.flush()
    assert {item: bytes(data) for item, data in collected.items.items()} == expected
    assert collected.ended == set(expected)
    assert collected.read == sum(size for size, _ in sizes)


def test_a_position_between_two_items_is_in_none() -> None:
    seen: list[object] = []

    def search(slab: Slab) -> None:
        seen.extend(slab.piece_at(position) for position in (0, 4, 5, 8, 16, 18, 19, 4000))

    sink = Sink(search, 8, no_gap, size=SMALL)
    first, second = Item("a"), Item("b")
    sink.put(first, b"12345")
    sink.put(second, b"123")
    sink.flush()
    assert [getattr(piece, "item", None) for piece in seen] == [first, first, None, None, second, second, None, None]


def test_the_overlap_is_marked() -> None:
    fresh: list[int] = []
    sink = Sink(lambda slab: fresh.append(slab.fresh_from), 100, no_gap, size=SMALL)
    sink.stream(Item("long"), reader(b"x" * 3 * SMALL, SMALL))
    sink.flush()
    assert fresh[0] == 0
    assert set(fresh[1:]) == {100}


def test_it_stops_when_asked() -> None:
    stop = Event()
    sink = Sink(lambda slab: None, 8, no_gap, stop=stop)
    sink.put(Item("a"), b"1")
    stop.set()
    with pytest.raises(Stopped):
        sink.put(Item("b"), b"2")
    with pytest.raises(Stopped):
        sink.stream(Item("c"), reader(b"3", 1))
