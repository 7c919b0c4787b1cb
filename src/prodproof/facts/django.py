"""What a Django application is made of: settings, routes, models, as the live object or the source has them.

Effective facts come from the collector, which runs in the application's own interpreter; static ones from its source.
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


class Access(StrEnum):
    """What a route asks of its caller, as far as its view object tells."""

    OPEN = "open"
    """Nothing was seen that asks for anything; the view's own code may still."""

    LOGIN = "login"
    STAFF = "staff"
    """Staff or superuser: the admin site, `staff_member_required`."""

    PERMISSION = "permission"
    """A named permission, group, or test of the user."""

    CUSTOM = "custom"
    """A permission class or test of the application's own, whose meaning is not known here."""


class Csrf(StrEnum):
    """What stands between a route and a forged request."""

    PROTECTED = "protected"
    """CsrfViewMiddleware checks it."""

    DECORATED = "decorated"
    """The middleware is absent and `csrf_protect` on the view does its work."""

    EXEMPT = "exempt"
    """The resolved view is exempt."""

    FRAMEWORK_SESSION = "framework-session"
    """Formally exempt; Django REST framework checks the token itself whenever its session authentication is used."""

    FRAMEWORK_NO_COOKIE = "framework-no-cookie"
    """Formally exempt; only authentication classes that read no cookie (token, JWT) or none at all."""

    FRAMEWORK_UNKNOWN = "framework-unknown"
    """Formally exempt; an authentication class whose workings are not known here."""

    NO_MIDDLEWARE = "no-middleware"
    """Not exempt, but nothing checks."""


@dataclass(frozen=True, kw_only=True)
class Parameter:
    """A part of a route's path that the caller chooses."""

    name: str
    converter: str
    """`int`, `str`, `slug`, `uuid`, `path`, a converter's class, or `regex:...`."""


@dataclass(frozen=True, kw_only=True)
class UrlRoute:
    """One leaf of the resolved URL configuration."""

    pattern: str
    """The joined pattern as it is written: `orders/<int:pk>/`, or `^orders/(?P<pk>\\d+)/$`."""

    path: str | None = None
    """The path, with its leading slash, when it has no parameters and is no regular expression that varies."""

    sample: str | None = None
    """A path that the resolver sends to this very route, with made-up parameters; None where none was found."""

    parameters: tuple[Parameter, ...] = ()
    name: str = ""
    namespace: str = ""
    """Joined by `:`."""

    view: str = ""
    """Dotted path of the innermost view: function or class."""

    methods: tuple[str, ...] | None = None
    """Upper case, without HEAD and OPTIONS where they come by themselves; None: any method reaches the code."""

    csrf: Csrf = Csrf.PROTECTED
    exempt_lost: bool = False
    """An inner function says `csrf_exempt`, and a wrapper around it loses that: the route is checked after all."""

    access: Access = Access.OPEN
    requirements: tuple[str, ...] = ()
    """What asks: decorators, mixins, permission classes with their permissions, `LoginRequiredMiddleware`."""

    authentication: tuple[str, ...] = ()
    """Dotted authentication classes, for views of REST frameworks."""

    touches: tuple[str, ...] = ()
    """Telling names in the view's code: `user`, `session`, `POST`, `body`, `save`, `delete`, `login` ..."""

    admin: bool = False
    own: bool = True
    """Whether the view's code belongs to the project, not to an installed package."""

    location: Location | None = None
    """Of the view, relative to the directory of the project."""


@dataclass(frozen=True, kw_only=True)
class UrlTable:
    """Every route that the application answers, from its live resolver."""

    urlconf: str
    routes: tuple[UrlRoute, ...]
    """In the order in which they are tried."""

    middleware: tuple[str, ...] = ()
    """Dotted, in their order from outside in."""

    csrf_checked: bool = True
    """Whether CsrfViewMiddleware (or a class derived from it) is among them."""

    unresolved: tuple[str, ...] = ()
    """Parts that could not be read, with the reason; empty: the table is complete."""

    script_name: str = ""
    """FORCE_SCRIPT_NAME: what stands before every path."""

    def named(self, name: str) -> UrlRoute | None:
        """The first route of that name (`namespace:name`), or None."""
        return next((item for item in self.routes if ":".join(filter(None, (item.namespace, item.name))) == name), None)

    def admin_paths(self) -> tuple[str, ...]:
        """Paths at which an administration site is mounted, from its index pages."""
        return tuple(
            item.path
            for item in self.routes
            if item.admin and item.path and item.name in ("index", "wagtailadmin_home")
        )


@dataclass(frozen=True, kw_only=True)
class PersonalField:
    """A column that holds, by its name or type, something about a person."""

    name: str
    type: str
    """Class of the field, `EmailField`."""

    category: str
    """`identity`, `contact`, `location`, `birth`, `finance`, `health`, `credential`, `network`, `belief`, `file`."""

    encrypted: bool = False
    """Whether its field class says that it encrypts."""


@dataclass(frozen=True, kw_only=True)
class PersonalModel:
    """A model with personal fields."""

    label: str
    """`shop.Order`."""

    table: str
    database: str = "default"
    fields: tuple[PersonalField, ...] = ()
    own: bool = True


@dataclass(frozen=True, kw_only=True)
class PersonalModels:
    """The models of an application that hold personal fields, and how many models were looked at."""

    models: tuple[PersonalModel, ...]
    looked_at: int


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


class CsrfCause(StrEnum):
    """A way in which source says that forged requests are not checked."""

    EXEMPT = "exempt"
    """`csrf_exempt` on a view."""

    MIDDLEWARE_MISSING = "middleware-missing"
    AUTHENTICATION_WEAKENED = "authentication-weakened"
    """A session authentication class whose `enforce_csrf` does nothing."""


@dataclass(frozen=True, kw_only=True)
class CsrfPlace:
    """One such place."""

    cause: CsrfCause
    name: str
    """Of the view, class or settings module."""

    touches: tuple[str, ...] = ()
    """Telling names in the view's code, as in `UrlRoute.touches`."""

    location: Location


@dataclass(frozen=True, kw_only=True)
class CsrfSource:
    """What the source says about forged requests, where the live application was not asked."""

    places: tuple[CsrfPlace, ...]
