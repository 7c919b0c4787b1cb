"""A git repository with its whole history: every object that is there, whether anything still refers to it or not.

Blobs of every branch, tag, note and stash, of what was amended, reset or only staged; messages of commits and tags with
their author lines; files of Git LFS that are here. Names of files are not searched. Submodules are other repositories:
each one is a gap that says so. What a shallow or partial clone lacks is a gap; nothing is ever fetched.
"""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from prodproof.facts import Reason, Unseen
from prodproof.reach.git.command import Git
from prodproof.system.errors import UserError, inert
from prodproof.trace.cache import Cache, Standing
from prodproof.trace.finding import Finding
from prodproof.trace.sources._git_bulk import capacity
from prodproof.trace.sources._git_feed import Account, ObjectsPart, id_of
from prodproof.trace.sources._git_history import EVERYTHING, Commits, commits_of, trace_history
from prodproof.trace.sources._git_ids import Ids
from prodproof.trace.sources._git_lines import GitError, Portion, Work, output_lines
from prodproof.trace.sources._git_list import Listing, portion_of
from prodproof.trace.sources._git_memory import Lack, Memory
from prodproof.trace.sources._git_places import index_entries, is_blob, placed
from prodproof.trace.sources._git_store import history_state
from prodproof.trace.stream import Item

_EXAMPLES = 3


class GitSource:
    """The objects of one repository. `open` makes it."""

    def __init__(
        self,
        place: str,
        directory: Path,
        layout: tuple[Path, Path],
        width: int,
        cache: Cache | None,
        revisions: Sequence[str],
    ) -> None:
        """
        Args:
            directory: the repository, or a directory in its work tree.
            layout: its directory for this work tree, and the one for all of its work trees together.
            width: bytes of an object id.
            revisions: ids of commits, those to leave out with `^` before them; everything if empty.
        """
        self.place = place
        self._git = Git(directory)
        self._own, self._common = layout
        self._width = width
        self._revisions = tuple(revisions)
        self._memory = Memory(cache, self._common, width)
        self._unchanged = self._memory.unchanged and not revisions
        self._listing: Listing | None = None
        self._refs: Future[tuple[str | Unseen, Commits]] | None = None
        self._lacks: list[Lack] = []
        self._account = Account(self._memory.note)

    @classmethod
    def open(
        cls,
        place: str,
        directory: Path,
        cache: Cache | None = None,
        revisions: Sequence[str] = (),
        since: str | None = None,
    ) -> "GitSource":
        """The repository that a directory is or lies in.

        Args:
            place: as it was asked for.
            cache: where it is kept what was searched before; None: nowhere.
            revisions: only what is reachable from these; from HEAD if `since` is given and they are not.
            since: a revision; what is reachable from it is left out.

        Raises:
            UserError: there is no repository, or no such revision, or git is not installed.
        """
        shown = inert(str(directory))
        if not directory.is_dir():
            raise UserError(f"{shown} is no directory; give one that is a git repository, or lies in one")
        git = Git(directory)
        answer = git("rev-parse", "--git-dir", "--git-common-dir", "--show-object-format", timeout=20)
        if isinstance(answer, Unseen):
            raise UserError(f"{shown}: {answer.detail}")
        if answer.code != 0:
            raise UserError(f"{shown} is no git repository: {inert(answer.error_line())}")
        own, common, form = answer.stdout.splitlines()[:3]
        layout = tuple(Path(os.path.realpath(directory / os.fsdecode(each))) for each in (own, common))
        resolved = [_resolved(git, shown, revision) for revision in revisions or (["HEAD"] if since else [])]
        if since:
            resolved.append("^" + _resolved(git, shown, since))
        return cls(place, directory, (layout[0], layout[1]), 32 if form == b"sha256" else 20, cache, resolved)

    def parts(self, count: int) -> Iterator[ObjectsPart]:
        """One part for each thread; all take from one list, so that none ends long before the others."""
        count = max(1, count)
        room = capacity(count)
        if self._unchanged:
            again = [id.encode("ascii") for id in self._memory.told.again]
            step = portion_of(self._width)
            portions: Iterable[Portion] = [Portion(again[at : at + step]) for at in range(0, len(again), step)]
        else:
            only = self._reachable() if self._revisions else None
            portions = self._listing = Listing(self._git, self._memory.searched(), self._width, room, only)
            # Wanted at the end; at the beginning there is a processor free for it.
            pool = ThreadPoolExecutor(1)
            self._refs = pool.submit(self._read_refs)
            pool.shutdown(wait=False)
        work = Work(portions)
        for _ in range(count):
            self._account.opened()
            yield ObjectsPart(self._git, work, room, self._account, self._common / "lfs")

    def size(self) -> int | None:
        """Bytes of what is to be read; None until git has listed it, which takes a second or two for large ones."""
        if self._unchanged:
            return 0
        return self._listing.size if self._listing is not None and self._listing.ended else None

    def locate(self, item: Item, findings: Sequence[Finding]) -> Sequence[Finding]:
        """The findings of one item. `conclude` does it for all, at the price of one."""
        traced = trace_history(self._git, self._commits(), [id_of(item)], self._width, None)
        return tuple(placed(self._git, self.place, {id_of(item): findings}, traced.standing))

    def conclude(
        self,
        found: Mapping[Item, Sequence[Finding]],
        sound: bool,
        whole: bool,
        gap: Callable[[str, Reason, str], None],
        counts: Callable[[Finding], bool],
    ) -> Sequence[Finding]:
        """Where everything stands, and what the repository lacks; both are kept for the next time."""
        fresh: dict[str, list[Finding]] = {}
        for item, findings in found.items():
            fresh.setdefault(id_of(item), []).extend(findings)
        whole = whole and not self._account.open_parts and (self._listing is None or not self._listing.failures)
        if sound and whole and (answer := self._as_before(fresh, gap)) is not None:
            return answer
        present = None if self._listing is None else self._listing.present()
        dirty = self._memory.dirty(present) | {id: tuple(findings) for id, findings in fresh.items()}
        standing, history = self._stand(dirty, present)
        for lack in (*self._lacks, *self._unread(standing)):
            gap(*lack)
        again = self._account.again
        steady = placed(self._git, self.place, {id: dirty[id] for id in dirty if id not in again}, standing)
        answer = tuple(filter(counts, steady))
        if not sound:
            self._memory.drop()
        elif self._revisions:
            self._memory.ranged()
        elif whole:
            self._memory.ended(present, dirty, sorted(again), history, standing, self._lacks, answer)
        else:
            self._memory.interrupted()
        return (*answer, *placed(self._git, self.place, {id: dirty[id] for id in dirty if id in again}, standing))

    def _as_before(
        self, fresh: Mapping[str, Sequence[Finding]], gap: Callable[[str, Reason, str], None]
    ) -> tuple[Finding, ...] | None:
        """The answer of the last time, if neither the objects nor the refs have changed since."""
        told = self._memory.told
        history = history_state(self._git, self._own) if self._unchanged else ""
        if isinstance(history, Unseen) or not history or told.history != history:
            return None
        if not {*fresh, *self._account.again} <= told.standing.keys():
            return None
        for lack in (*told.gaps, *self._unread(told.standing)):
            gap(*lack)
        before = (replace(finding, place=self.place) for finding in told.dirty.get("", ()))
        return (*before, *placed(self._git, self.place, fresh, told.standing))

    def _stand(
        self, dirty: Mapping[str, Sequence[Finding]], present: Ids | None
    ) -> tuple[dict[str, tuple[Standing, ...]], str]:
        """Where blobs stand, with what is amiss in them; and the state of the refs that this was found out in."""
        wanted = {id for id, findings in dirty.items() if is_blob(findings)} | self._account.again
        kept = self._memory.kept
        history, commits = self._refs.result() if self._refs else (history_state(self._git, self._own), None)
        if isinstance(history, Unseen):
            self._lacks.append(("", history.why, f"its refs cannot be read: {history.detail}"))
            history = ""
        if self._unchanged and history and kept.history == history and wanted <= kept.standing.keys():
            self._lacks += kept.gaps
            return {id: kept.standing[id] for id in wanted}, history
        checked = None if self._revisions else present or self._all_known()
        traced = trace_history(self._git, commits or self._commits(), wanted, self._width, checked)
        standing = {id: traced.standing.get(id, ()) for id in wanted}
        self._look_at_index(standing)
        self._lacks += [("", failure.why, failure.detail) for failure in traced.failures]
        self._lacks += _missing(traced.missing, traced.examples)
        self._lacks += self._cut_off()
        if self._listing is not None:
            self._lacks += [("", failure.why, failure.detail) for failure in self._listing.failures]
            self._lacks += _damaged(self._listing)
        return standing, history

    def _read_refs(self) -> tuple[str | Unseen, Commits]:
        # In this order: what comes in between makes another state.
        return history_state(self._git, self._own), self._commits()

    def _commits(self) -> Commits:
        return commits_of(self._git, self._revisions or EVERYTHING)

    def _all_known(self) -> Ids:
        again = bytes.fromhex("".join(self._memory.kept.again))
        return Ids(self._memory.searched().raw + again, self._width)

    def _look_at_index(self, standing: dict[str, tuple[Standing, ...]]) -> None:
        """Blobs that are only staged have a path; submodules are told."""
        lost = {id for id, places in standing.items() if not places}
        for mode, id, path in index_entries(self._git):
            if mode == "160000" and not self._revisions:
                self._lacks.append((path, Reason.INCOMPLETE, "a submodule is another repository; search that too"))
            elif id in lost:
                standing[id] = (*standing[id], Standing(path, None, None))

    def _cut_off(self) -> Iterator[Lack]:
        try:
            cuts = len((self._common / "shallow").read_bytes().split())
        except OSError:
            return
        if cuts:
            yield "", Reason.INCOMPLETE, f"a shallow clone: what was before {_counted(cuts, 'commit')} is not here"

    def _unread(self, standing: Mapping[str, tuple[Standing, ...]]) -> Iterator[Lack]:
        """What is amiss in objects that are here."""
        account = self._account

        def path(id: str) -> str:
            places = standing.get(id)
            return places[0].path if places else f"object {id}"

        for id, inner, why, detail in account.gaps:
            yield path(id) + inner, why, detail
        if account.gaps_more:
            yield "", Reason.INCOMPLETE, f"and {account.gaps_more} parts of objects more"
        if account.not_here:
            names = sorted(path(id) for id in account.not_here)
            what = _counted(len(names), "file")
            yield "", Reason.INCOMPLETE, f"{what} of Git LFS not downloaded: {_some(names, len(names))}"

    def _reachable(self) -> list[bytes]:
        """Ids of what the revisions have."""
        ids: list[bytes] = []
        missing = 0
        with self._git.start(
            "--no-replace-objects", "rev-list", "--objects", "--missing=print", *self._revisions, "--"
        ) as child:
            try:
                for lines in output_lines(child):
                    here = [line for line in lines if line[:1] != b"?"]
                    missing += len(lines) - len(here)
                    ids += [line.partition(b" ")[0] for line in here]
            except GitError as failure:
                self._lacks.append(("", failure.why, f"not every object can be followed: {failure}"))
        self._lacks += _missing(missing, ())
        return ids


def _resolved(git: Git, shown: str, revision: str) -> str:
    answer = git("rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}", timeout=20)
    if isinstance(answer, Unseen):
        raise UserError(f"{shown}: {answer.detail}")
    if answer.code != 0:
        raise UserError(f"{shown} has no commit {inert(revision)}")
    return answer.stdout.decode("ascii").strip()


def _missing(count: int, examples: Sequence[str]) -> Iterator[Lack]:
    if count:
        named = f": {_some(examples, count)}" if examples else ""
        yield "", Reason.INCOMPLETE, f"{_counted(count, 'object')} of the history not in this clone{named}"


def _damaged(listing: Listing) -> Iterator[Lack]:
    if listing.unreadable:
        some = _some(listing.examples, listing.unreadable)
        yield "", Reason.INCOMPLETE, f"{_counted(listing.unreadable, 'object')} damaged: {some}"


def _counted(count: int, noun: str) -> str:
    return f"1 {noun}" if count == 1 else f"{count} {noun}s"


def _some(names: Sequence[str], count: int) -> str:
    return ", ".join(names[:_EXAMPLES]) + (", …" if count > min(len(names), _EXAMPLES) else "")
