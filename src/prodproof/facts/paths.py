"""What certain paths of a host answer, compared with paths that cannot exist."""

from dataclasses import dataclass
from enum import StrEnum

from prodproof.facts.reason import Reason


class Table(StrEnum):
    """Whether the application's own URL table told which paths there are."""

    READ = "read"
    NOT_READ = "not-read"
    """A [[django]] command is declared, and its table is not known (yet)."""

    NONE = "none"
    """No application is declared that could be asked."""


@dataclass(frozen=True, kw_only=True)
class PathAnswer:
    """What one path answered, redirects on the same host followed."""

    path: str
    what: str
    """What would be there: `Spring actuator`, `declared`, `URL table`."""

    status: int
    """Of the last answer."""

    as_unknown: bool
    """Whether a path that cannot exist gets the same answer."""

    recognised: bool = False
    """Whether the answer bears the sign of what would be there."""

    password_form: bool = False
    page: str = ""
    """Path of the page at the end of redirects, where it is another."""

    sent_to: str | None = None
    """Host that the last answer sends to, if it leaves this one."""

    challenge: str | None = None
    """Scheme of WWW-Authenticate, lower case."""

    interposed: str | None = None
    certificate_error: str | None = None
    forwarded: bool = False
    """Whether forged forwarding headers (X-Forwarded-For ...) were sent with the request."""


@dataclass(frozen=True)
class PathLost:
    """A path without an answer."""

    path: str
    why: Reason
    detail: str


@dataclass(frozen=True, kw_only=True)
class DebugPaths:
    """Debug, test and development endpoints that were looked for on one host."""

    answers: tuple[PathAnswer, ...]
    lost: tuple[PathLost, ...] = ()
    home: PathAnswer | None = None
    table: Table = Table.NONE
    only_redirects: bool = False
    """Whether this is plain HTTP that leads to HTTPS on the same host, so that no path was asked here."""


@dataclass(frozen=True, kw_only=True)
class ServedEnvFiles:
    """Environment files that were looked for in the web root of one host."""

    answers: tuple[PathAnswer, ...]
    lost: tuple[PathLost, ...] = ()
    home: PathAnswer | None = None


@dataclass(frozen=True, kw_only=True)
class AdminPaths:
    """Administration panels that were looked for on one host."""

    answers: tuple[PathAnswer, ...]
    lost: tuple[PathLost, ...] = ()
    home: PathAnswer | None = None
    table: Table = Table.NONE
    only_redirects: bool = False
    """Whether this is plain HTTP that leads to HTTPS on the same host, so that no path was asked here."""


@dataclass(frozen=True, kw_only=True)
class ClosedSite:
    """What strangers get from an environment that must be closed, beside what its declared login gets."""

    url: str
    environment: str
    answers: tuple[PathAnswer, ...]
    """Anonymous."""

    lost: tuple[PathLost, ...] = ()
    differs: bool | None = None
    """Whether the declared login is let in at the entry point and gets another answer than a stranger; None where
    there was no login to try."""

    why_no_login: str = ""
    """Why the login could not be tried."""

    table: Table = Table.NONE
