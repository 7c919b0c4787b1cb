"""What a search for secrets found, without any of them."""

from dataclasses import dataclass

from prodproof.facts.location import Location
from prodproof.facts.reason import Reason


@dataclass(frozen=True, kw_only=True)
class SecretSeen:
    """One secret at one place. It holds no value."""

    what: str
    """`Stripe secret key`, or the name of the declared secret."""

    rule: str
    """Id of the rule; `value` where the very value of a declared secret was found."""

    path: str
    """Within what was searched; members of containers are joined by `!`."""

    finding: str
    """Its stable id, by which it can be allowed."""

    fingerprint: str
    """Under the system's key: equal values have equal ones."""

    line: int | None = None
    encoding: str = "plain"
    commit: str | None = None
    """The oldest commit that brought it, where it was found in a history."""

    date: str | None = None
    """Author date of that commit, ISO 8601."""

    context: str = ""
    """The line around it, with every secret in it left out."""

    @property
    def location(self) -> Location:
        return Location(self.path, self.line)


@dataclass(frozen=True, kw_only=True)
class Unsearched:
    """A part that was not searched."""

    path: str
    why: Reason
    detail: str


@dataclass(frozen=True, kw_only=True)
class Traced:
    """A search, and whether finding nothing means that nothing is there."""

    seen: tuple[SecretSeen, ...] = ()
    more: int = 0
    """Found beyond the bound, and not listed."""

    unsearched: tuple[Unsearched, ...] = ()
    bytes_read: int = 0
    rules: int = 0
    """By how many patterns; none if it was searched for exact values alone."""

    values: int = 0
    """How many exact values were searched for."""

    unresolved: tuple[Unsearched, ...] = ()
    """Declared secrets (`path` is the name) whose value could not be had, or is too short to be searched for."""

    allowed: int = 0
    """Findings that the system file allows, with reason, owner and date."""
