"""Declared secrets beside what the running application has, without any value."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from prodproof.facts.location import Location
from prodproof.facts.traced import Unsearched
from prodproof.facts.unseen import Unseen


class Fit(StrEnum):
    """How what an application has compares with what its store has."""

    CURRENT = "current"
    """The current version."""

    EARLIER = "earlier"
    """A version before the current one, which the store still has."""

    OTHER = "other"
    """Neither."""

    ABSENT = "absent"
    """The application has no such setting or variable, or nothing in it."""


class Kept(StrEnum):
    """What kind of place a secret's reference names."""

    MANAGER = "manager"
    """A secret manager: Vault, AWS, Kubernetes."""

    MOUNTED = "mounted"
    """A file that is there when the application starts: `file:`, `docker:`."""

    ENVIRONMENT = "environment"
    """A variable of the environment that the application starts in."""

    APPLICATION = "application"
    """The application alone: `django:`."""


@dataclass(frozen=True, kw_only=True)
class SecretUse:
    """One place of an application in which a secret is declared to be."""

    place: str
    """`the setting SECRET_KEY`, `the variable HARBOUR_SECRET_KEY`."""

    fit: Fit


@dataclass(frozen=True, kw_only=True)
class SecretKept:
    """One declared secret in its store, and in the running applications."""

    reference: str
    kept: Kept
    store: str
    """Kind of the store: `vault`, `aws`, `environment` ..."""

    found: bool
    """False: the store was asked and has none."""

    detail: str = ""
    """What the store says of one that it has not."""

    version: str = ""
    created: datetime | None = None
    """Of the current version."""

    unread: Unseen | None = None
    """Why the value could not be compared, although it was found."""

    uses: tuple[SecretUse, ...] = ()
    """By place; of several applications the worst."""

    placed: bool = True
    """Whether it is declared in which setting or variable an application has it."""

    injected: bool = False
    """Whether the setting has what a variable of the serving process has."""

    unasked: Unseen | None = None
    """Why no application could be asked."""

    committed: str = ""
    """The file of a repository that it is read from."""


@dataclass(frozen=True, kw_only=True)
class SecretPlace:
    """A setting or variable with something secret in it."""

    place: str
    """`the setting CACHES.default.LOCATION (password)`."""

    looks_default: bool = False


@dataclass(frozen=True, kw_only=True)
class AppSecrets:
    """What is secret in one running application, and is no declared secret's place."""

    module: str
    explained: int
    """Values that are those of declared secrets; each is counted once."""

    unexplained: tuple[SecretPlace, ...] = ()
    """Values that no declared secret has, nor had before."""

    unread: tuple[Unsearched, ...] = ()
    """Declared secrets (`path` is the name) whose value could not be had: it could be one of the above."""


@dataclass(frozen=True, kw_only=True)
class WrittenSecret:
    """A secret whose text stands in a file of the repository."""

    name: str
    """The setting, with the part of it; or the variable that a deployment file sets."""

    variable: str = ""
    """The variable that decides; the text counts where it is not set."""

    deployment: bool = False
    """Set by a deployment file, and not by the settings."""

    looks_default: bool = False
    location: Location | None = None


@dataclass(frozen=True, kw_only=True)
class WrittenSecrets:
    """What the source of one application says of its secrets."""

    module: str
    """The settings module of the environment; empty where none could be chosen."""

    written: tuple[WrittenSecret, ...] = ()


@dataclass(frozen=True, kw_only=True)
class KnownValue:
    """One part of a secret of an environment, by its fingerprint."""

    name: str
    """`the secret database`, `the setting SECRET_KEY`; with the part in brackets."""

    fingerprint: str
    """Under the system's key: equal parts have equal ones."""


@dataclass(frozen=True, kw_only=True)
class EnvironmentSecrets:
    """What is known of the secrets of one environment."""

    name: str
    production: bool
    values: tuple[KnownValue, ...] = ()
    unread: tuple[Unsearched, ...] = ()
    """What could not be compared: secrets by name, or an application."""


@dataclass(frozen=True, kw_only=True)
class SecretsByEnvironment:
    """The secrets of all environments, under one key."""

    environments: tuple[EnvironmentSecrets, ...]
