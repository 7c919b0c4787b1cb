"""The settings of a Django application, and what its own deployment check says of them.

Values of secrets are never in here: only their shape and a keyed fingerprint.
"""

from dataclasses import dataclass
from enum import StrEnum

from prodproof.facts.location import Location

Plain = bool | int | str | tuple[str, ...] | None
"""What a setting's value may be here; anything else is described by its type."""


class Source(StrEnum):
    """Where a fact about an application comes from."""

    EFFECTIVE = "effective"
    """Read from the loaded application."""

    STATIC = "static"
    """Read from its source, without running it."""


class Certainty(StrEnum):
    """How well a setting's value is known."""

    KNOWN = "known"
    ENVIRONMENT = "environment"
    """An environment variable decides; the value given here is what it is when the variable is not set."""

    REQUIRED = "required"
    """An environment variable decides and has no default: without it the application does not start."""

    UNKNOWN = "unknown"
    """The source computes it in a way that is not followed."""


@dataclass(frozen=True, kw_only=True)
class Setting:
    """One setting."""

    name: str
    """Dotted for what lies within: `DATABASES.default.ENGINE`, `TEMPLATES.0.OPTIONS.debug`."""

    value: Plain = None
    type: str = ""
    """Type of a value that is not plain, or was withheld: `dict`, `datetime.timedelta`, `withheld`."""

    certainty: Certainty = Certainty.KNOWN
    variable: str = ""
    """The environment variable that decides."""

    is_default: bool = False
    """Whether Django's own default is in force."""

    location: Location | None = None


@dataclass(frozen=True, kw_only=True)
class SecretShape:
    """What may be said of a secret setting without saying it."""

    name: str
    """Dotted: `SECRET_KEY`, `DATABASES.default.PASSWORD`, `SECRET_KEY_FALLBACKS.0`; or an environment variable's."""

    component: str = ""
    """Which part of the value: `password` of a URL, a field of a JSON document; empty for the whole of it."""

    variable: str = ""
    """Static: the environment variable that decides. The source holds what counts where it is not set."""

    fingerprint: str = ""
    """HMAC-SHA-256 under the system's fingerprint key, 32 hexadecimal digits; empty where there is no such key."""

    length: str = ""
    """`empty`, `under-8`, `8-15`, `16-31`, `32-49`, `50-or-more`."""

    charset: str = ""
    """`digits`, `hex`, `alphanumeric`, `mixed`."""

    few_characters: bool = False
    """Fewer than five different characters."""

    looks_default: bool = False
    """Begins with Django's `django-insecure-`, or is a word such as `changeme`, `secret`, `password`."""

    in_source: bool = False
    """Whether the source holds the value itself (static facts only)."""

    location: Location | None = None


@dataclass(frozen=True, kw_only=True)
class Database:
    """One entry of DATABASES."""

    alias: str
    engine: str
    host: str = ""
    """Keyed fingerprint of the host, or `local`, `socket`, `empty`; hosts are not named."""

    sslmode: str = ""
    """`sslmode` (PostgreSQL) or `ssl-mode` (MySQL); `options` when certificates are configured; empty when unset."""

    user: str = ""
    """`superuser-name` for postgres, root, sa, admin; `named`; `empty`."""

    atomic_requests: bool = False
    max_age: int | None = None
    """CONN_MAX_AGE in seconds; None: for ever."""


@dataclass(frozen=True, kw_only=True)
class Backend:
    """A cache, storage, template engine or e-mail backend: its alias and class."""

    alias: str
    backend: str
    location: str = ""
    """For file storages and caches: `local`, a keyed fingerprint, or empty."""

    options: tuple[str, ...] = ()
    """`name=value` of the options that concern protection: `debug=True`, `autoescape=False`, `default_acl=private`."""


@dataclass(frozen=True, kw_only=True)
class Logger:
    """One entry of LOGGING's loggers, resolved."""

    name: str
    level: str = ""
    handlers: tuple[str, ...] = ()
    """Classes of its handlers."""

    propagate: bool = True


@dataclass(frozen=True, kw_only=True)
class DjangoSettings:
    """The settings of one application in one environment."""

    source: Source
    module: str
    """Dotted name of the settings module; empty when they were configured without one."""

    environment: str = ""
    django: str = ""
    """Version; of the requirement, if it is static and known."""

    python: str = ""
    settings: tuple[Setting, ...] = ()
    """Sorted by name. Effective: every upper-case setting, those that Django defines included."""

    secrets: tuple[SecretShape, ...] = ()
    variables: tuple[SecretShape, ...] = ()
    """Secrets among the environment variables of the process, by the variable's name (effective facts only)."""

    databases: tuple[Database, ...] = ()
    caches: tuple[Backend, ...] = ()
    storages: tuple[Backend, ...] = ()
    templates: tuple[Backend, ...] = ()
    loggers: tuple[Logger, ...] = ()
    served_by: str = ""
    """`runserver` when the settings module or the way it was asked shows Django's own development server."""

    other_modules: tuple[str, ...] = ()
    """Static: settings modules of other environments, which were left aside."""

    chosen_because: str = ""
    """Static: why this module was taken for the environment's."""

    def setting(self, name: str) -> Setting | None:
        """The setting of that (dotted) name, or None where nothing is known of it."""
        return next((item for item in self.settings if item.name == name), None)

    def value(self, name: str) -> Plain:
        """The value, where it is known for certain; None otherwise (see `setting` to tell None from unknown)."""
        found = self.setting(name)
        return found.value if found is not None and found.certainty is Certainty.KNOWN else None

    def values(self, name: str) -> tuple[str, ...]:
        """The value of a list setting, where it is known; empty otherwise."""
        found = self.value(name)
        return found if isinstance(found, tuple) else ()


@dataclass(frozen=True, kw_only=True)
class DeployMessage:
    """One message of `manage.py check --deploy`."""

    id: str
    level: int
    """10 debug to 50 critical, as in logging."""

    text: str
    silenced: bool = False


@dataclass(frozen=True, kw_only=True)
class DeployCheck:
    """What Django's own deployment check says."""

    messages: tuple[DeployMessage, ...]
    failed: str = ""
    """Why it could not be run to its end."""
