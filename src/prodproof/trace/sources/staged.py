"""What the next commit would bring into a git repository: the staged version of every file that differs from HEAD.

It is made for hooks, so it starts three processes and reads nothing else. What HEAD's version of a changed file
already holds is not new: it is read too, and what is found in both is left out. That is asked by fingerprints and not
by lines, so that a moved line is not new, and a key that has changed in its middle is.
"""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from prodproof.facts import Reason, Unseen
from prodproof.reach.git.command import Git
from prodproof.system.errors import UserError, inert
from prodproof.trace.content import HEAD, feed, is_container
from prodproof.trace.finding import Finding
from prodproof.trace.sources._git_lines import GitError
from prodproof.trace.sources._git_read import ObjectReader
from prodproof.trace.stream import Item, Sink

_BEFORE = "\0HEAD\0"
"""Before the path of what is in HEAD; no path in git has a zero byte."""

_SUBMODULE = "160000"


@dataclass(frozen=True, slots=True)
class _Change:
    path: str
    id: bytes
    before: bytes | None
    """HEAD's version; None if there is none, or it is a link or a submodule."""


class StagedSource:
    """The staged changes of a repository. `open` makes it."""

    def __init__(self, place: str, git: Git, changes: Sequence[_Change], conflicts: Sequence[str]) -> None:
        self.place = place
        self._git = git
        self._changes = tuple(changes)
        self._conflicts = tuple(conflicts)

    @classmethod
    def open(cls, place: str, directory: Path, environ: Mapping[str, str] = os.environ) -> "StagedSource":
        """The staged changes of the repository that a directory is in.

        Args:
            place: as it was asked for.
            environ: the process environment; GIT_INDEX_FILE is read (githooks(5)), since the index that a hook is
                asked about is not always the repository's own.

        Raises:
            UserError: there is no repository or no index, or git is not installed.
        """
        shown = inert(str(directory))
        index = environ.get("GIT_INDEX_FILE")
        git = Git(directory, Path(os.path.abspath(index)) if index else None)
        listed = _differences(git, "HEAD")
        if isinstance(listed, Unseen):
            # Before the first commit there is no HEAD, and everything is new.
            empty = git("hash-object", "-t", "tree", "/dev/null", timeout=20)
            if not isinstance(empty, Unseen) and empty.code == 0:
                listed = _differences(git, empty.stdout.decode("ascii").strip())
        if isinstance(listed, Unseen):
            raise UserError(f"{shown}: its staged changes cannot be read: {inert(listed.detail)}")
        changes, conflicts = _changes(listed)
        return cls(place, git, changes, conflicts)

    def parts(self, count: int) -> Iterator["StagedPart"]:
        """One: there is little to read."""
        yield StagedPart(self._git, self._changes, self._conflicts)

    def size(self) -> int | None:
        """Nobody asked git."""
        return None

    def locate(self, item: Item, findings: Sequence[Finding]) -> Sequence[Finding]:
        """As they are: only `conclude` knows what is new."""
        return findings

    def conclude(
        self,
        found: Mapping[Item, Sequence[Finding]],
        sound: bool,
        whole: bool,
        gap: Callable[[str, Reason, str], None],
        counts: Callable[[Finding], bool],
    ) -> Sequence[Finding]:
        """What is new."""
        every = [finding for findings in found.values() for finding in findings]
        before = {_what(finding) for finding in every if finding.path.startswith(_BEFORE)}
        return [
            replace(finding, place=self.place)
            for finding in every
            if not finding.path.startswith(_BEFORE) and _what(finding) not in before
        ]


@dataclass
class StagedPart:
    """The staged versions, and HEAD's."""

    git: Git
    changes: Sequence[_Change]
    conflicts: Sequence[str]

    def read(self, sink: Sink) -> None:
        """Feed them."""
        for path in self.conflicts:
            sink.gap(path, Reason.INCOMPLETE, "it has a conflict that is not resolved")
        items: dict[bytes, list[Item]] = {}
        for change in self.changes:
            items.setdefault(change.id, []).append(Item(change.path))
            if change.before is not None:
                items.setdefault(change.before, []).append(Item(_BEFORE + change.path))
        portions = [list(items)]
        try:
            ObjectReader(self.git, lambda: portions.pop() if portions else [], _Feeder(sink, items)).run()
        except GitError as failure:
            sink.gap("", failure.why, f"not every staged file was read: {failure}")


class _Feeder:
    """Gives each object to the sink, once for each path."""

    def __init__(self, sink: Sink, items: Mapping[bytes, Sequence[Item]]) -> None:
        self._sink = sink
        self._items = items

    def whole(self, id: bytes, kind: bytes, data: memoryview) -> None:
        """An object that is in memory."""
        for item in self._items[id]:
            if is_container(bytes(data[:HEAD]), item.path):
                feed(self._sink, item, data)
            else:
                self._sink.put(item, data)

    def large(self, id: bytes, kind: bytes, readinto: Callable[[memoryview], int]) -> None:
        """An object that is read bit by bit, so under its first path only."""
        first = min(self._items[id], key=lambda item: item.path.startswith(_BEFORE))
        feed(self._sink, first, _Readable(readinto))

    def lost(self, id: bytes, why: Reason, detail: str) -> None:
        """An object that cannot be read. That HEAD's version is not there only makes more of it new."""
        for item in self._items[id]:
            if not item.path.startswith(_BEFORE):
                self._sink.gap(item.path, why, f"its staged version cannot be read: {detail}")


@dataclass
class _Readable:
    readinto: Callable[[memoryview], int]


def _what(finding: Finding) -> tuple[str, str]:
    return finding.rule, finding.fingerprint


def _differences(git: Git, base: str) -> list[bytes] | Unseen:
    return git.lines(
        "--no-replace-objects", "diff-index", "--cached", "--raw", "-z", "--no-abbrev", "--no-renames", "--no-relative",
        "--no-ext-diff", "-O/dev/null", base, "--",
    )  # fmt: skip


def _changes(listed: Sequence[bytes]) -> tuple[list[_Change], list[str]]:
    """From git's raw format (git-diff-index(1), "raw output format")."""
    changes: list[_Change] = []
    conflicts: list[str] = []
    known: set[bytes] = set()
    for head, name in zip(listed[::2], listed[1::2], strict=True):
        old_mode, mode, old, id, status = head.lstrip(b":").decode("ascii").split(" ")
        path = name.decode("utf-8", "surrogateescape")
        if status == "U":
            conflicts.append(path)
        if old_mode not in (_SUBMODULE, "000000"):
            known.add(old.encode("ascii"))
        if mode in (_SUBMODULE, "000000"):
            continue
        before = old.encode("ascii") if old_mode not in (_SUBMODULE, "000000") else None
        changes.append(_Change(path, id.encode("ascii"), before))
    # A file that only got another name, or another mode, is not new.
    return [change for change in changes if change.id not in known], conflicts
