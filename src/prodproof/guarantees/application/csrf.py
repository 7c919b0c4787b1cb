"""Every route that changes data and accepts ambient credentials (cookie, Basic, client certificate) refuses a
request forged by another site.

Risk: A page that one of your users opens elsewhere can act in your application in their name: change their password,
delete their data, spend their money. Nothing in your logs tells it from what they did themselves.
Verified: The collector asks the resolved views of the running Django application: what CsrfViewMiddleware really sees
after every decorator and wrapper, which REST views stay protected by session authentication, and which exempt views
touch the session. Without it the source is searched for exemptions. Forged requests are not sent by this version, so
it can be found broken and does not hold yet.
Mend: Remove `csrf_exempt` and send the token (`{% csrf_token %}`, or the X-CSRFToken header). Keep it only where the
session is ignored: webhooks that verify a signature with `hmac.compare_digest`, APIs with bearer tokens. Delete and
change with POST, never with GET (`@require_POST`). REST framework: SessionAuthentication first, enforce_csrf untouched.
"""

from dataclasses import replace
from typing import Any

from prodproof.facts import Location, Reason
from prodproof.facts.django import Access, Csrf, CsrfCause, CsrfPlace, CsrfSource, UrlRoute, UrlTable
from prodproof.verdicts import Example, Finding, Verdict, broken, guarantee, holds, unknown

UNSAFE = frozenset({"POST", "PUT", "PATCH", "DELETE"})
SESSION = frozenset(
    {"user", "session", "COOKIES", "login", "logout", "is_authenticated", "has_perm", "login_required", "get_user"}
    | {"permission_required", "staff_member_required", "LoginRequiredMixin", "PermissionRequiredMixin", "auth"}
)
SIGNED = frozenset({"compare_digest", "construct_event", "hmac", "verify", "unsign", "validate", "check_token"})
FORMS = frozenset({"POST", "FILES", "cleaned_data", "is_valid"})
CHANGES = frozenset({"save", "delete", "create", "update", "get_or_create", "update_or_create", "bulk_create"}) | {
    "execute",
    "set_password",
}
ASKS_METHOD = frozenset({"method", "POST", "FILES", "is_valid", "cleaned_data", "body", "data"})
BASIC = "rest_framework.authentication.BasicAuthentication"
NAMED = 5
"""Routes that a message names before it says how many more there are."""


@guarantee(
    "application.csrf",
    seeds="M-P5",
    proof="active",
    severity="high",
    verifiable=False,
    nothing="no Django application was found in the repositories, and none is declared under [[django]]",
)
def judge(fact: UrlTable) -> Verdict:
    sessions = any(name.endswith("SessionMiddleware") for name in fact.middleware)
    findings: list[Finding] = []
    if sessions and not fact.csrf_checked and any(route.csrf is Csrf.NO_MIDDLEWARE for route in fact.routes):
        findings.append(
            Finding(
                "middleware-missing",
                "CsrfViewMiddleware is not among the middleware, and sessions are",
                key="middleware",
            )
        )
    doubtful: list[UrlRoute] = []
    seen: set[tuple[str, str]] = set()
    for route in fact.routes:
        finding = _finding(route)
        if finding is None:
            if _doubtful(route):
                doubtful.append(route)
        elif (finding.rule, finding.key) not in seen:
            seen.add((finding.rule, finding.key))
            findings.append(finding)
    if findings:
        return broken(*findings)
    if fact.unresolved:
        return unknown(Reason.INCOMPLETE, f"a part of the routes could not be read: {fact.unresolved[0]}")
    if doubtful:
        return unknown(Reason.INCOMPLETE, f"exempt, and not shown to ignore cookies: {_named(doubtful)}")
    unsafe = sum(1 for route in fact.routes if _is_unsafe(route))
    return holds(f"{unsafe} routes that take unsafe methods are checked, or shown to ignore cookies")


def _is_unsafe(route: UrlRoute) -> bool:
    return route.methods is None or bool(UNSAFE & set(route.methods))


def _finding(route: UrlRoute) -> Finding | None:
    touches = set(route.touches)
    where = _shown(route)
    key = f"{route.view} {route.name or route.pattern}"
    if route.csrf is Csrf.EXEMPT and _is_unsafe(route):
        if (touches & SESSION and not signed_by(touches)) or route.access in (
            Access.LOGIN,
            Access.STAFF,
            Access.PERMISSION,
        ):
            return Finding("exempt-session", f"{where} is exempt and acts on the session", route.location, key)
        if not signed_by(touches) and route.own and touches & FORMS and touches & CHANGES:
            message = (
                f"{where} is exempt, takes forms and changes data; no signature and no bearer token is checked in it"
            )
            return Finding("exempt-form", message, route.location, key)
    if _is_unsafe(route) and route.authentication[:1] == (BASIC,) and route.access is not Access.OPEN:
        message = f"{where} asks for Basic credentials, which browsers repeat by themselves, and checks no token"
        return Finding("basic-first", message, route.location, key)
    if _changes_on_get(route, touches):
        return Finding("delete-on-get", f"{where} deletes on GET, which is never checked", route.location, key)
    return None


def _changes_on_get(route: UrlRoute, touches: set[str]) -> bool:
    if not route.own or route.methods is not None or "delete" not in touches:
        return False
    return not touches & ASKS_METHOD and "cache" not in touches and not signed_by(touches)


def signed_by(touches: set[str]) -> bool:
    """Whether the code shows that a signature or bearer token is checked."""
    return bool(touches & SIGNED) or any(text.startswith("text:") for text in touches)


def _doubtful(route: UrlRoute) -> bool:
    if not _is_unsafe(route):
        return False
    if route.csrf is Csrf.FRAMEWORK_UNKNOWN:
        return True
    touches = set(route.touches)
    return route.csrf is Csrf.EXEMPT and (bool(touches & SESSION) or not signed_by(touches))


def _shown(route: UrlRoute) -> str:
    return f"{route.sample or route.pattern} ({route.view})"


def _named(routes: list[UrlRoute]) -> str:
    more = f" and {len(routes) - NAMED} more" if len(routes) > NAMED else ""
    return ", ".join(_shown(route) for route in routes[:NAMED]) + more


@judge.also
def in_source(fact: CsrfSource) -> Verdict:
    findings = [finding for place in fact.places if (finding := _source_finding(place))]
    if findings:
        return broken(*findings)
    exempt = [place for place in fact.places if set(place.touches) & SESSION or not signed_by(set(place.touches))]
    if exempt:
        names = ", ".join(f"{place.name} ({place.location})" for place in exempt[:NAMED])
        return unknown(Reason.INCOMPLETE, f"exempt in the source, and not shown to ignore cookies: {names}")
    return holds("no exemption in the source that acts on the session")


def _source_finding(place: CsrfPlace) -> Finding | None:
    touches = set(place.touches)
    if place.cause is CsrfCause.MIDDLEWARE_MISSING:
        return Finding(
            "middleware-missing", f"{place.name} has sessions and no CsrfViewMiddleware", place.location, "middleware"
        )
    if place.cause is CsrfCause.AUTHENTICATION_WEAKENED:
        message = f"{place.name} reads the session cookie and its enforce_csrf checks nothing"
        return Finding("authentication-weakened", message, place.location, place.name)
    if touches & SESSION and not signed_by(touches):
        return Finding("exempt-session", f"{place.name} is exempt and acts on the session", place.location, place.name)
    if touches & FORMS and touches & CHANGES and not signed_by(touches):
        message = (
            f"{place.name} is exempt, takes forms and changes data; no signature and no bearer token is checked in it"
        )
        return Finding("exempt-form", message, place.location, place.name)
    return None


PLACE_ORDER = UrlRoute(
    pattern="orders/new/", path="/orders/new/", sample="/orders/new/", view="shop.views.place_order",
    access=Access.LOGIN, touches=("POST", "save", "user"), location=Location("shop/views.py", 20),
)  # fmt: skip
TABLE = UrlTable(
    urlconf="shop.urls",
    routes=(PLACE_ORDER,),
    middleware=(
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
    ),
)
SEEN = CsrfPlace(cause=CsrfCause.EXEMPT, name="hook", touches=("body", "compare_digest"), location=Location("a.py", 3))


def _route(**changes: Any) -> UrlTable:
    return replace(TABLE, routes=(replace(PLACE_ORDER, **changes),))


def _place(**changes: Any) -> CsrfSource:
    return CsrfSource(places=(replace(SEEN, **changes),))


EXAMPLES = (
    Example("the middleware checks the only form", TABLE, holds),
    Example("exempt, and behind a login", _route(csrf=Csrf.EXEMPT), broken, says="acts on the session"),
    Example("exempt, reads the user itself", _route(csrf=Csrf.EXEMPT, access=Access.OPEN, touches=("user",)), broken),
    Example(
        "an exempt password reset form",
        _route(csrf=Csrf.EXEMPT, access=Access.OPEN, touches=("POST", "save")),
        broken,
        says="takes forms",
    ),
    Example(
        "a webhook that verifies a signature",
        _route(csrf=Csrf.EXEMPT, access=Access.OPEN, touches=("body", "compare_digest", "save")),
        holds,
    ),
    Example(
        "an exempt view of which nothing is known",
        _route(csrf=Csrf.EXEMPT, access=Access.OPEN, touches=()),
        unknown,
        reason=Reason.INCOMPLETE,
    ),
    Example(
        "an exempt view that only answers GET", _route(csrf=Csrf.EXEMPT, methods=("GET",), touches=("user",)), holds
    ),
    Example("a REST view under session authentication", _route(csrf=Csrf.FRAMEWORK_SESSION), holds),
    Example("a REST view whose session authentication was disarmed", _route(csrf=Csrf.EXEMPT), broken),
    Example("a REST view with token authentication", _route(csrf=Csrf.FRAMEWORK_NO_COOKIE), holds),
    Example(
        "a REST view that asks for Basic credentials first",
        _route(csrf=Csrf.FRAMEWORK_SESSION, authentication=(BASIC,)),
        broken,
    ),
    Example(
        "a REST view with authentication of its own",
        _route(csrf=Csrf.FRAMEWORK_UNKNOWN),
        unknown,
        reason=Reason.INCOMPLETE,
    ),
    Example(
        "sessions without the middleware",
        replace(_route(csrf=Csrf.NO_MIDDLEWARE), csrf_checked=False, middleware=TABLE.middleware[:1]),
        broken,
    ),
    Example(
        "no sessions, no middleware", replace(_route(csrf=Csrf.NO_MIDDLEWARE), csrf_checked=False, middleware=()), holds
    ),
    Example("deletes on GET", _route(touches=("delete", "user")), broken),
    Example(
        "a part of the routes is missing",
        replace(TABLE, unresolved=("api/: ImportError",)),
        unknown,
        reason=Reason.INCOMPLETE,
    ),
    Example("no exemption in the source", CsrfSource(places=()), holds),
    Example("a signed webhook in the source", _place(), holds),
    Example("an exempt view that reads the user", _place(touches=("user",)), broken),
    Example("an exempt view whose code was not found", _place(touches=()), unknown, reason=Reason.INCOMPLETE),
    Example("no middleware in the source", _place(cause=CsrfCause.MIDDLEWARE_MISSING), broken),
    Example("exempt, and for staff", _route(csrf=Csrf.EXEMPT, access=Access.STAFF, touches=("hmac",)), broken),
    Example(
        "exempt, and for those with a permission",
        _route(csrf=Csrf.EXEMPT, access=Access.PERMISSION, touches=("hmac",)),
        broken,
    ),
    Example("exempt behind a login, even if signed", _route(csrf=Csrf.EXEMPT, touches=("hmac",)), broken),
    Example(
        "somebody else's exempt form",
        _route(csrf=Csrf.EXEMPT, access=Access.OPEN, touches=("POST", "save"), own=False),
        unknown,
        reason=Reason.INCOMPLETE,
    ),
    Example(
        "an exempt view limited to PUT",
        _route(csrf=Csrf.EXEMPT, access=Access.OPEN, methods=("PUT",), touches=("user",)),
        broken,
    ),
    Example(
        "an exempt view limited to PATCH",
        _route(csrf=Csrf.EXEMPT, access=Access.OPEN, methods=("PATCH",), touches=("user",)),
        broken,
    ),
    Example(
        "an exempt view limited to DELETE",
        _route(csrf=Csrf.EXEMPT, access=Access.OPEN, methods=("GET", "DELETE"), touches=("user",)),
        broken,
    ),
    Example(
        "an exempt view limited to POST",
        _route(csrf=Csrf.EXEMPT, access=Access.OPEN, methods=("POST",), touches=("user",)),
        broken,
    ),
    Example(
        "Basic credentials after the session",
        _route(
            csrf=Csrf.FRAMEWORK_SESSION,
            authentication=(
                "rest_framework.authentication.SessionAuthentication",
                "rest_framework.authentication.BasicAuthentication",
            ),
        ),
        holds,
    ),
    Example(
        "Basic credentials before the session",
        _route(
            csrf=Csrf.FRAMEWORK_SESSION,
            authentication=(
                "rest_framework.authentication.BasicAuthentication",
                "rest_framework.authentication.SessionAuthentication",
            ),
        ),
        broken,
        says="Basic",
    ),
    Example(
        "Basic credentials to read",
        _route(
            csrf=Csrf.FRAMEWORK_SESSION,
            methods=("GET",),
            authentication=("rest_framework.authentication.BasicAuthentication",),
        ),
        holds,
    ),
    Example(
        "Basic credentials that nothing asks for",
        _route(
            csrf=Csrf.FRAMEWORK_SESSION,
            access=Access.OPEN,
            authentication=("rest_framework.authentication.BasicAuthentication",),
        ),
        holds,
    ),
    Example("deletes on GET, in somebody else's code", _route(touches=("delete",), own=False), holds),
    Example("deletes on POST only", _route(touches=("delete",), methods=("POST",)), holds),
    Example(
        "sessions and no middleware, one view is exempt all the same",
        replace(
            _route(csrf=Csrf.NO_MIDDLEWARE),
            csrf_checked=False,
            middleware=TABLE.middleware[:1],
            routes=(replace(PLACE_ORDER, csrf=Csrf.NO_MIDDLEWARE), PLACE_ORDER),
        ),
        broken,
        says="middleware",
    ),
    Example(
        "another middleware checks it", replace(_route(csrf=Csrf.NO_MIDDLEWARE), middleware=TABLE.middleware[:1]), holds
    ),
    Example("no middleware, every view is checked", replace(TABLE, csrf_checked=False), holds),
    Example(
        "one view under two addresses is one finding",
        replace(TABLE, routes=(replace(PLACE_ORDER, csrf=Csrf.EXEMPT, name="new"),) * 2),
        broken,
        says="/orders/new/ (shop.views.place_order) is exempt and acts on the session",
    ),
    Example(
        "a class of its own that checks nothing",
        _place(cause=CsrfCause.AUTHENTICATION_WEAKENED),
        broken,
        says="enforce_csrf checks nothing",
    ),
)
