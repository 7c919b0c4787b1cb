"""What was added to files since a moment: new lines of logs, and files that are new since."""

import os
import stat
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from prodproof.facts import Reason
from prodproof.trace.content.feed import feed
from prodproof.trace.finding import Finding
from prodproof.trace.stream import Item, Sink

_CHUNK = 1 << 16

Ends = Mapping[tuple[int, int], int]
"""How many bytes a file had, by its device and number: a log that is rotated keeps its number."""


def ends(paths: Iterable[Path]) -> Ends:
    """Where files end now; those that cannot be looked at count as new later."""
    found = {}
    for path in paths:
        try:
            status = path.stat()
        except OSError:
            continue
        found[status.st_dev, status.st_ino] = status.st_size
    return found


def has_since(paths: Iterable[Path], before: Ends, words: bytes) -> bool:
    """Whether a text stands in what was added to files."""
    for path in paths:
        try:
            with path.open("rb") as file:
                file.seek(_start(os.fstat(file.fileno()), before))
                kept = b""
                while chunk := file.read(_CHUNK):
                    if words in kept + chunk:
                        return True
                    kept = chunk[-len(words) :]
        except OSError:
            continue
    return False


class TailSource:
    """The new part of some files.

    Args:
        place: as it was asked for.
        paths: the files.
        before: where they ended.
    """

    def __init__(self, place: str, paths: Sequence[Path], before: Ends) -> None:
        self.place = place
        self._paths = tuple(paths)
        self._before = before

    def parts(self, count: int) -> Iterator["TailPart"]:
        """One for each file."""
        for path in self._paths:
            yield TailPart(path, self._before)

    def size(self) -> int | None:
        """Nobody knows: they grow."""
        return None

    def locate(self, item: Item, findings: Sequence[Finding]) -> Sequence[Finding]:
        """As they are."""
        return findings


@dataclass(frozen=True)
class TailPart:
    """One file."""

    path: Path
    before: Ends

    def read(self, sink: Sink) -> None:
        """Feed what is new in it; what cannot be read is a gap."""
        try:
            descriptor = os.open(self.path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError as error:
            why = Reason.DENIED if isinstance(error, PermissionError) else Reason.INCOMPLETE
            sink.gap(str(self.path), why, error.strerror or "it cannot be opened")
            return
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            os.close(descriptor)
            sink.gap(str(self.path), Reason.INCOMPLETE, "it is no regular file")
            return
        with os.fdopen(descriptor, "rb", buffering=0) as file:
            start = _start(status, self.before)
            file.seek(start)
            item = Item(str(self.path))
            if start:
                sink.stream(item, lambda view: file.readinto(view) or 0, offset=start)
            else:
                # A new one may be compressed.
                feed(sink, item, file)


def _start(status: os.stat_result, before: Ends) -> int:
    ended = before.get((status.st_dev, status.st_ino), 0)
    return ended if ended <= status.st_size else 0
