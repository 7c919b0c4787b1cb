"""What alert rules say of themselves, and where an alert manager would send them."""

from dataclasses import dataclass
from enum import StrEnum

from prodproof.facts.location import Location


class RunbookPlace(StrEnum):
    """Where the link of an alert rule to its runbook leads."""

    FILE = "file"
    """A file of a repository that was read."""

    MISSING = "missing"
    """A path of a repository at which there is no file."""

    NO_HEADING = "no-heading"
    """A file that is there, without the heading that the link names."""

    INLINE = "inline"
    """No link: the rule itself says what to do."""

    TEMPLATED = "templated"
    """A link that is put together only when the alert fires."""

    URL = "url"
    """A page elsewhere, which was not read."""

    UNREADABLE = "unreadable"
    """A file that is there and could not be read."""


@dataclass(frozen=True, kw_only=True)
class RunbookLink:
    """A rule's link to what to do, and what was found there."""

    target: str
    """As it was written; without user, password and query."""

    place: RunbookPlace
    steps: int = 0
    """List items, numbered steps and command blocks in the linked section."""

    detail: str = ""
    """What came in the way of reading it."""


@dataclass(frozen=True, kw_only=True)
class AlertRule:
    """One rule that can raise an alert, as it is written."""

    name: str
    group: str = ""
    source: str = "prometheus"
    """`prometheus`, `grafana` or `cloudwatch`."""

    severity: str | None = None
    owner: str | None = None
    """Who or which team is named on the rule itself."""

    runbook: RunbookLink | None = None
    location: Location | None = None


@dataclass(frozen=True, kw_only=True)
class Matcher:
    """One condition of a route: `severity=~"critical|page"`."""

    name: str
    operator: str
    """`=`, `!=`, `=~` or `!~`."""

    value: str


@dataclass(frozen=True, kw_only=True)
class Route:
    """A node of the routing tree; the receiver is already inherited where it was left out."""

    receiver: str
    matchers: tuple[Matcher, ...] = ()
    goes_on: bool = False
    """`continue: true`: later siblings are tried as well."""

    muted: tuple[str, ...] = ()
    """Names of the time intervals in which it is mute."""

    active: tuple[str, ...] = ()
    """Names of the only time intervals in which it is not mute; empty means always."""

    routes: "tuple[Route, ...]" = ()
    line: int | None = None


class ReceiverKind(StrEnum):
    """How somebody gets to know, as far as the configuration tells."""

    PAGER = "pager"
    """Calls or pushes until somebody answers: PagerDuty, Opsgenie, VictorOps and their like."""

    PUSH = "push"
    """A message to a telephone: Pushover, SMS, Telegram, WeChat."""

    CHAT = "chat"
    EMAIL = "email"
    TICKET = "ticket"
    HEARTBEAT = "heartbeat"
    """A dead man's switch, which expects the signal."""

    OTHER = "other"
    """A web hook or a topic of which the configuration does not tell where it ends."""


@dataclass(frozen=True, kw_only=True)
class Receiver:
    """A named destination; one without kinds throws away what it gets."""

    name: str
    kinds: tuple[ReceiverKind, ...] = ()
    line: int | None = None


@dataclass(frozen=True, kw_only=True)
class AlertLabels:
    """Labels that rules set by themselves, and how many rules set exactly these."""

    example: str
    """The name of one such alert."""

    labels: tuple[tuple[str, str], ...]
    rules: int = 1


@dataclass(frozen=True, kw_only=True)
class AlertRouting:
    """The routing tree of one alert manager configuration, and the alerts that it would have to carry."""

    path: str
    root: Route
    receivers: tuple[Receiver, ...]
    alerts: tuple[AlertLabels, ...] = ()
    """Label sets of the rules in the same repository, cut to what tells them apart here; empty: no rules were found."""
