"""What the team says is so: the system file as frozen types.

`system/` reads `prodproof.toml` into these; probes take their targets from them; judges compare facts with them.
Durations are seconds, dates are calendar dates, URLs are kept as they were written.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from urllib.parse import urlsplit

from prodproof.facts.location import Location
from prodproof.facts.subject import Subject

DEFAULT_PORTS = {"http": 80, "https": 443}


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
class Scenario:
    """An objective for one way of losing a data store."""

    name: str
    rto: int | None = None
    rpo: int | None = None


@dataclass(frozen=True, kw_only=True)
class DataStore:
    """A database, bucket, queue, cache or directory with data that is not in the repository."""

    name: str
    kind: str
    environment: str = "production"
    owner: str = ""
    dsn: str | None = None
    """Secret reference of its connection string."""

    rto: int | None = None
    """Recovery time objective, seconds."""

    rpo: int | None = None
    """Recovery point objective, seconds."""

    scenarios: tuple[Scenario, ...] = ()
    location: Location | None = None

    @property
    def subject(self) -> Subject:
        return Subject("store", self.name)


@dataclass(frozen=True, kw_only=True)
class Person:
    """Somebody who has, or had, access."""

    id: str
    name: str = ""
    email: str = ""
    roles: tuple[str, ...] = ()
    accounts: tuple[tuple[str, str], ...] = ()
    """Pairs of service and account name."""

    joined: date | None = None
    left: date | None = None
    location: Location | None = None


@dataclass(frozen=True, kw_only=True)
class Service:
    """Something that people or machines log in to (forge, cloud, registrar, error tracker ...)."""

    name: str
    kind: str
    account: str = ""
    credential: str | None = None
    """Secret reference; never the value."""

    owner: str = ""
    location: Location | None = None


@dataclass(frozen=True, kw_only=True)
class Vendor:
    """A third party that processes users' data."""

    name: str
    purpose: str = ""
    data: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    agreement: str = ""
    reviewed: date | None = None
    owner: str = ""
    location: Location | None = None


@dataclass(frozen=True, kw_only=True)
class Retention:
    """For how long one kind of data is kept."""

    what: str
    keep: int
    """Seconds."""

    store: str = ""
    owner: str = ""


@dataclass(frozen=True, kw_only=True)
class Secret:
    """A secret by reference: `env:NAME`, `file:PATH`, `aws-sm:NAME`, `vault:PATH#KEY`."""

    name: str
    ref: str
    environment: str = "production"
    purpose: str = ""
    owner: str = ""
    rotate_every: int | None = None
    """Seconds."""

    location: Location | None = None


@dataclass(frozen=True, kw_only=True)
class Runbook:
    """A document that says what to do."""

    name: str
    path: str
    """A path in a repository, or a URL."""

    owner: str = ""
    covers: tuple[str, ...] = ()
    """Guarantee ids, incident kinds or alert names."""


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
    location: Location | None = None


@dataclass(frozen=True, kw_only=True)
class Monitoring:
    """Files that hold alert rules and their routes (globs, relative to the repository)."""

    alert_rules: tuple[str, ...] = ()
    alertmanager: tuple[str, ...] = ()
    urgent: tuple[str, ...] = ("critical", "page", "urgent", "emergency")
    """Severity values that must reach a person at once."""

    informative: tuple[str, ...] = ("warning", "info", "informational", "notice", "ticket", "none")


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
class Owner:
    """Who answers for a guarantee, an area or a path."""

    of: str
    """A guarantee id, an area (`exposure`), or `*`."""

    person: str


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


@dataclass(frozen=True, kw_only=True)
class Declared:
    """One system, seen for one environment: everything that judges and probes may know of the declaration.

    Lists that belong to environments hold only those of `environment`; `all_entry_points` and `all_hosts` keep every
    environment's, for claims about what is declared anywhere.
    """

    system: str
    environment: Environment
    inferred: bool = False
    """True when there is no system file and all of this was inferred from a repository or a URL."""

    trusted: bool = False
    """Whether trust is recorded outside the repository (or was given for this run)."""

    visitor: bool = False
    """True for `verify URL`: only what a browser of any visitor could do."""

    ownership: str | None = None
    """The token that a DNS record or well-known file must show before a target is scanned."""

    root: str | None = None
    """Directory of the system file, absolute; None for `verify URL`."""

    environments: tuple[Environment, ...] = ()
    repositories: tuple[Repository, ...] = ()
    entry_points: tuple[EntryPoint, ...] = ()
    all_entry_points: tuple[EntryPoint, ...] = ()
    hosts: tuple[Host, ...] = ()
    all_hosts: tuple[Host, ...] = ()
    zones: tuple[Zone, ...] = ()
    data_stores: tuple[DataStore, ...] = ()
    people: tuple[Person, ...] = ()
    services: tuple[Service, ...] = ()
    vendors: tuple[Vendor, ...] = ()
    retention: tuple[Retention, ...] = ()
    secrets: tuple[Secret, ...] = ()
    runbooks: tuple[Runbook, ...] = ()
    django: tuple[DjangoApp, ...] = ()
    monitoring: Monitoring = Monitoring()
    advisories: Advisories = Advisories()
    registries: tuple[Registry, ...] = ()
    suppressions: tuple[Suppression, ...] = ()
    waivers: tuple[Waiver, ...] = ()
    owners: tuple[Owner, ...] = ()
    not_applicable: tuple[NotApplicable, ...] = ()
    gate: GateScope = GateScope()
    threat_models: tuple[str, ...] = ()
    """Globs of threat model files, beside the usual places."""

    sensitive_paths: tuple[str, ...] = ()
    """Globs of code that touches authentication, payments, personal data or administration, beside what is found."""

    def subjects(self, kind: type[object]) -> frozenset[Subject]:
        """The declared subjects of one type (`EntryPoint`, `Host`, `Zone`, `DataStore`, `Repository`)."""
        return frozenset(item.subject for item in self._listed(kind))

    def find(self, kind: type[object], subject: Subject) -> object | None:
        """The declared thing of that type which `subject` names, or None."""
        if kind is Environment:
            return self.environment
        if kind is Declared:
            return self
        return next((item for item in self._listed(kind) if item.subject == subject), None)

    def _listed(self, kind: type[object]) -> "tuple[EntryPoint | Host | Zone | DataStore | Repository, ...]":
        by_type: dict[type[object], tuple[EntryPoint | Host | Zone | DataStore | Repository, ...]] = {
            EntryPoint: self.entry_points,
            Host: self.hosts,
            Zone: self.zones,
            DataStore: self.data_stores,
            Repository: self.repositories,
        }
        return by_type[kind]
