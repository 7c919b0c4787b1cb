"""Reads many small objects at once: git writes them into memory that both sides share, over and over the same.

A pipe costs both sides a copy and a wait for every piece of it; here git writes a whole portion and ends its part, and
the portion is read where it lies. Whatever does not come as it was listed (missing, damaged, git ended) is left to the
careful reader, which says what is amiss.
"""

import mmap
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from prodproof.facts import Unseen
from prodproof.reach.git.command import Git
from prodproof.reach.process import Filling
from prodproof.trace.sources._git_lines import IDLE, Portion
from prodproof.trace.sources._git_read import Taker

CAPACITY = 8 * 1024 * 1024
"""Bytes that a portion's answer has at most; it stays small enough to stay in the processor's cache."""

LARGEST = CAPACITY // 16
"""Bytes of an object that comes in a portion with others."""

_LOOK = 0.0005
_HURRY = 0.02
"""Seconds after which it is looked whether git writes at all any more."""


class BulkReader:
    """Reads portions whose size is known. `opened` makes it."""

    def __init__(self, filling: Filling, shared: mmap.mmap) -> None:
        self._filling = filling
        self._shared = shared
        self._view = memoryview(shared)
        self._broken = False

    def read(self, portion: Portion, taker: Taker) -> list[bytes]:
        """Hand an answer on; returns the ids that did not come, which somebody else must read."""
        if portion.answer is None or self._broken:
            return portion.ids
        self._filling.rewind()
        written = 0
        if self._filling.tell(b"\n".join(portion.ids) + b"\n"):
            written = self._await(portion.answer)
        # What is still to come would be taken for the next portion's answer.
        self._broken = written != portion.answer
        return self._hand_on(portion.ids, written, taker)

    def _await(self, size: int) -> int:
        """Wait until so many bytes are there, or git has ended or writes no more; returns how many there are."""
        before, since = 0, time.monotonic()
        while (written := self._filling.written()) < size:
            now = time.monotonic()
            if written > before:
                before, since = written, now
            elif now - since > _HURRY and (self._filling.over() or now - since > IDLE):
                return self._filling.written()
            time.sleep(_LOOK)
        return written

    def _hand_on(self, ids: Sequence[bytes], written: int, taker: Taker) -> list[bytes]:
        at = 0
        for number, id in enumerate(ids):
            newline = self._shared.find(b"\n", at, written)
            head = self._shared[at:newline].split(b" ") if newline >= 0 else []
            if len(head) != 3 or head[0] != id:
                return list(ids[number:])
            end = newline + 1 + int(head[2])
            if end >= written:
                return list(ids[number:])
            taker.whole(id, head[1], self._view[newline + 1 : end])
            at = end + 1
        return []


@contextmanager
def opened(git: Git) -> Iterator[BulkReader | None]:
    """A reader of one repository; None where there is no such memory (not Linux) or git cannot be started."""
    if not hasattr(os, "memfd_create"):
        yield None
        return
    descriptor = os.memfd_create("objects", os.MFD_CLOEXEC)
    try:
        os.ftruncate(descriptor, CAPACITY)
        # Unmapped once nobody holds a piece of it any more, as the traceback of a damaged archive does for a while.
        shared = mmap.mmap(descriptor, CAPACITY, prot=mmap.PROT_READ)
        with git.fill(descriptor, "--no-replace-objects", "cat-file", "--batch") as filling:
            yield None if isinstance(filling, Unseen) else BulkReader(filling, shared)
    finally:
        os.close(descriptor)
