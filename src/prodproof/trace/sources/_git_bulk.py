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
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from prodproof.facts import Unseen
from prodproof.reach.git.command import Git
from prodproof.reach.process import Filling
from prodproof.trace.sources._git_lines import IDLE, Portion

LARGEST = 2 * 1024 * 1024
"""Bytes of an object that comes in a portion with others."""

_CAPACITY = 32 * 1024 * 1024
_LEAST = 4 * LARGEST
_TOGETHER = 2 * _CAPACITY
"""Bytes that all readers together hold. Large portions cost less, because git is awaited less often."""

_LOOK = 0.0005
"""Seconds between two looks at how much is there, at the least."""

_HURRY = 0.02
"""Seconds after which it is looked whether git writes at all any more."""


def capacity(readers: int) -> int:
    """Bytes that the answer for a portion may have, where so many readers read at once."""
    return min(_CAPACITY, max(_LEAST, _TOGETHER // readers))


class Taker(Protocol):
    """What is done with the objects of a portion."""

    def together(self, memory: NDArray[np.uint8], portion: Portion, starts: Sequence[int]) -> None:
        """The first objects of a portion, which are in memory, one behind the other, with a line between them.

        Args:
            memory: only good during the call.
            starts: where each of those that came begins.
        """
        ...


class BulkReader:
    """Reads portions whose size is known. `opened` makes it."""

    def __init__(self, filling: Filling, shared: mmap.mmap) -> None:
        self._filling = filling
        self._shared = shared
        self._memory = np.frombuffer(shared, np.uint8)
        self._broken = False

    def read(self, portion: Portion, taker: Taker) -> list[bytes]:
        """Hand an answer on; returns the ids that did not come, which somebody else must read."""
        if not portion.heads or self._broken:
            return portion.ids
        self._filling.rewind()
        written, answer = 0, portion.answer
        if self._filling.tell(b"\n".join(portion.ids) + b"\n"):
            written = self._await(answer)
        # What is still to come would be taken for the next portion's answer.
        self._broken = written != answer
        return self._hand_on(portion, written, taker)

    def _await(self, size: int) -> int:
        """Wait until so many bytes are there, or git has ended or writes no more; returns how many there are."""
        began = since = time.monotonic()
        before = 0
        while (written := self._filling.written()) < size:
            now = time.monotonic()
            if written > before:
                before, since = written, now
            elif now - since > _HURRY and (self._filling.over() or now - since > IDLE):
                return self._filling.written()
            # Every look costs processor time that git could use: the next one is half-way to the end, as it seems.
            left = (now - began) * (size / written - 1) if written else 0.0
            time.sleep(min(max(left / 2, _LOOK), _HURRY))
        return written

    def _hand_on(self, portion: Portion, written: int, taker: Taker) -> list[bytes]:
        shared, at = self._shared, 0
        starts: list[int] = []
        for head, size in zip(portion.heads, portion.sizes, strict=True):
            start = at + len(head) + 1
            at = start + size + 1
            if at > written or shared[start - len(head) - 1 : start - 1] != head:
                break
            starts.append(start)
        if starts:
            taker.together(self._memory, portion, starts)
        return portion.ids[len(starts) :]


@contextmanager
def opened(git: Git, size: int) -> Iterator[BulkReader | None]:
    """A reader of one repository; None where there is no such memory (not Linux) or git cannot be started.

    Args:
        size: bytes that the answer for a portion has at most.
    """
    if not hasattr(os, "memfd_create"):
        yield None
        return
    descriptor = os.memfd_create("objects", os.MFD_CLOEXEC)
    try:
        os.ftruncate(descriptor, size)
        # Unmapped once nobody holds a piece of it any more, as the traceback of a damaged archive does for a while.
        shared = mmap.mmap(descriptor, size, prot=mmap.PROT_READ)
        with git.fill(descriptor, "--no-replace-objects", "cat-file", "--batch") as filling:
            yield None if isinstance(filling, Unseen) else BulkReader(filling, shared)
    finally:
        os.close(descriptor)
