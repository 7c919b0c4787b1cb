"""What a host does over plain HTTP."""

from dataclasses import dataclass

from prodproof.facts.reason import Reason


@dataclass(frozen=True)
class PlainAnswer:
    """One answer over plain HTTP."""

    method: str
    path: str
    """`(random)` for a path that was made up."""

    status: int
    leads_to: str | None = None
    """Where a redirect leads, without its query."""

    interposed: str | None = None
    """Who seems to have answered in the site's place."""


@dataclass(frozen=True)
class PlainDoor:
    """The plain HTTP port at one address."""

    address: str
    """`proxy` where a proxy chose it."""

    door: str
    """`open`, `refused`, `silent`, or `unreachable` (this vantage has no way to it)."""

    answers: tuple[PlainAnswer, ...] = ()
    lost: tuple[tuple[str, Reason, str], ...] = ()
    """Requests without an answer: method and path, why, detail."""


@dataclass(frozen=True)
class PlainHttp:
    """The plain HTTP side of a host, at each of its addresses."""

    host: str
    port: int
    doors: tuple[PlainDoor, ...]
    control: bool = False
    """Whether this vantage got through to a plain HTTP port elsewhere in this run, so that silence means closed."""
