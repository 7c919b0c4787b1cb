"""The aligned-word filter: which of very many byte strings may begin where, at nearly the speed of reading.

Whatever is 15 bytes long contains a whole word of 8 bytes that lies at a multiple of 8 of the text. So a window of 15
bytes of each string is known by its 8 shifted words, and of the text only the aligned words are looked at: hashed,
looked up in a bitmap that mostly fits into the processor's cache, the few survivors in a second one, and what is left
in a sorted table. Strings of which a word says little (a value written as `&#65;&#66;...`) have windows of 31 bytes:
three words in a row are asked for.

Whatever is 23 bytes long contains two such words in a row, and one of them is the text's first, third, fifth... So
where every string is that long, every second word of the text is looked at, and survivors with the word on either side:
that takes little more than half of the time.

Letters count as small ones, unless no string is looked for in any case; whoever asks compares the bytes.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

Words = NDArray[np.uint64]
Indexes = NDArray[np.int64]
Octets = NDArray[np.uint8]

BLOCK = 128 * 1024
"""Words that are looked at together: their hashes stay in the processor's caches, and a thread that waits for
Python's lock after each step waits seldom enough."""

_MOST_PENDING = 64 * 1024
"""Survivors of the first bitmap that are looked at together: each takes some 100 bytes meanwhile."""

SHIFTS = 8

_SMALL = np.uint64(0x2020202020202020)
_FIRST = np.uint64(0x9E3779B97F4A7C15)
_SECOND = np.uint64(0xBF58476D1CE4E5B9)
_THIRD = np.uint64(0x94D049BB133111EB)
_LOW = np.uint64(0xFFFFFFFF)
_32 = np.uint64(32)
_29 = np.uint64(29)
_3 = np.uint64(3)
_BYTE_TABLE_BITS = 20
_MOST_BITMAP_BITS = 26


def _mixed(words: Words) -> Words:
    """A hash of each word, all of whose bits depend on all bits (the finaliser of splitmix64)."""
    mixed = words ^ (words >> _32)
    mixed *= _SECOND
    mixed ^= mixed >> _29
    mixed *= _THIRD
    mixed ^= mixed >> _32
    return mixed


def _keys_of_three(keys: Words, second: Words, third: Words) -> Words:
    """What three words in a row are known by, other than one word or two.

    Args:
        keys: what the first is known by, or the first two.
    """
    return _mixed(_mixed(keys + second + _FIRST) ^ third)


def _place(hashes: Words, shift: np.uint64) -> tuple[Indexes, Octets]:
    """Where the bit of a hash is in a bitmap: the byte, and the bit in it.

    Args:
        shift: as many bits as the number of a bit does not take.
    """
    bit = hashes >> shift
    bits = bit.view(np.uint8)[::8] & np.uint8(7)
    bit >>= _3
    return bit.view(np.int64), bits


def _are_set(bitmap: Octets, hashes: Words, shift: np.uint64) -> NDArray[np.bool_]:
    at, bits = _place(hashes, shift)
    flags = bitmap.take(at, mode="clip")
    flags >>= bits
    flags &= np.uint8(1)
    return flags.view(np.bool_)


def unaligned(octets: Octets) -> Words:
    """The word that begins at each byte."""
    return np.ndarray((max(0, len(octets) - 7),), np.uint64, octets.data, 0, (1,))


def window_hashes(octets: Octets, starts: Indexes) -> NDArray[np.uint32]:
    """A hash of the first 15 bytes of windows; letters count as small ones.

    Args:
        starts: where they begin; all of them lie inside.
    """
    words = unaligned(octets)
    mixed = _mixed((words[starts] | _SMALL) * _FIRST + (words[starts + SHIFTS - 1] | _SMALL))
    return (mixed >> _32).astype(np.uint32)


def _set_bits(bitmap: Octets, at: Indexes, bits: Octets) -> None:
    """Set a bit in each of the bytes; some several times. (`np.bitwise_or.at` does it too, much slower.)"""
    for bit in range(8):
        some = at[bits == bit]
        bitmap[some] |= np.uint8(1 << bit)


class Scratch:
    """Room for one thread."""

    def __init__(self) -> None:
        self.hashes = np.empty(BLOCK, np.uint64)
        self.flags = np.empty(BLOCK, np.uint8)
        self.bits = np.empty(BLOCK, np.uint8)


class WordIndex:
    """The index. It is built once, by `add` and then `finish`; then any number of threads may ask it."""

    def __init__(self, expected: int, stride: int = 1, *, folds: bool = True) -> None:
        """
        Args:
            expected: about how many strings there will be, to size the bitmaps; a wrong number costs speed only.
            stride: 2 if all of them are 23 bytes long or longer: every second word of a text is looked at then.
            folds: whether letters count as small ones.
        """
        self._folds = folds
        self._stride = stride
        self._any_wide = False
        # So few bits are set that two words in a hundred of other text survive, or fewer.
        bits = max(16, int(expected * SHIFTS * stride * 32).bit_length())
        self._bytewise = bits <= _BYTE_TABLE_BITS
        bits = min(bits, _MOST_BITMAP_BITS)
        self._shift = np.uint64(64 - bits if self._bytewise else 67 - bits)
        self._first = np.zeros(1 << (bits if self._bytewise else bits - 3), np.uint8)
        self._second = np.zeros(1 << (min(bits + 1, 27) - 3), np.uint8)
        self._second_shift = np.uint64(64 - min(bits + 1, 27))
        self._wide = np.zeros(len(self._second) // 2, np.uint8)
        self._wide_shift = self._second_shift + np.uint64(1)
        self._entries: Words = np.empty(max(1024, expected * SHIFTS), np.uint64)
        self._used = 0
        self._buckets: NDArray[np.uint32] = np.zeros(2, np.uint32)
        self._bucket_shift = np.uint64(63)

    @property
    def size(self) -> int:
        """Bytes of memory."""
        bitmaps = self._first.nbytes + self._second.nbytes + self._wide.nbytes
        return bitmaps + self._entries.nbytes + self._buckets.nbytes

    def add(self, octets: Octets, starts: Indexes, literals: Indexes, *, wide: bool) -> None:
        """Take up windows.

        Args:
            octets: a buffer that contains all of them.
            starts: where each begins in it.
            literals: the number of the string that each belongs to.
            wide: whether they are 31 bytes long, not 15 (or 23, where every second word is looked at).
        """
        if not len(starts):
            return
        words = unaligned(octets)
        at = (starts[:, None] + np.arange(SHIFTS)).ravel()
        owners = (literals[:, None] * SHIFTS + np.arange(SHIFTS)).ravel().astype(np.uint64)
        first = self._words(words, at)
        self._mark_first(first)
        if self._stride == 1:
            keys = first * _SECOND
        else:
            second = self._words(words, at + SHIFTS)
            self._mark_first(second)
            keys = first * _FIRST + second * _SECOND
        if wide:
            self._any_wide = True
            _set_bits(self._wide, *_place(keys, self._wide_shift))
            keys = _keys_of_three(keys, self._words(words, at + SHIFTS), self._words(words, at + 2 * SHIFTS))
        _set_bits(self._second, *_place(keys, self._second_shift))
        mixed = _mixed(keys)
        end = self._used + len(mixed)
        if end > len(self._entries):
            self._entries.resize(max(end, len(self._entries) * 5 // 4), refcheck=False)
        np.bitwise_or((mixed >> _32) << _32, owners, out=self._entries[self._used : end])
        self._used = end

    def finish(self) -> None:
        """Nothing more comes."""
        self._entries.resize(self._used, refcheck=False)
        self._entries.sort()
        bits = max(1, min(22, self._used.bit_length()))
        self._bucket_shift = np.uint64(64 - bits)
        self._buckets = np.empty((1 << bits) + 1, np.uint32)
        self._buckets[-1] = self._used
        for start in range(0, 1 << bits, BLOCK):
            numbers = np.arange(start, min(start + BLOCK, 1 << bits), dtype=np.uint64) << self._bucket_shift
            self._buckets[start : start + len(numbers)] = np.searchsorted(self._entries, numbers)

    def _words(self, words: Words, at: Indexes) -> Words:
        # As `words[at]`, but other threads can go on; places beyond the ends give any word.
        taken = words.take(at, mode="clip")
        if self._folds:
            taken |= _SMALL
        return taken

    def _mark_first(self, words: Words) -> None:
        hashes = words * _FIRST
        at = (hashes >> self._shift).view(np.int64)
        if self._bytewise:
            self._first[at] = 1
        else:
            _set_bits(self._first, at, hashes.view(np.uint8)[4::8] & np.uint8(7))

    def candidates(self, words: Words, scratch: Scratch) -> Iterator[tuple[Indexes, Indexes]]:
        """Where which strings may lie in a text.

        Args:
            words: the text.
            scratch: the thread's.

        Yields:
            For some candidates each, where its window would begin in the text (bytes, may be below 0), and its number.
        """
        pending: list[Indexes] = []
        count = 0
        some = words[:: self._stride]
        for start in range(0, len(some), BLOCK):
            places = self._survivors(some[start : start + BLOCK], scratch)
            if len(places):
                places += start
                pending.append(places)
                count += len(places)
            if count >= _MOST_PENDING or (count and start + BLOCK >= len(some)):
                yield self._confirmed(words, np.concatenate(pending))
                pending.clear()
                count = 0

    def _confirmed(self, words: Words, places: Indexes) -> tuple[Indexes, Indexes]:
        places *= self._stride
        first = self._words(words, places)
        if self._stride == 1:
            keys = first * _SECOND
        else:
            # Of two words in a row, each is either the first or the second. Past the ends of the text, any word does:
            # whoever asks looks at the bytes.
            after = first * _FIRST
            after += self._words(words, places + 1) * _SECOND
            first *= _SECOND
            first += self._words(words, places - 1) * _FIRST
            keys = np.concatenate((after, first))
            places = np.concatenate((places, places - 1))
        kept = np.flatnonzero(_are_set(self._second, keys, self._second_shift))
        at, literals = self._owners(places[kept], _mixed(keys[kept]))
        if not self._any_wide:
            return at, literals
        wide = np.flatnonzero(_are_set(self._wide, keys, self._wide_shift))
        if len(wide):
            places = places[wide]
            keys = _keys_of_three(keys[wide], self._words(words, places + 1), self._words(words, places + 2))
            kept = np.flatnonzero(_are_set(self._second, keys, self._second_shift))
            more, of_more = self._owners(places[kept], _mixed(keys[kept]))
            at, literals = np.concatenate((at, more)), np.concatenate((literals, of_more))
        return at, literals

    def _survivors(self, block: Words, scratch: Scratch) -> Indexes:
        count = len(block)
        hashes, flags = scratch.hashes[:count], scratch.flags[:count]
        if self._folds:
            block = np.bitwise_or(block, _SMALL, out=hashes)
        np.multiply(block, _FIRST, out=hashes)
        if self._bytewise:
            np.right_shift(hashes, self._shift, out=hashes)
            self._first.take(hashes.view(np.int64), out=flags)
        else:
            bits = scratch.bits[:count]
            np.bitwise_and(hashes.view(np.uint8)[4::8], np.uint8(7), out=bits)
            np.right_shift(hashes, self._shift, out=hashes)
            self._first.take(hashes.view(np.int64), out=flags)
            np.right_shift(flags, bits, out=flags)
            np.bitwise_and(flags, np.uint8(1), out=flags)
        return np.flatnonzero(flags.view(np.bool_))

    def _owners(self, places: Indexes, mixed: Words) -> tuple[Indexes, Indexes]:
        if not len(places):
            return places, places
        bucket = (mixed >> self._bucket_shift).view(np.int64)
        low = self._buckets[bucket].astype(np.int64)
        counts = self._buckets[bucket + 1] - low
        total = int(counts.sum())
        ends = np.cumsum(counts)
        rows = np.repeat(np.arange(len(places)), counts)
        entries = self._entries[np.arange(total) - np.repeat(ends - counts - low, counts)]
        equal = (entries >> _32) == (mixed >> _32)[rows]
        owners = (entries[equal] & _LOW).view(np.int64)
        return places[rows[equal]] * 8 - owners % SHIFTS, owners // SHIFTS
