"""Reads objects through one `git cat-file` process, which is asked for a few at a time and never waited for idly."""

import subprocess
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from prodproof.facts import Reason, Unseen
from prodproof.reach.git.command import Git
from prodproof.reach.process import Child
from prodproof.trace.sources._git_lines import IDLE, GitError

MAX_DAMAGED = 200
"""Unreadable objects that one part meets before it gives up the rest: git is started anew after each."""

_BUFFER = 1024 * 1024
_LARGE = _BUFFER // 2


class Taker(Protocol):
    """What is done with each object."""

    def whole(self, id: bytes, kind: bytes, data: memoryview) -> None:
        """An object that is in memory; `data` is only good during the call."""
        ...

    def large(self, id: bytes, kind: bytes, readinto: Callable[[memoryview], int]) -> None:
        """An object that is read bit by bit; the rest of what is not read is passed over."""
        ...

    def lost(self, id: bytes, why: Reason, detail: str) -> None:
        """An object that cannot be read."""
        ...


@dataclass
class ObjectReader:
    """Reads what `next_ids` hands out, to its end.

    Args:
        git: the repository.
        next_ids: the next ids to read (hexadecimal), none at the end.
        taker: gets the objects, in the order of the ids.
    """

    git: Git
    next_ids: Callable[[], list[bytes]]
    taker: Taker

    def run(self) -> None:
        """Read everything.

        Raises:
            GitError: git cannot be started, hangs, or fails again and again. What was asked for and not answered
                was told to `lost`.
        """
        asked = deque(self.next_ids())
        if not asked:
            return
        damaged = 0
        ended = False
        while not ended:
            with self.git.start(
                "--no-replace-objects", "cat-file", "--batch", "--buffer", stdin=subprocess.PIPE
            ) as child:
                if isinstance(child, Unseen):
                    raise GitError(child.why, child.detail)
                session = _Session(child, self.next_ids, self.taker, asked)
                try:
                    session.run()
                except TimeoutError:
                    raise GitError(Reason.TIMED_OUT, f"git wrote nothing for {IDLE:g} s") from None
                except _Ended:
                    # git ends at an object that it cannot read. A signal may have come in the middle of any.
                    if session.inside or not session.answered:
                        damaged += 1
                        self.taker.lost(asked.popleft(), Reason.INCOMPLETE, child.error_line())
                else:
                    ended = True
            if damaged > MAX_DAMAGED:
                raise GitError(
                    Reason.INCOMPLETE, f"more than {MAX_DAMAGED} objects cannot be read; the rest was not tried"
                )


class _Ended(Exception):  # noqa: N818 - whether it is an error is judged by the caller
    """The output ended before everything was answered."""


class _Session:
    """One process, from its start to its end or to the first object that it dies of."""

    def __init__(self, child: Child, next_ids: Callable[[], list[bytes]], taker: Taker, asked: deque[bytes]) -> None:
        self._child = child
        self._next_ids = next_ids
        self._taker = taker
        self._asked = asked
        self._to_write = memoryview(b"".join(id + b"\n" for id in asked))
        self._more = True
        self._block = bytearray(_BUFFER)
        self._view = memoryview(self._block)
        self._start = self._end = 0
        self.answered = 0
        """How many objects were read to their end."""

        self.inside = False
        """Whether it ended in the middle of an object, by itself."""

        self._streaming = False

    def run(self) -> None:
        """Read all; raises _Ended if git ends before."""
        try:
            while self._more or self._asked:
                if not self._fill():
                    if self._more or self._asked:
                        raise _Ended
                    return
                self._take_all()
        except _Ended:
            within = self._streaming or self._start < self._end
            self.inside = within and self._child.code() > 0
            raise

    def _take_all(self) -> None:
        """Hand on every object that is in the buffer."""
        block, view, taker, asked = self._block, self._view, self._taker, self._asked
        while True:
            newline = block.find(b"\n", self._start, self._end)
            if newline < 0:
                return
            head = bytes(view[self._start : newline]).split(b" ")
            if len(head) != 3:
                self._start = newline + 1
                self._answered()
                taker.lost(head[0], Reason.INCOMPLETE, "it is not there")
                continue
            body = newline + 1
            end = body + int(head[2])
            if end < self._end:
                self._start = end + 1
                asked.popleft()
                self.answered += 1
                taker.whole(head[0], head[1], view[body:end])
            elif end - body < _LARGE:
                return
            else:
                self._start = body
                self._large(head[0], head[1], end - body)

    def _large(self, id: bytes, kind: bytes, size: int) -> None:
        left = size

        def readinto(into: memoryview) -> int:
            nonlocal left
            if not left:
                return 0
            if self._start == self._end and not self._fill():
                raise _Ended
            count = min(left, len(into), self._end - self._start)
            into[:count] = self._view[self._start : self._start + count]
            self._start += count
            left -= count
            return count

        self._streaming = True
        self._taker.large(id, kind, readinto)
        rest = memoryview(bytearray(64 * 1024))
        while left:
            readinto(rest)
        left = 1
        readinto(rest)  # the line's end
        self._answered()

    def _answered(self) -> None:
        self._streaming = False
        self._asked.popleft()
        self.answered += 1

    def _fill(self) -> bool:
        """Read more, and ask for more while git takes it; False at the end of its output."""
        if self._start:
            kept = self._end - self._start
            self._block[:kept] = self._block[self._start : self._end]
            self._start, self._end = 0, kept
        while True:
            takes, gives = self._child.wait(IDLE)
            if takes:
                self._ask()
            if gives:
                count = self._child.read_into(self._view[self._end :])
                self._end += count
                return count > 0

    def _ask(self) -> None:
        if not self._to_write and self._more:
            ids = self._next_ids()
            self._more = bool(ids)
            self._asked.extend(ids)
            self._to_write = memoryview(b"".join(id + b"\n" for id in ids))
        if self._to_write:
            self._to_write = self._to_write[self._child.write(self._to_write) :]
        if not self._to_write and not self._more:
            self._child.end_input()
