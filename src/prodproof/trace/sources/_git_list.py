"""Which objects there are to read, handed out in small portions to whoever reads next."""

import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from prodproof.facts import Reason, Unseen
from prodproof.reach.git.command import Git
from prodproof.reach.process import Child
from prodproof.trace.sources._git_bulk import LARGEST
from prodproof.trace.sources._git_ids import Ids
from prodproof.trace.sources._git_lines import GitError, Portion, answer_for, output_lines

_PIPE = 64 * 1024
"""Bytes that a pipe takes without its reader: as much is asked at once, so that asking never waits for git."""

_FIRST = 1024 * 1024
"""Bytes of the first portion. Each is twice as large as the one before, so that all threads soon have one."""

MAX_LISTED = 50_000_000
MAX_EXAMPLES = 3

_FORMAT = "--batch-check=%(objectname) %(objecttype) %(objectsize)"


def portion_of(width: int) -> int:
    """Ids of one portion, each of so many bytes. git keeps what it unpacked last, so neighbours in a pack are cheaper
    together.
    """
    return _PIPE // (2 * width + 1)


@dataclass
class Listing:
    """The objects of a repository; iterating hands out those to read: no trees, and nothing that was read before.

    Args:
        git: the repository.
        known: ids that need not be read.
        width: bytes of an id.
        capacity: bytes of what git answers for one portion, at most.
        only: ids to choose from (hexadecimal); every object that is present if None.
    """

    git: Git
    known: Ids
    width: int
    capacity: int
    only: Iterable[bytes] | None = None

    size: int = 0
    """Bytes of everything handed out so far."""

    ended: bool = False
    """Whether all was listed."""

    failures: list[Unseen] = field(default_factory=list)
    unreadable: int = 0
    """Objects that are listed, but whose kind cannot be told: they are damaged, or not there."""

    examples: list[str] = field(default_factory=list)
    """Some of their ids."""

    _seen: bytearray = field(default_factory=bytearray)

    def present(self) -> Ids:
        """The ids of all that is no tree."""
        return Ids(self._seen, self.width)

    def __iter__(self) -> Iterator[Portion]:
        if self.only is None:
            with self.git.start(
                "--no-replace-objects", "cat-file", "--batch-all-objects", "--unordered", "--buffer", _FORMAT
            ) as child:
                yield from self._portions(child)
            return
        with tempfile.TemporaryFile() as chosen:
            chosen.writelines(id + b"\n" for id in self.only)
            chosen.seek(0)
            with self.git.start(
                "--no-replace-objects", "cat-file", "--buffer", _FORMAT, stdin=chosen.fileno()
            ) as child:
                yield from self._portions(child)

    def _portions(self, child: Child | Unseen) -> Iterator[Portion]:
        small = Portion([])
        large: list[bytes] = []
        most, room = portion_of(self.width), _FIRST
        try:
            for lines in output_lines(child):
                for id, head, size in self._to_read(lines):
                    if size > LARGEST:
                        large.append(id)
                        continue
                    full = len(small.ids) >= most or small.answer + answer_for(head, size) > room
                    if full and small.ids:
                        yield small
                        small, room = Portion([]), min(2 * room, self.capacity)
                    small.add(id, head, size)
                if large:
                    yield Portion(large)
                    large = []
        except GitError as failure:
            self.failures.append(Unseen(failure.why, f"its objects cannot all be listed: {failure}"))
        if small.ids:
            yield small
        if large:
            yield Portion(large)
        self.ended = True

    def _to_read(self, lines: list[bytes]) -> Iterator[tuple[bytes, bytes, int]]:
        """Of what is to be read: the id, the line as listed, which git also writes before it, and its bytes."""
        end = 2 * self.width
        found: list[bytes] = []
        sizes: list[int] = []
        heads: list[bytes] = []
        for line in lines:
            kind = line[end + 1 : end + 3]
            if kind == b"mi":
                self.unreadable += 1
                if len(self.examples) < MAX_EXAMPLES:
                    self.examples.append(line[:end].decode("ascii", "replace"))
                continue
            if kind != b"tr":
                size = int(line[line.rindex(b" ") + 1 :])
                found.append(line[:end])
                sizes.append(size)
                heads.append(line)
        if len(self._seen) // self.width > MAX_LISTED:
            raise GitError(Reason.INCOMPLETE, f"more than {MAX_LISTED} objects")
        self._seen += bytes.fromhex(b"".join(found).decode("ascii"))
        if not len(self.known):
            self.size += sum(sizes)
            return zip(found, heads, sizes, strict=True)
        held = self.known.holds(found).tolist()
        self.size += sum(size for size, known in zip(sizes, held, strict=True) if not known)
        rows = zip(found, heads, sizes, held, strict=True)
        return ((id, head, size) for id, head, size, known in rows if not known)
