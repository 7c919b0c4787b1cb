"""What a Django application answers, and what stands between a route and its caller."""

from dataclasses import dataclass
from enum import StrEnum

from prodproof.facts.location import Location


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
