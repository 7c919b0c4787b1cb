"""Data with its objectives, people, others that the system depends on, and who answers for what."""

from dataclasses import dataclass, field
from datetime import date

from prodproof.facts.declared.restoring import Restoring
from prodproof.facts.declared.targets import Permission
from prodproof.facts.location import Location
from prodproof.facts.subject import Subject


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
    restore: Restoring = field(default_factory=Restoring)
    allow: frozenset[Permission] = frozenset()
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

    keys: tuple[str, ...] = ()
    """SSH public keys (`ssh-ed25519 AAAA…`) with which this person signs orders and approvals."""

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

    posture: str | None = None
    """For a cloud account, the file with a posture scanner's results, relative to the system file."""

    owner: str = ""
    location: Location | None = None

    @property
    def subject(self) -> Subject:
        return Subject("account", self.name)


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
class Runbook:
    """A document that says what to do."""

    name: str
    path: str
    """A path in a repository, or a URL."""

    owner: str = ""
    covers: tuple[str, ...] = ()
    """Guarantee ids, incident kinds or alert names."""


@dataclass(frozen=True, kw_only=True)
class Owner:
    """Who answers for a guarantee, an area or a path."""

    of: str
    """A guarantee id, an area (`exposure`), or `*`."""

    person: str
