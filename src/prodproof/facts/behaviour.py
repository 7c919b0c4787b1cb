"""What an application's settings intend its answers to be, beside what visitors get."""

from dataclasses import dataclass

from prodproof.facts.http import SiteAnswers


@dataclass(frozen=True)
class IntendedCookie:
    """How the settings want a cookie to be."""

    name: str
    role: str
    """`session` or `CSRF`."""

    secure: bool = False
    http_only: bool = False
    same_site: str | None = None
    """Lower case; None when the settings send no such attribute."""


@dataclass(frozen=True, kw_only=True)
class Intended:
    """What the effective settings say about answers."""

    module: str
    headers: tuple[tuple[str, str], ...] = ()
    """Headers that the settings send with every answer, names in lower case; an empty value stands for any value."""

    cookies: tuple[IntendedCookie, ...] = ()
    redirect_to_https: bool = False


@dataclass(frozen=True, kw_only=True)
class PublicBehaviour:
    """Both sides for one entry point."""

    seen: SiteAnswers
    intended: Intended
