"""Where the system runs and what of it is contacted."""

from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlsplit

from prodproof.facts.declared.exercises import Rehearsal
from prodproof.facts.location import Location
from prodproof.facts.subject import Subject

DEFAULT_PORTS = {"http": 80, "https": 443}
NONE = "none"
"""In place of a path: the system has nothing of the kind."""


class EnvironmentKind(StrEnum):
    """What an environment is for; staging and development must be closed to strangers."""

    PRODUCTION = "production"
    STAGING = "staging"
    DEVELOPMENT = "development"


class Permission(StrEnum):
    """What a target allows beyond what any visitor's browser does; needs trust and proof of ownership as well."""

    PORT_SCAN = "port-scan"
    ERRORS = "errors"
    """Provoking error answers (`application.errors-safe`)."""

    CANARY = "canary"
    """Made-up secrets, good for nothing, sent to what fails on purpose (`secrets.not-in-output`)."""

    LOGIN = "login"
    """Logging in with a secret, and trying one act that must be refused (`secrets.scoped`)."""

    TEST_TRAFFIC = "test-traffic"
    DRILLS = "drills"


@dataclass(frozen=True, kw_only=True)
class Environment:
    """A place where the system runs."""

    name: str
    kind: EnvironmentKind = EnvironmentKind.PRODUCTION
    owner: str | None = None
    networks: tuple[str, ...] = ()
    """Networks (CIDR) from which administration and closed environments may be reached."""

    sign_on: tuple[str, ...] = ()
    """Host names of the sign-on proxy or identity provider that unauthenticated visitors are sent to."""

    allow: frozenset[Permission] = frozenset()
    """`drills`: everything in this environment may be exercised."""

    location: Location | None = None


@dataclass(frozen=True, kw_only=True)
class EntryPoint:
    """A URL that is meant to be reached from the internet."""

    url: str
    """With scheme; `https://shop.example` or `https://shop.example/api`."""

    purpose: str = ""
    owner: str = ""
    environment: str = "production"
    canonical: bool = False
    """Whether this is the host on which `/.well-known/` files must stand."""

    hsts_exception: str | None = None
    """An owned reason why subdomains or preload are left out."""

    embedders: tuple[str, ...] = ()
    """Origins that may put its pages into a frame."""

    cross_site_cookies: tuple[str, ...] = ()
    """Names of cookies that are meant to be sent by other sites (SameSite=None)."""

    admin_paths: tuple[str, ...] = ()
    """Paths of administration panels, beside the well-known ones."""

    admin_public: str | None = None
    """An owned reason why administration is open to the internet; shown, and still a finding."""

    public_paths: tuple[str, ...] = ()
    """In closed environments, paths that strangers may read (a health check, for example)."""

    error_path: str | None = None
    """A path that fails on purpose, so that the page of a 500 can be read."""

    task_error_path: str | None = None
    """A path to which the form fields `token` and `note` are posted, and that lets a background job fail with them
    as its arguments, `note` in the error's message; NONE where the system has no background jobs."""

    database_error_path: str | None = None
    """A path to which the form fields `token` and `note` are posted, and that lets a statement fail with `token` among
    its values; NONE where there is no database."""

    login: str | None = None
    """Secret reference of `user:password` for the positive control of a closed environment (Basic authentication)."""

    allow: frozenset[Permission] = frozenset()
    location: Location | None = None

    @property
    def subject(self) -> Subject:
        return Subject("host", self.authority)

    @property
    def authority(self) -> str:
        """Host, with the port unless it is the scheme's own; IPv6 in brackets; lower case."""
        parts = urlsplit(self.url)
        host = (parts.hostname or "").lower()
        host = f"[{host}]" if ":" in host else host
        if parts.port is None or DEFAULT_PORTS.get(parts.scheme) == parts.port:
            return host
        return f"{host}:{parts.port}"


@dataclass(frozen=True, kw_only=True)
class Port:
    """A TCP port that is meant to be open."""

    number: int
    purpose: str = ""
    public: bool = True
    """False: open inside only; seen from outside it is a finding."""


@dataclass(frozen=True, kw_only=True)
class Host:
    """A machine or address of the team's own (never a shared edge address)."""

    name: str
    """A host name, or an IPv4 or IPv6 address."""

    addresses: tuple[str, ...] = ()
    """Its addresses where the name does not say them."""

    ports: tuple[Port, ...] = ()
    environment: str = "production"
    owner: str = ""
    allow: frozenset[Permission] = frozenset()
    control_open: int | None = None
    """A TCP port known to be open, for the vantage to prove itself; default: the lowest declared public one."""

    control_closed: int | None = None
    """A TCP port that is known to be closed there."""

    location: Location | None = None

    @property
    def subject(self) -> Subject:
        return Subject("host", self.name.lower())


@dataclass(frozen=True, kw_only=True)
class Zone:
    """A DNS zone of the team's own, with the source that lists its names."""

    name: str
    file: str | None = None
    """A zone file (RFC 1035), relative to the system file."""

    names: str | None = None
    """A file with one name a line, relative to the system file."""

    environment: str = "production"
    nameserver: str | None = None
    """`address:port` of the server to ask instead of the resolver (labs, split horizon)."""

    location: Location | None = None

    @property
    def subject(self) -> Subject:
        return Subject("zone", self.name.lower().rstrip("."))


@dataclass(frozen=True, kw_only=True)
class Repository:
    """A git repository of the system; the first one is that of the system file."""

    path: str
    """Relative to the system file."""

    name: str = ""
    location: Location | None = None

    @property
    def subject(self) -> Subject:
        return Subject("repo", self.name or self.path)


@dataclass(frozen=True, kw_only=True)
class DjangoApp:
    """How to ask a Django application for its effective settings."""

    environment: str
    manage: tuple[str, ...]
    """What runs `manage.py` in the serving environment: `docker compose exec -T web python manage.py`."""

    repository: str = "."
    directory: str = "."
    """Where the command is run, relative to the system file."""

    settings: str | None = None
    """Dotted name of the settings module, if the command does not say it."""

    urlconf: str | None = None
    rollback: Rehearsal | None = None
    """How a rollback is exercised."""

    name: str = ""
    """Of its repository."""

    allow: frozenset[Permission] = frozenset()
    location: Location | None = None

    @property
    def subject(self) -> Subject:
        below = "" if self.directory == "." else f"/{self.directory}"
        return Subject("app", f"{self.name or self.repository}{below}#{self.environment}")
