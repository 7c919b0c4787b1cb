"""How outsiders and insiders find the right person."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Contact:
    """One Contact of a security.txt."""

    value: str
    problem: str | None = None
    """Why it does not reach anybody, or None."""

    asked: bool = False
    """Whether it is a page of a declared host, and was asked for."""


@dataclass(frozen=True, kw_only=True)
class SecurityTxt:
    """What `/.well-known/security.txt` answers."""

    url: str
    status: int
    content_type: str = ""
    """Media type without parameters, lower case."""

    interposed: str | None = None
    left_to: str | None = None
    """The host that a redirect led to, if it is not a declared one."""

    legacy: bool = False
    """Whether there is one at `/security.txt` only."""

    contacts: tuple[Contact, ...] = ()
    expires: tuple[datetime | None, ...] = ()
    """Every Expires line; None for one that is not a date."""

    canonical: tuple[str, ...] = ()
    truncated: bool = False


@dataclass(frozen=True)
class Playbook:
    """A declared runbook, and whether its document is there."""

    name: str
    path: str
    owner: str
    covers: tuple[str, ...]
    exists: bool | None
    """None for a URL, or where the repository could not be read."""


@dataclass(frozen=True)
class Playbooks:
    """Every declared runbook."""

    runbooks: tuple[Playbook, ...]
