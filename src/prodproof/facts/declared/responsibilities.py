"""Data with its objectives, people, others that the system depends on, and who answers for what."""

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from prodproof.facts.declared.restoring import Restoring
from prodproof.facts.declared.targets import Permission
from prodproof.facts.location import Location
from prodproof.facts.subject import Subject


class ScenarioKind(StrEnum):
    """The ways of losing a data store that differ in how it comes back."""

    SERVICE_RESTART = "service-restart"
    """It stopped, and its data are whole."""

    LOGICAL_CORRUPTION = "logical-corruption"
    """It runs, and its data are wrong: a table was deleted, a migration went bad."""

    TOTAL_LOSS = "total-loss"
    """The machine, its disks and all that lay on them are gone."""


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """An objective for one way of losing a data store."""

    name: str
    kind: ScenarioKind | None = None
    rto: int | None = None
    """Seconds for which it may be away."""

    rpo: int | None = None
    """Seconds of the latest data that may be lost."""

    runbook: str | None = None
    """Path of the document to follow, relative to the system file; `runbooks/database.md#a-table-was-deleted` names
    one heading of it."""

    health: str | None = None
    """URL that answers with 2xx while the service is well."""

    store: str = ""
    """The data store that it is about; filled in where the system file is read, as what follows."""

    environment: str = "production"
    allow: frozenset[Permission] = frozenset()

    @property
    def subject(self) -> Subject:
        return Subject("scenario", f"{self.store}/{self.name}")


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

    @property
    def lasting(self) -> bool:
        """Whether what is in it must come back: by its kind the team says that a cache can be filled anew."""
        return self.kind != "cache"


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
