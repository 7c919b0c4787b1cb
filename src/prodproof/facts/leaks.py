"""What was seen while a leak was exercised, from the planted canary to the drafted notification."""

from dataclasses import dataclass

from prodproof.facts.rotations import Phase, RotationTested
from prodproof.facts.unseen import Unseen


@dataclass(frozen=True, kw_only=True)
class LeakPlace:
    """A place where the value of a secret lies, beside its store."""

    place: str
    """What was searched: `work tree .`, `history of .`, the name of a log or a backup."""

    path: str


@dataclass(frozen=True, kw_only=True)
class LeakReader:
    """Who read the secret since the leak, as its audit trail has it."""

    who: str
    times: int
    last: str


@dataclass(frozen=True, kw_only=True)
class LeakHandled:
    """A planted leak, and what the team's process did about it. Fields are None where the drill did not come so far."""

    runbook: str
    """Path of the runbook that was followed."""

    canary_found: bool | None = None
    """Whether the search found what was planted: else finding nothing means nothing."""

    places: tuple[LeakPlace, ...] | None = None
    unsearched: tuple[str, ...] = ()
    """What could not be searched, one line each."""

    left_out: tuple[str, ...] = ()
    """What the search does not look into, one line each: backups that are repositories."""

    may_use: tuple[str, ...] | None = None
    """Who is declared to read it."""

    using: tuple[str, ...] = ()
    """Who used it at that moment, as the service that it opens knows them."""

    rotation: RotationTested | None = None
    trail_tells: bool | None = None
    """Whether a read of prodproof's own stood in the audit trail: else nobody else's would."""

    readers: tuple[LeakReader, ...] | None = None
    draft: str | None = None
    """The notification as it could be sent, with what is known filled in. No secret stands in it."""

    phases: tuple[Phase, ...] = ()
    took: float | None = None
    left: tuple[str, ...] = ()
    """What could not be put back."""

    interruptions: int = 0
    failure: str = ""
    """What did not work, in the drill's words; empty where all that was tried did."""

    stopped: Unseen | None = None
    """Why it did not come to its end, where nothing failed."""
