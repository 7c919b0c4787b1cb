"""What the names of a zone lead to."""

from dataclasses import dataclass
from enum import StrEnum

from prodproof.facts.unseen import Unseen


class Lookup(StrEnum):
    """How a question to the name system ended."""

    FOUND = "found"
    NO_DATA = "no-data"
    """The name exists, without a record of that type."""

    NO_NAME = "no-name"
    """NXDOMAIN: the name at the end of the chain does not exist."""

    SERVER_FAILED = "server-failed"
    REFUSED = "refused"
    TIMED_OUT = "timed-out"
    UNREACHABLE = "unreachable"
    """No route to the name server, or nothing listens there."""

    NOT_ALLOWED = "not-allowed"
    """This machine does not let the question out."""

    NOT_ASKED = "not-asked"
    """This machine could not ask: it has no sockets left."""

    BROKEN = "broken"
    """The answer is not valid DNS, or leads in a circle."""


class Takeover(StrEnum):
    """Whether a stranger can claim a name that is free at a service."""

    VULNERABLE = "vulnerable"
    EDGE = "edge"
    """Only in some of the service's plans or configurations."""

    NOT_VULNERABLE = "not-vulnerable"


@dataclass(frozen=True, kw_only=True)
class TargetSeen:
    """What an MX or NS record names."""

    name: str
    lookup: Lookup
    """Of its addresses."""

    addresses: tuple[str, ...] = ()
    serves: Lookup | None = None
    """For name servers: how it answered for the delegated zone (`found`: with authority); None if it was not asked."""


@dataclass(frozen=True, kw_only=True)
class NameSeen:
    """One name of the zone."""

    name: str
    """Without the final dot; begins with `*.` for a wildcard, which is asked with a made-up label."""

    lookup: Lookup
    """Of its addresses."""

    chain: tuple[str, ...] = ()
    """The names that its CNAME records lead through, the last one first to be without a CNAME."""

    addresses: tuple[str, ...] = ()
    mail: tuple[TargetSeen, ...] = ()
    servers: tuple[TargetSeen, ...] = ()
    """Name servers that the name is delegated to; for the zone itself, its own."""

    service: str = ""
    """The provider that its chain ends at, where that is one at which names can be free."""

    takeover: Takeover | None = None
    claimable_by_nxdomain: bool = False
    """Whether, at that provider, a name that does not exist is one that can be claimed."""

    free: bool = False
    """Whether the provider said that nobody has claimed the name."""

    answers: bool | None = None
    """Whether a web server answered under the name; None if it was not asked."""

    answer: str = ""
    """Status line or reason, for a person."""

    visit_unseen: Unseen | None = None
    """Why it is not known what answers."""


@dataclass(frozen=True, kw_only=True)
class ZoneNames:
    """Every name of one zone that its data lists."""

    zone: str
    source: str
    """The file that listed the names."""

    names: tuple[NameSeen, ...]
