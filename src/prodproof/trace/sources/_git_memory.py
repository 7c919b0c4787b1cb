"""What is known of a repository from earlier searches, and what this one adds."""

import time
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path

from prodproof.facts import Reason
from prodproof.trace.cache import Cache, Kept, Standing
from prodproof.trace.finding import Finding
from prodproof.trace.sources._git_ids import Ids
from prodproof.trace.sources._git_store import store_state

SAVED_EVERY = 20.0
"""Seconds after which what was clean is written down: a search that is killed goes on from there."""

_TOLD = "\0told"
Lack = tuple[str, Reason, str]
"""Path, reason and detail of a gap."""


class Memory:
    """One repository's entry in the cache.

    Args:
        cache: None: nothing is known, and nothing is kept.
        common: the repository's directory; its name in the cache.
        width: bytes of an object id.
    """

    def __init__(self, cache: Cache | None, common: Path, width: int) -> None:
        self._cache = cache
        self._name = str(common)
        self._width = width
        self._fresh = bytearray()
        self._saved = time.monotonic()
        self.told = Kept() if cache is None else cache.load(self._name + _TOLD)
        """The answer of the last whole search, small enough to be read every time: `dirty` has under an empty id what
        counted, with paths and commits; `standing` is that of what is read again every time."""

        # Before anything is listed: what comes in meanwhile makes another state.
        self._state = "" if cache is None else store_state(common)
        self.unchanged = bool(self._state) and self.told.state == self._state
        """Whether the objects are those of the last whole search."""

    @cached_property
    def kept(self) -> Kept:
        """All that is known of the objects, also of findings that did not count where they stood."""
        kept = Kept() if self._cache is None else self._cache.load(self._name)
        return Kept() if len(kept.clean) % self._width else kept

    def searched(self) -> Ids:
        """What need not be read again."""
        return Ids(self.kept.clean + _raw(self.dirty(None)), self._width)

    def dirty(self, present: Ids | None) -> dict[str, tuple[Finding, ...]]:
        """What was found before, by id, in what need not be read again.

        Args:
            present: what there is now; None: all of it.
        """
        again = frozenset(self.kept.again)
        found = {id: each for id, each in self.kept.dirty.items() if id not in again}
        if present is None:
            return found
        held = present.holds([id.encode("ascii") for id in found]).tolist()
        return {id: each for (id, each), here in zip(found.items(), held, strict=True) if here}

    def note(self, clean: bytes) -> None:
        """So many ids more are clean; now and then that is written down."""
        self._fresh += clean
        if time.monotonic() - self._saved >= SAVED_EVERY:
            self.interrupted()
            self._saved = time.monotonic()

    def interrupted(self) -> None:
        """Keep what is clean; what was found is found again, since it may not be all."""
        if self._cache is not None:
            old = self.kept
            self._cache.save(self._name, Kept(old.clean + bytes(self._fresh), old.dirty, old.again))

    def ended(
        self,
        present: Ids | None,
        dirty: Mapping[str, Sequence[Finding]],
        again: Sequence[str],
        history: str,
        standing: Mapping[str, tuple[Standing, ...]],
        gaps: Sequence[Lack],
        answer: Sequence[Finding],
    ) -> None:
        """Everything was searched.

        Args:
            present: what was listed; None if it was not, since nothing has changed.
            answer: what counts of that which need not be read again.
        """
        if self._cache is None:
            return
        clean = Ids(self.kept.clean + bytes(self._fresh), self._width)
        if present is not None:
            clean = clean.common(present)
        found = {id: tuple(each) for id, each in dirty.items()}
        kept = Kept(clean.raw, found, tuple(sorted(again)), self._state, history, dict(standing), tuple(gaps))
        if kept != self.kept:
            self._cache.save(self._name, kept)
        near = {id: standing[id] for id in again if id in standing}
        self._cache.save(
            self._name + _TOLD, Kept(b"", {"": tuple(answer)}, kept.again, self._state, history, near, tuple(gaps))
        )

    def ranged(self) -> None:
        """Only a part of the history was searched: what was clean is worth knowing, and all else stays as it was."""
        old = self.kept
        if self._cache is not None and self._fresh:
            kept = Kept(old.clean + bytes(self._fresh), old.dirty, old.again, "", "", old.standing, ())
            self._cache.save(self._name, kept)

    def drop(self) -> None:
        """Nothing that is kept can be relied on."""
        if self._cache is not None:
            self._cache.drop(self._name)
            self._cache.drop(self._name + _TOLD)


def _raw(ids: Mapping[str, object]) -> bytes:
    return bytes.fromhex("".join(ids))
