"""How the system is watched, what is accepted for a time, and what a go depends on."""

from dataclasses import dataclass
from datetime import date

from prodproof.facts.location import Location


@dataclass(frozen=True, kw_only=True)
class Monitoring:
    """Files that hold alert rules and their routes (globs, relative to the repository)."""

    alert_rules: tuple[str, ...] = ()
    alertmanager: tuple[str, ...] = ()
    urgent: tuple[str, ...] = ("critical", "page", "urgent", "emergency")
    """Severity values that must reach a person at once."""

    informative: tuple[str, ...] = ("warning", "info", "informational", "notice", "ticket", "none")
    prometheus_url: str | None = None
    alertmanager_url: str | None = None
    credentials: str | None = None
    """Secret reference of what both are asked with: `user:password`, or a bearer token."""


@dataclass(frozen=True, kw_only=True)
class Advisories:
    """Where known vulnerabilities are looked up."""

    source: str = "none"
    """`osv-export:PATH` (a local export), `osv` or `pypi` (asked over the network), or `none`."""


@dataclass(frozen=True, kw_only=True)
class Registry:
    """A package index or container registry that is trusted beside the public default ones."""

    url: str
    private: tuple[str, ...] = ()
    """Names or prefixes (`acme-*`) that come from it alone."""


@dataclass(frozen=True, kw_only=True)
class Suppression:
    """An advisory that was looked at and accepted for a time."""

    advisory: str
    reason: str
    owner: str
    until: date


@dataclass(frozen=True, kw_only=True)
class Waiver:
    """An owned, reasoned, dated acceptance of a verdict."""

    guarantee: str
    reason: str
    owner: str
    until: date
    environment: str | None = None
    subject: str | None = None
    finding: str | None = None
    covers: str = "broken"
    """`broken` or `unknown`."""

    location: Location | None = None


@dataclass(frozen=True, kw_only=True)
class GateScope:
    """What a go depends on."""

    scope: str = "baseline"
    """`baseline` (critical and high), `full`, or `listed`."""

    include: tuple[str, ...] = ()
    """Areas and guarantee ids, for `listed`."""

    owner: str = ""


@dataclass(frozen=True, kw_only=True)
class NotApplicable:
    """An owned declaration that a guarantee has nothing to be about."""

    guarantee: str
    reason: str
    owner: str
    location: Location | None = None
