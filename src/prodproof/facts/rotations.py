"""What was seen while a secret was rotated."""

from dataclasses import dataclass

from prodproof.facts.location import Location
from prodproof.facts.unseen import Unseen


@dataclass(frozen=True, kw_only=True)
class LoadSeen:
    """What came of the requests that were made meanwhile."""

    requests: int
    failed: int
    rate: float
    """Requests a second, as they were answered."""

    seconds: float
    wanted: int
    """How many there had to be at least."""

    wanted_rate: float
    whole: bool
    """Whether all of the rotation lies in it; not, where an interruption made it begin anew."""

    throttled: int = 0
    """Requests beyond these that were turned away because there were too many (429)."""


@dataclass(frozen=True, kw_only=True)
class Phase:
    """One part of the rotation, and how long it took."""

    name: str
    seconds: float | None
    """None where an interruption fell into it."""


@dataclass(frozen=True, kw_only=True)
class RotationTested:
    """A credential that was replaced while the system ran. Each field is None where the drill did not come so far."""

    kind: str
    """How it was rotated: `postgres`, `redis`, `command` …"""

    old: str
    """What the old credential is called, without its secret."""

    new: str | None = None
    problems: tuple[str, ...] = ()
    """What stood in its way before anything was done, one line each."""

    wrong_refused: bool | None = None
    """Whether a known-wrong credential was refused: else no refusal says anything."""

    new_accepted: bool | None = None
    missing: tuple[str, ...] | None = None
    """What the old one might do and the new one might not."""

    stored: bool | None = None
    """Whether the declared store holds the new one."""

    picked_up_by: str | None = None
    """What told the application: `command`, `url`, `signal`, `waiting`."""

    used: bool | None = None
    """Whether others than prodproof used the new one."""

    still_used: tuple[str, ...] | None = None
    """Who logged in with the old one when the time for picking up was over, as far as the service knows."""

    lived_on: int | None = None
    """Sessions of the old one that were open when nobody logged in with it any more."""

    came_back: bool | None = None
    """Whether somebody logged in with the old one again when its sessions were ended."""

    old_refused: bool | None = None
    """Whether the retired one was refused."""

    sessions_left: int | None = None
    """Sessions of the retired one that could not be ended."""

    load: LoadSeen | None = None
    phases: tuple[Phase, ...] = ()
    objective: float | None = None
    """Seconds that the whole may take."""

    took: float | None = None
    """Seconds from the first step to the last; None where an interruption fell into it."""

    undone: bool = False
    """Whether it was put back, so that the old one is good again."""

    left: tuple[str, ...] = ()
    """What could not be put back."""

    interruptions: int = 0
    failure: str = ""
    """What did not work, in the drill's words; empty where all that was tried did."""

    stopped: Unseen | None = None
    """Why it did not come to its end, where nothing failed."""

    location: Location | None = None
    """Where its rotation is declared."""
