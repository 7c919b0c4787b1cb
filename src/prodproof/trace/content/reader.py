"""Bytes that come once, from front to back, with a look ahead; what every unpacker reads from."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from prodproof.facts import Reason

CHUNK = 128 * 1024


class Damaged(Exception):  # noqa: N818 - it is the state of what is read, and becomes a gap
    """What is read is not what it says it is, or ends too early."""


class Bound(Damaged):
    """A bound on what may come out of a container was reached."""


CUT_SHORT = "it ends in the middle"


class Reader(ABC):
    """A stream of bytes."""

    @abstractmethod
    def peek(self, count: int) -> bytes:
        """The next bytes without taking them; fewer only at the end.

        Raises:
            Damaged: they cannot be read.
        """

    @abstractmethod
    def available(self, most: int = CHUNK) -> bytes:
        """Some of the next bytes without taking them, as many as come cheaply; none only at the end."""

    @abstractmethod
    def readinto(self, view: memoryview) -> int:
        """Fill the start of a buffer; returns how many bytes, 0 only at the end."""

    def read(self, count: int) -> bytes:
        """The next bytes; fewer only at the end."""
        parts = []
        while count:
            part = self.available(min(count, CHUNK))
            if not part:
                break
            self.skip(len(part))
            parts.append(part)
            count -= len(part)
        return b"".join(parts)

    def exactly(self, count: int) -> bytes:
        """The next bytes.

        Raises:
            Damaged: there are fewer.
        """
        data = self.read(count)
        if len(data) < count:
            raise Damaged(CUT_SHORT)
        return data

    @abstractmethod
    def skip(self, count: int) -> None:
        """Leave bytes out.

        Raises:
            Damaged: there are fewer.
        """

    def drain(self) -> int:
        """Read to the end; returns how many bytes there were."""
        count = 0
        while part := self.available():
            self.skip(len(part))
            count += len(part)
        return count


class Memory(Reader):
    """Bytes that are already there."""

    def __init__(self, data: bytes | bytearray | memoryview) -> None:
        self._view = memoryview(data).cast("B")
        self._at = 0
        self.size = len(self._view)
        """Bytes, also those that were taken."""

    def rest(self) -> memoryview:
        """Everything that was not taken yet, without a copy."""
        return self._view[self._at :]

    def peek(self, count: int) -> bytes:
        return bytes(self._view[self._at : self._at + count])

    def available(self, most: int = CHUNK) -> bytes:
        return self.peek(most)

    def readinto(self, view: memoryview) -> int:
        part = self._view[self._at : self._at + len(view)]
        view[: len(part)] = part
        self._at += len(part)
        return len(part)

    def skip(self, count: int) -> None:
        if count > len(self._view) - self._at:
            self._at = len(self._view)
            raise Damaged(CUT_SHORT)
        self._at += count


class Buffered(Reader):
    """What a function fills buffers with: a file, a decompressor. An error of it comes again at each later call."""

    def __init__(self, readinto: Callable[[memoryview], int]) -> None:
        self._source = readinto
        self._ahead = b""
        self._at = 0
        self._scratch: memoryview | None = None
        self._error: Damaged | None = None
        self.taken = 0
        """Bytes that came from the source."""

    def _more(self, view: memoryview) -> int:
        if self._error is not None:
            raise self._error
        try:
            count = self._source(view)
        except Damaged as error:
            self._error = error
            raise
        except OSError as error:
            self._error = Damaged(f"reading failed: {error.strerror or type(error).__name__}")
            raise self._error from None
        self.taken += count
        return count

    def _block(self) -> bytes:
        if self._scratch is None:
            self._scratch = memoryview(bytearray(CHUNK))
        return bytes(self._scratch[: self._more(self._scratch)])

    def _fill(self) -> bool:
        self._ahead, self._at = self._block(), 0
        return bool(self._ahead)

    def peek(self, count: int) -> bytes:
        ready = len(self._ahead) - self._at
        if ready < count:
            blocks = [self._ahead[self._at :]]
            try:
                while ready < count and (block := self._block()):
                    blocks.append(block)
                    ready += len(block)
            except Damaged:
                if not ready:
                    raise
                # What came before the damage is worth a look; the error comes again.
            self._ahead, self._at = b"".join(blocks), 0
        return self._ahead[self._at : self._at + count]

    def available(self, most: int = CHUNK) -> bytes:
        if self._at == len(self._ahead):
            self._fill()
        return self._ahead[self._at : self._at + most]

    def readinto(self, view: memoryview) -> int:
        ready = len(self._ahead) - self._at
        if not ready:
            return self._more(view)
        count = min(ready, len(view))
        view[:count] = memoryview(self._ahead)[self._at : self._at + count]
        self._at += count
        return count

    def skip(self, count: int) -> None:
        while count:
            ready = min(len(self._ahead) - self._at, count)
            self._at += ready
            count -= ready
            if count and not self._fill():
                raise Damaged(CUT_SHORT)


class Slice(Reader):
    """The next bytes of another reader, so many and no more."""

    def __init__(self, whole: Reader, size: int) -> None:
        self._whole = whole
        self.left = size
        """Bytes that were not taken yet."""

    def peek(self, count: int) -> bytes:
        return self._whole.peek(min(count, self.left))

    def available(self, most: int = CHUNK) -> bytes:
        if not self.left:
            return b""
        part = self._whole.available(min(most, self.left))
        if not part:
            raise Damaged(CUT_SHORT)
        return part

    def readinto(self, view: memoryview) -> int:
        if not self.left:
            return 0
        count = self._whole.readinto(view[: self.left])
        if not count:
            raise Damaged(CUT_SHORT)
        self.left -= count
        return count

    def skip(self, count: int) -> None:
        if count > self.left:
            self._whole.skip(self.left)
            self.left = 0
            raise Damaged(CUT_SHORT)
        self._whole.skip(count)
        self.left -= count

    def drain(self) -> int:
        count = self.left
        self._whole.skip(count)
        self.left = 0
        return count


def chunks(parts: Iterator[bytes]) -> Buffered:
    """A reader of what an iterator yields."""
    rest = memoryview(b"")

    def readinto(view: memoryview) -> int:
        nonlocal rest
        while not rest:
            part = next(parts, None)
            if part is None:
                return 0
            rest = memoryview(part)
        count = min(len(rest), len(view))
        view[:count] = rest[:count]
        rest = rest[count:]
        return count

    return Buffered(readinto)


@dataclass(frozen=True, slots=True)
class Member:
    """One thing in an archive. Its data can be read until the next member is asked for."""

    name: str
    """Only a label: nothing is ever written by that name."""

    data: Reader | None
    """None if it cannot be had."""

    why: Reason = Reason.INCOMPLETE
    """Why it cannot be had."""

    detail: str = ""


def label(name: bytes) -> str:
    """A member's name as it is shown, whatever bytes it has."""
    text = name.decode("utf-8", "surrogateescape")
    return text if len(text) <= MAX_LABEL else text[:MAX_LABEL] + "…"


MAX_LABEL = 1024
