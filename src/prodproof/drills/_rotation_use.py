"""Who uses a credential: watched until the application has gone over from one to the other."""

import time
from dataclasses import dataclass

from prodproof.drills import _load
from prodproof.drills._rotation import Bench, must
from prodproof.reach.rotation.credential import Credential, Use
from prodproof.reach.rotation.material import Material

DRAIN_SECONDS = 30.0
"""For which sessions that do something are left to come to their end."""


@dataclass(frozen=True)
class Move:
    """What was seen of an application going over from one credential to the other."""

    used: bool
    """Whether the one that it is to use was used."""

    quiet: bool
    """Whether nobody logged in with the other one at the end, for as long as wanted."""

    open: int
    """Sessions of the other one that are still open."""

    who: tuple[str, ...] = ()
    """Who logged in with the other one last, as far as the service knows."""


class _Followed:
    """One credential, with what is new since the last look."""

    def __init__(self, credential: Credential, material: Material) -> None:
        self._credential, self._material = credential, material
        self.before = self._look()
        self.now = self.before
        self.since = time.monotonic()
        """When somebody logged in last, or the watch began."""

        self.who: frozenset[str] = frozenset()
        self.new = False

    def look(self) -> None:
        earlier, self.now = self.now, self._look()
        counted = self.now.count is not None and earlier.count is not None and self.now.count > earlier.count
        if counted or self.now.sessions - earlier.sessions:
            self.new, self.since, self.who = True, time.monotonic(), self.now.who

    def _look(self) -> Use:
        return must(self._credential.use(self._material))


def watched(bench: Bench, to: Material, away: Material, seconds: float, *, quiet: float) -> Move:
    """Watch, under load, until one credential is used and nobody has logged in with the other one for a while.

    A session that is shorter than the time between two looks can be missed once; under load not again and again.

    Args:
        to: the one that is to be used.
        away: the one that is not.
        seconds: how long that may take.
        quiet: for how long nobody may have logged in with the other one, seconds.
    """
    one, other = _Followed(bench.credential, to), _Followed(bench.credential, away)
    until = time.monotonic() + seconds
    while True:
        _load.counted(bench.scene)
        one.look()
        other.look()
        used = one.new or bool(one.now.sessions)
        is_quiet = time.monotonic() - other.since >= quiet
        if (used and is_quiet) or time.monotonic() > until or bench.scene.ending():
            return Move(used, is_quiet, len(other.now.sessions), tuple(sorted(other.who)))
        time.sleep(bench.credential.look_seconds)


def ended(bench: Bench, material: Material, seconds: float) -> int:
    """End the sessions of a credential: idle ones first, and after half of the time those as well that do something.

    Returns:
        How many were ended.
    """
    began, count = time.monotonic(), 0
    while True:
        late = time.monotonic() - began > seconds / 2
        count += must(bench.credential.end_sessions(material, busy=late))
        left = must(bench.credential.use(material)).sessions
        if not left or time.monotonic() - began > seconds:
            return count
        time.sleep(bench.credential.look_seconds)
