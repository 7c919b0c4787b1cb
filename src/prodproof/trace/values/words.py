"""The aligned-word filter: which of very many byte strings may begin where, at nearly the speed of reading.

Whatever is 15 bytes long contains a whole word of 8 bytes that lies at a multiple of 8 of the text. So a window of 15
bytes of each string is known by its 8 shifted words, and of the text only the aligned words are looked at: hashed,
looked up in a bitmap that mostly fits into the processor's cache, the few survivors in a second one, and what is left
in a sorted table. Strings of which a word says little (a value written as `&#65;&#66;...`) have windows of 31 bytes:
three words in a row are asked for.

Whatever is 23 bytes long contains two such words in a row, and one of them is the text's first, third, fifth... So
where every string is that long, every second word of the text is looked at, and survivors with the word on either side:
that saves 7% of the time, as measured.

Letters count as small ones, unless no string is looked for in any case; whoever asks compares the bytes.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

Words = NDArray[np.uint64]
Indexes = NDArray[np.int64]
Octets = NDArray[np.uint8]

BLOCK = 256 * 1024
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


class _Bitmap:
    """Which hashes there are, about: a byte for each where that fits into the processor's cache, else a bit."""

    def __init__(self, bits: int) -> None:
        """
        Args:
            bits: of the number of a bit; 27 at most.
        """
        self._bytewise = bits <= _BYTE_TABLE_BITS
        self._table = np.zeros(1 << (bits if self._bytewise else bits - 3), np.uint8)
        self._shift = np.uint64(64 - bits if self._bytewise else 67 - bits)

    @property
    def size(self) -> int:
        """Bytes of memory."""
        return self._table.nbytes

    def add(self, hashes: Words) -> None:
        """Take up hashes."""
        at = (hashes >> self._shift).view(np.int64)
        if self._bytewise:
            self._table[at] = 1
            return
        bits = self._bits(hashes)
        # Some bytes come several times. (`np.bitwise_or.at` does it too, much slower.)
        for bit in range(8):
            self._table[at[bits == bit]] |= np.uint8(1 << bit)

    def may_have(self, hashes: Words, flags: Octets | None = None) -> NDArray[np.bool_]:
        """For each hash, whether it may be among them. The hashes are overwritten.

        Args:
            flags: room for the answer.
        """
        bits = None if self._bytewise else self._bits(hashes)
        hashes >>= self._shift
        flags = self._table.take(hashes.view(np.int64), out=flags)
        if bits is not None:
            flags >>= bits
            flags &= np.uint8(1)
        return flags.view(np.bool_)

    def _bits(self, hashes: Words) -> Octets:
        """The bit in its byte: other bits of a hash than those that say which byte."""
        return hashes.view(np.uint8)[4::8] & np.uint8(7)


class Scratch:
    """Room for one thread."""

    def __init__(self) -> None:
        self.hashes = np.empty(BLOCK, np.uint64)
        self.flags = np.empty(BLOCK, np.uint8)


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
        bits = min(bits, _MOST_BITMAP_BITS)
        self._first = _Bitmap(bits)
        self._second = _Bitmap(bits - 1 if bits <= _BYTE_TABLE_BITS else bits + 1)
        self._wide = _Bitmap(bits)
        self._entries: Words = np.empty(max(1024, expected * SHIFTS), np.uint64)
        self._used = 0
        self._buckets: NDArray[np.uint32] = np.zeros(2, np.uint32)
        self._bucket_shift = np.uint64(63)

    @property
    def size(self) -> int:
        """Bytes of memory."""
        bitmaps = self._first.size + self._second.size + self._wide.size
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
        self._first.add(first * _FIRST)
        if self._stride == 1:
            keys = first * _SECOND
        else:
            second = self._words(words, at + SHIFTS)
            self._first.add(second * _FIRST)
            keys = first * _FIRST + second * _SECOND
        if wide:
            self._any_wide = True
            self._wide.add(keys)
            keys = _keys_of_three(keys, self._words(words, at + SHIFTS), self._words(words, at + 2 * SHIFTS))
        self._second.add(keys)
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
        kept = []
        for at, keys in self._keys(words, places * self._stride):
            kept.append(self._known(at, keys))
            if self._any_wide:
                wide = np.flatnonzero(self._wide.may_have(keys.copy()))
                at = at[wide]
                keys = _keys_of_three(keys[wide], self._words(words, at + 1), self._words(words, at + 2))
                kept.append(self._known(at, keys))
        return self._owners(np.concatenate([at for at, _ in kept]), np.concatenate([keys for _, keys in kept]))

    def _keys(self, words: Words, places: Indexes) -> Iterator[tuple[Indexes, Words]]:
        """Where strings may begin that have one of these words in them, to the word; and what they are known by."""
        here = self._words(words, places)
        if self._stride == 1:
            here *= _SECOND
            yield places, here
            return
        # Of two words in a row, each is either the first or the second. Past the ends of the text, any word does:
        # whoever asks looks at the bytes.
        beside = self._words(words, places + 1)
        beside *= _SECOND
        beside += here * _FIRST
        yield places, beside
        places = places - 1
        beside = self._words(words, places)
        beside *= _FIRST
        here *= _SECOND
        here += beside
        yield places, here

    def _known(self, places: Indexes, keys: Words) -> tuple[Indexes, Words]:
        kept = self._second.may_have(keys.copy()).nonzero()[0]
        return places[kept], keys[kept]

    def _survivors(self, block: Words, scratch: Scratch) -> Indexes:
        count = len(block)
        hashes, flags = scratch.hashes[:count], scratch.flags[:count]
        if self._folds:
            block = np.bitwise_or(block, _SMALL, out=hashes)
        np.multiply(block, _FIRST, out=hashes)
        return self._first.may_have(hashes, flags).nonzero()[0]

    def _owners(self, places: Indexes, keys: Words) -> tuple[Indexes, Indexes]:
        """The strings that are known by these keys, and where they begin."""
        if not len(places):
            return places, places
        mixed = _mixed(keys)
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
