"""Where the blobs of a history stand: paths, and the oldest commit that brought each of them there.

One pass over the differences of all commits answers for any number of blobs, and shows at once which blobs the
history speaks of that are not there.
"""

import tempfile
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import chain

from prodproof.facts import Reason, Unseen
from prodproof.reach.git.command import Git
from prodproof.trace.cache import Standing
from prodproof.trace.sources._git_ids import Ids
from prodproof.trace.sources._git_lines import GitError, output_lines

EVERYTHING = ("--all", "--reflog")
"""Every ref and HEAD of every work tree, and what the reflogs remember: stashes, what was amended or reset away."""

MAX_PATHS = 20
"""Paths that are kept of one blob."""

MAX_BROKEN = 50
"""Commits that cannot be compared with their parents, after which the rest is given up."""

_WORKERS = 2
_BLOCK = 500
"""Commits that a worker takes at a time: neighbours share trees, which git keeps, and new ones cost more than old."""

_CHECKED = 20_000


@dataclass
class Traced:
    """What a pass found out."""

    standing: dict[str, tuple[Standing, ...]]
    """By blob id; blobs that no commit has are not in it."""

    missing: int = 0
    """Blobs that commits have and the repository has not."""

    examples: list[str] = field(default_factory=list)
    """Paths of some of them."""

    failures: list[Unseen] = field(default_factory=list)


@dataclass(frozen=True)
class Commits:
    """The commits of a history."""

    ids: bytes
    """A line for each, newest first."""

    failures: tuple[Unseen, ...] = ()
    """Why they are not all of them."""


def commits_of(git: Git, revisions: Sequence[str]) -> Commits:
    """The commits that revisions lead to.

    Args:
        revisions: as for git rev-list; they were checked to be no options.
    """
    commits = bytearray()
    failures: tuple[Unseen, ...] = ()
    with git.start("--no-replace-objects", "rev-list", "--date-order", *revisions, "--") as child:
        try:
            for lines in output_lines(child):
                commits += b"".join(line + b"\n" for line in lines)
        except GitError as failure:
            failures = (Unseen(failure.why, f"not every commit can be followed: {failure}"),)
    return Commits(bytes(commits), failures)


def trace_history(git: Git, commits: Commits, wanted: Iterable[str], width: int, present: Ids | None) -> Traced:
    """Pass over the history once.

    Args:
        commits: all of them.
        wanted: ids of blobs.
        width: bytes of an id.
        present: every blob that can be read; None if that does not matter.
    """
    failures = list(commits.failures)
    asked = frozenset(id.encode("ascii") for id in wanted)
    workers = [
        _Worker(git, number, _share(commits.ids, number, width), asked, width, present) for number in range(_WORKERS)
    ]
    with ThreadPoolExecutor(_WORKERS) as pool:
        list(pool.map(_Worker.run, workers))
    oldest: dict[bytes, dict[bytes, _Since]] = {}
    missing: dict[bytes, bytes] = {}
    for worker in workers:
        failures += worker.failures
        missing |= worker.missing
        for id, paths in worker.oldest.items():
            for path, since in paths.items():
                _older(oldest.setdefault(id, {}), path, since)
    return Traced(
        {id.decode("ascii"): tuple(_standing(paths)) for id, paths in oldest.items()},
        len(missing),
        [path.decode("utf-8", "surrogateescape") for path in sorted(set(missing.values()))[:3]],
        failures,
    )


def _share(commits: bytes, number: int, width: int) -> bytes:
    step = _BLOCK * (2 * width + 1)
    return b"".join(commits[at : at + step] for at in range(number * step, len(commits), _WORKERS * step))


_Since = tuple[int, bytes]
"""How far back in the order of commits, and the commit's id and date."""


def _older(paths: dict[bytes, _Since], path: bytes, since: _Since) -> None:
    known = paths.get(path)
    if known is None:
        if len(paths) < MAX_PATHS:
            paths[path] = since
    elif known[0] < since[0]:
        paths[path] = since


def _standing(paths: dict[bytes, _Since]) -> Iterator[Standing]:
    for path, (_, commit) in sorted(paths.items()):
        id, _, date = commit.partition(b" ")
        yield Standing(path.decode("utf-8", "surrogateescape"), id.decode("ascii"), date.decode("ascii"))


@dataclass
class _Worker:
    git: Git
    number: int
    commits: bytes
    """Its share of the ids, a line for each, newest first."""

    wanted: frozenset[bytes]
    width: int
    present: Ids | None

    oldest: dict[bytes, dict[bytes, _Since]] = field(default_factory=dict)
    missing: dict[bytes, bytes] = field(default_factory=dict)
    failures: list[Unseen] = field(default_factory=list)

    def run(self) -> None:
        line = 2 * self.width + 1
        count = len(self.commits) // line
        answered = broken = 0
        while answered < count:
            answered, error = self._differences(answered, self.commits[answered * line :])
            if error is None:
                break
            broken += 1
            if broken > MAX_BROKEN or error.why is not Reason.INCOMPLETE:
                left = f"{count - answered} commits were not compared with their parents"
                self.failures.append(Unseen(error.why, f"{left}: {error}"))
                return
            # git ends at a commit whose tree is not there; it prints a line for every other one.
            answered += 1
            last = error
        if broken:
            what = "1 commit" if broken == 1 else f"{broken} commits"
            self.failures.append(Unseen(Reason.INCOMPLETE, f"{what} cannot be compared with their parents: {last}"))

    def _differences(self, done: int, commits: bytes) -> tuple[int, GitError | None]:
        """Compare commits with their parents; returns how many are done then, and why not all are."""
        with tempfile.TemporaryFile() as ids:
            ids.write(commits)
            ids.seek(0)
            with self.git.start(
                # -c shows of a merge what no parent has; the rest came with another commit.
                "--no-replace-objects", "diff-tree", "--stdin", "--root", "--always", "-r", "-c", "--raw", "-z",
                "--no-abbrev", "--no-renames", "--no-relative", "--no-ext-diff", "-O/dev/null", "--format=%x01%H %aI",
                stdin=ids.fileno(),
            ) as child:  # fmt: skip
                try:
                    for answered in self._take(chain.from_iterable(output_lines(child, b"\0")), done):
                        done = answered
                except GitError as failure:
                    return done, failure
        return done, None

    def _take(self, tokens: Iterator[bytes], done: int) -> Iterator[int]:
        order = 0
        commit = b""
        hexadecimal = 2 * self.width
        wanted = self.wanted
        to_check: dict[bytes, bytes] = {}
        try:
            for token in tokens:
                if token[:1] == b"\x01":
                    commit = token[1:]
                    order = (done // _BLOCK * _WORKERS + self.number) * _BLOCK + done % _BLOCK
                    done += 1
                    yield done
                    continue
                head = token.lstrip(b"\n")
                if not head:
                    continue
                parents = 1 if head[1:2] != b":" else len(head) - len(head.lstrip(b":"))
                path = next(tokens, b"")
                if head[8 * parents : 8 * parents + 6] in _NO_BLOB:
                    continue
                id = head[-hexadecimal - 1 - parents : -1 - parents]
                to_check[id] = path
                if id in wanted:
                    _older(self.oldest.setdefault(id, {}), path, (order, commit))
                if len(to_check) >= _CHECKED:
                    self._check(to_check)
        finally:
            self._check(to_check)

    def _check(self, blobs: dict[bytes, bytes]) -> None:
        if self.present is not None:
            for id in self.present.without(list(blobs)):
                self.missing.setdefault(id, blobs[id])
        blobs.clear()


_NO_BLOB = (b"000000", b"160000")
"""Modes: deleted; a submodule's commit, which is an object of another repository."""
