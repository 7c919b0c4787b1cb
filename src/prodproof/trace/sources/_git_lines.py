"""What git writes, taken as it comes; and work for several threads."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from threading import Lock

from prodproof.facts import Reason, Unseen
from prodproof.reach.process import Child

IDLE = 120.0
"""Seconds without any output after which git is given up."""

_CHUNK = 256 * 1024


def answer_for(head: bytes, size: int) -> int:
    """Bytes that git writes for an object: a line before it, and a line's end after it."""
    return len(head) + 1 + size + 1


@dataclass
class Portion:
    """Objects to read together."""

    ids: list[bytes]
    """Hexadecimal."""

    heads: list[bytes] = field(default_factory=list)
    """The line that git writes before each of them, without its end: id, kind, size; none if they are not to be read
    at once."""

    sizes: list[int] = field(default_factory=list)
    """Bytes of each."""

    answer: int = 0
    """Bytes that git writes for all of them."""

    def add(self, id: bytes, head: bytes, size: int) -> None:
        """One more that is to be read at once."""
        self.ids.append(id)
        self.heads.append(head)
        self.sizes.append(size)
        self.answer += answer_for(head, size)


class Work:
    """Portions for several threads: whoever is ready takes the next one."""

    def __init__(self, portions: Iterable[Portion]) -> None:
        self._portions = iter(portions)
        self._left: list[list[bytes]] = []
        self._lock = Lock()

    def take(self) -> Portion | None:
        """The next portion; None at the end."""
        with self._lock:
            return next(self._portions, None)

    def leave(self, ids: list[bytes]) -> None:
        """Put aside what must be read one by one, after all else."""
        with self._lock:
            self._left.append(ids)

    def take_left(self) -> list[bytes]:
        """Some of what was put aside; an empty list at its end."""
        with self._lock:
            return self._left.pop() if self._left else []


class GitError(Exception):
    """git ended early, hung, or could not be started."""

    def __init__(self, why: Reason, detail: str) -> None:
        super().__init__(detail)
        self.why = why


def output_lines(child: Child | Unseen, separator: bytes = b"\n") -> Iterator[list[bytes]]:
    """The lines of a program's output, many at a time, without their ends.

    Raises:
        GitError: it could not be started, was silent too long, or ended with another exit code than 0.
    """
    if isinstance(child, Unseen):
        raise GitError(child.why, child.detail)
    view = memoryview(bytearray(_CHUNK))
    rest = b""
    while True:
        try:
            child.wait(IDLE)
        except TimeoutError:
            raise GitError(Reason.TIMED_OUT, f"git wrote nothing for {IDLE:g} s") from None
        count = child.read_into(view)
        if not count:
            break
        lines = (rest + bytes(view[:count])).split(separator)
        rest = lines.pop()
        yield lines
    if child.code() != 0:
        raise GitError(Reason.INCOMPLETE, child.error_line())
    if rest:
        yield [rest]
