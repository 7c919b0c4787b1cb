"""Which objects there are to read, handed out in small portions to whoever reads next."""

import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from prodproof.facts import Reason, Unseen
from prodproof.reach.git.command import Git
from prodproof.reach.process import Child
from prodproof.trace.sources._git_bulk import CAPACITY, LARGEST
from prodproof.trace.sources._git_ids import Ids
from prodproof.trace.sources._git_lines import GitError, Portion, output_lines

PORTION = 500
"""Ids. git keeps what it unpacked last, so neighbours in a pack are cheaper together; more was not faster."""

MAX_LISTED = 50_000_000
MAX_EXAMPLES = 3

_FORMAT = "--batch-check=%(objectname) %(objecttype) %(objectsize)"


@dataclass
class Listing:
    """The objects of a repository; iterating hands out those to read: no trees, and nothing that was read before.

    Args:
        git: the repository.
        known: ids that need not be read.
        width: bytes of an id.
        only: ids to choose from (hexadecimal); every object that is present if None.
    """

    git: Git
    known: Ids
    width: int
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
        small: list[bytes] = []
        large: list[bytes] = []
        answer = 0
        try:
            for lines in output_lines(child):
                for id, size in self._to_read(lines):
                    if size > LARGEST:
                        large.append(id)
                        continue
                    if len(small) >= PORTION or answer + size > CAPACITY:
                        yield Portion(small, answer)
                        small, answer = [], 0
                    small.append(id)
                    answer += size
                if large:
                    yield Portion(large)
                    large = []
        except GitError as failure:
            self.failures.append(Unseen(failure.why, f"its objects cannot all be listed: {failure}"))
        if small:
            yield Portion(small, answer)
        if large:
            yield Portion(large)
        self.ended = True

    def _to_read(self, lines: list[bytes]) -> Iterator[tuple[bytes, int]]:
        """Ids of what is to be read, with the size of git's answer for each: a line as listed, the object, a line's
        end."""
        end = 2 * self.width
        found: list[bytes] = []
        sizes: list[int] = []
        answers: list[int] = []
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
                answers.append(len(line) + size + 2)
        if len(self._seen) // self.width > MAX_LISTED:
            raise GitError(Reason.INCOMPLETE, f"more than {MAX_LISTED} objects")
        self._seen += bytes.fromhex(b"".join(found).decode("ascii"))
        if not len(self.known):
            self.size += sum(sizes)
            return zip(found, answers, strict=True)
        held = self.known.holds(found).tolist()
        self.size += sum(size for size, known in zip(sizes, held, strict=True) if not known)
        return ((id, answer) for id, answer, known in zip(found, answers, held, strict=True) if not known)
