"""What a web site says to a visitor.

Values that could be secrets are left out when these are made: cookie values, query strings of redirects, nonces.
"""

from dataclasses import dataclass
from enum import StrEnum

from prodproof.facts.reason import Reason


class Situation(StrEnum):
    """What was asked for, so that an answer of each kind is read."""

    NORMAL = "normal"
    """The entry point itself, or the page on the same host that it leads to."""

    REDIRECT = "redirect"
    """An answer that sends elsewhere."""

    NOT_FOUND = "not-found"
    """A random path that cannot exist."""

    METHOD = "method"
    """A harmless method that pages do not know (PROPFIND)."""

    HEAD = "head"
    """The normal page, headers only."""

    LOGIN = "login"
    """A page that asks for a password, found at a usual path."""

    ERROR = "error"
    """A server error."""


@dataclass(frozen=True)
class Cookie:
    """A cookie that was set, without its value."""

    name: str
    secure: bool = False
    http_only: bool = False
    same_site: str | None = None
    """As sent, in lower case; None when there is no such attribute."""

    domain: str | None = None
    path: str | None = None
    persistent: bool = False
    """Whether it outlives the browser session."""

    deleted: bool = False
    """Whether the answer removes it."""


@dataclass(frozen=True)
class Script:
    """A script that a page loads from somewhere."""

    source: str
    """Without its query."""

    integrity: bool = False
    cross_origin: bool = False


@dataclass(frozen=True, kw_only=True)
class Answer:
    """One answer, reduced to what claims are about."""

    situation: Situation
    method: str = "GET"
    path: str = "/"
    """The path asked for; `(random)` for one that was made up."""

    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    """Headers that claims are about, names in lower case, repeated ones kept in their order."""

    cookies: tuple[Cookie, ...] = ()
    html: bool = False
    meta_policies: tuple[str, ...] = ()
    """Content security policies in `<meta http-equiv>`."""

    meta_referrer: str | None = None
    """The content of the last `<meta name=referrer>`."""

    leads_to: str | None = None
    """Where a redirect leads, without its query."""

    password_form: bool = False
    """Whether the page asks for a password."""

    interposed: str | None = None
    """Who seems to have answered in the site's place (a firewall's challenge, a maintenance page), and by what sign."""

    certificate_error: str | None = None
    """Why the certificate was not trusted, where the answer was read all the same."""

    def all(self, name: str) -> tuple[str, ...]:
        """Every value of a header."""
        return tuple(value for key, value in self.headers if key == name)

    def first(self, name: str) -> str | None:
        """The first value of a header."""
        return next((value for key, value in self.headers if key == name), None)

    @property
    def called(self) -> str:
        """How a message names this answer."""
        names = {
            Situation.NORMAL: f"the normal answer ({self.path})",
            Situation.REDIRECT: f"the redirect answer ({self.path})",
            Situation.NOT_FOUND: f"the {self.status} answer to an unknown path",
            Situation.METHOD: f"the {self.status} answer to {self.method} {self.path}",
            Situation.HEAD: f"the answer to HEAD {self.path}",
            Situation.LOGIN: f"the login page ({self.path})",
            Situation.ERROR: f"the {self.status} answer",
        }
        return names[self.situation]


@dataclass(frozen=True)
class Missing:
    """An answer that was asked for and not had."""

    situation: Situation
    why: Reason
    detail: str = ""


@dataclass(frozen=True, kw_only=True)
class SiteAnswers:
    """What an entry point answers over its own scheme."""

    scheme: str
    host: str
    """Without port."""

    answers: tuple[Answer, ...]
    missing: tuple[Missing, ...] = ()
    scripts: tuple[Script, ...] = ()
    """Those of the normal page."""

    foreign_origin_allowed: tuple[str | None, bool] = (None, False)
    """Access-Control-Allow-Origin for a foreign origin (`(the asking one)` when it is echoed), and whether
    credentials are allowed."""

    plain_route: tuple[str, ...] | None = None
    """URLs (without query) that a request over plain HTTP went through; None where plain HTTP does not answer."""

    left: bool = False
    """Whether the entry point leads to a host that is not declared, where nothing was read."""

    def of(self, situation: Situation) -> Answer | None:
        """The answer of one kind, if it was had."""
        return next((item for item in self.answers if item.situation is situation), None)
