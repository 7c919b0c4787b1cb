"""Session cookies are Secure, HttpOnly and SameSite, CSRF cookies Secure and SameSite, all scoped to their host;
SameSite=None only with a declared cross-site purpose.

Risk: A session cookie is the key to a logged-in account: sent once over plain HTTP, read by a script or shared with a
forgotten subdomain, it lets a stranger in without a password.
Verified: Set-Cookie of every answer that a visitor gets (the page, its redirects, an unknown path, the usual login
pages); cookie values are never kept. SESSION_COOKIE_SECURE, SESSION_COOKIE_HTTPONLY and CSRF_COOKIE_SECURE of Django
applications are read too, from the running application where it may be asked, else from its source: a value that only
an environment variable knows is unknown. A test login is not made by this version, so that it can only be found broken.
Mend: Django: SESSION_COOKIE_SECURE, SESSION_COOKIE_HTTPONLY, CSRF_COOKIE_SECURE = True, SESSION_COOKIE_SAMESITE and
CSRF_COOKIE_SAMESITE = "Lax", no *_COOKIE_DOMAIN; better, names that begin with `__Host-`. Express: cookie: { secure:
true, httpOnly: true, sameSite: "lax" } with `trust proxy`. A cookie that other sites must send is named in
`cross_site_cookies`.
"""

import re
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from prodproof.facts import Location, Reason
from prodproof.facts.declared import EntryPoint, Environment, EnvironmentKind
from prodproof.facts.django import Certainty, DjangoSettings, Setting, Source
from prodproof.facts.http import Answer, Cookie, SiteAnswers, Situation
from prodproof.guarantees._answers import own, unseen
from prodproof.verdicts import Example, Finding, Verdict, broken, guarantee, holds, not_applicable, unknown

_SESSION = re.compile(
    r"sess|^(__host-|__secure-)?(s?sid|connect\.sid|auth|authtoken|auth[-_]token|access[-_]token|id[-_]token|jwt|token|"
    r"remember([-_]me|[-_]token|[-_]web.*)?|login|aspxauth|\.aspxauth|\.aspnetcore\.(cookies|identity\..*))$",
    re.IGNORECASE,
)
_CSRF = re.compile(r"csrf|xsrf", re.IGNORECASE)


@guarantee("application.cookies-secure", seeds="M-text", proof="active", severity="high", verifiable=False)
def judge(fact: SiteAnswers, declared: EntryPoint) -> Verdict:
    if fact.scheme != "https":
        return not_applicable("plain HTTP: exposure.https-only is about it")
    found: dict[str, Finding] = {}
    names = set()
    for answer in own(fact):
        for cookie in answer.cookies:
            kind = _kind(cookie)
            if kind is None or cookie.deleted:
                continue
            names.add(cookie.name)
            for finding in _faults(cookie, kind, answer, declared):
                found.setdefault(finding.key, finding)
    if found:
        return broken(*found.values())
    if short := unseen(fact, Situation.NORMAL):
        return short
    if not any(_SESSION.search(name) for name in names):
        return unknown(Reason.INSUFFICIENT_PROOF, "no session cookie was seen: it needs a test login")
    return holds(", ".join(sorted(names)))


def _kind(cookie: Cookie) -> str | None:
    if _CSRF.search(cookie.name):
        return "CSRF"
    return "session" if _SESSION.search(cookie.name) else None


def _faults(cookie: Cookie, kind: str, answer: Answer, declared: EntryPoint) -> Iterable[Finding]:
    def finding(rule: str, message: str) -> Finding:
        words = f"{kind} cookie {cookie.name} {message} ({answer.called})"
        return Finding(f"cookie-{rule}", words, key=f"{rule} {cookie.name}")

    if not cookie.secure:
        yield finding("secure", "is not Secure")
    if kind == "session" and not cookie.http_only:
        yield finding("http-only", "is not HttpOnly: scripts can read it")
    if cookie.same_site is None:
        yield finding("same-site", "has no SameSite")
    elif cookie.same_site == "none" and cookie.name not in declared.cross_site_cookies:
        yield finding("same-site-none", "is SameSite=None, and cross_site_cookies does not name it")
    elif cookie.same_site not in ("lax", "strict", "none"):
        yield finding("same-site", "has a SameSite that browsers do not know")
    if cookie.domain:
        yield finding("domain", f"is sent to every host under {cookie.domain.lstrip('.')} (Domain)")


@judge.also
def settings(fact: DjangoSettings, declared: Environment) -> Verdict:
    if declared.kind is EnvironmentKind.DEVELOPMENT:
        return not_applicable("a development environment")
    names = _concerned(fact)
    if not names:
        return not_applicable("neither sessions nor CSRF cookies are in use")
    known = {name: fact.setting(name) for name in names}
    off = [item for item in known.values() if item is not None and _is_known(item) and not item.value]
    if off:
        return broken(*(_switched_off(item, fact) for item in off))
    for name, item in known.items():
        if item is None or not _is_known(item):
            by = f": the variable {item.variable} decides" if item is not None and item.variable else ""
            return unknown(
                Reason.NOT_CONFIGURED,
                f"what {name} is cannot be told from the source of {fact.module or 'the settings'}{by}; "
                "to know it, let the running application be asked: [[django]] in the system file, or --django",
            )
    return holds(f"{', '.join(names)} are on in {fact.module}")


def _concerned(fact: DjangoSettings) -> tuple[str, ...]:
    """The settings that matter: a middleware that is known to be absent sets no cookie."""
    middleware = fact.values("MIDDLEWARE") or fact.values("MIDDLEWARE_CLASSES")
    names: tuple[str, ...] = ()
    if not middleware or any("session" in item.lower() for item in middleware):
        names += ("SESSION_COOKIE_SECURE", "SESSION_COOKIE_HTTPONLY")
    in_session = fact.setting("CSRF_USE_SESSIONS")
    own_cookie = in_session is None or (_is_known(in_session) and not in_session.value)
    if own_cookie and (not middleware or any("csrf" in item.lower() for item in middleware)):
        names += ("CSRF_COOKIE_SECURE",)
    return names


def _is_known(item: Setting) -> bool:
    return item.certainty is Certainty.KNOWN and not (item.value is None and item.type)


def _switched_off(item: Setting, fact: DjangoSettings) -> Finding:
    if fact.source is Source.EFFECTIVE:
        message = f"the running application has {item.name} off: {fact.module}"
    elif item.is_default:
        message = f"{fact.module} ({fact.chosen_because}) does not set {item.name}, and Django's default is off"
    else:
        message = f"{item.name} is off in {fact.module} ({fact.chosen_because})"
    mend = f"set {item.name} = True in the settings of production"
    return Finding("cookie-setting", message, item.location, key=f"{item.name} {fact.module}", mend=mend)


SHOP = EntryPoint(url="https://shop.example")
SESSION = Cookie("sessionid", secure=True, http_only=True, same_site="lax", path="/")
TOKEN = Cookie("csrftoken", secure=True, same_site="lax", path="/")
GOOD = SiteAnswers(
    scheme="https", host="shop.example", answers=(Answer(situation=Situation.NORMAL, cookies=(SESSION, TOKEN)),)
)


def _with(*cookies: Cookie) -> SiteAnswers:
    return replace(GOOD, answers=(replace(GOOD.answers[0], cookies=cookies),))


PRODUCTION = Environment(name="production")
ON = DjangoSettings(
    source=Source.EFFECTIVE,
    module="shop.settings",
    settings=(
        Setting(name="CSRF_COOKIE_SECURE", value=True),
        Setting(
            name="MIDDLEWARE",
            value=(
                "django.contrib.sessions.middleware.SessionMiddleware",
                "django.middleware.csrf.CsrfViewMiddleware",
            ),
        ),
        Setting(name="SESSION_COOKIE_HTTPONLY", value=True, is_default=True),
        Setting(name="SESSION_COOKIE_SECURE", value=True, location=Location("shop/settings.py", 7)),
    ),
)
IN_SOURCE = replace(ON, source=Source.STATIC, chosen_because="shop/wsgi.py names it")


def _set(fact: DjangoSettings, name: str, **changes: Any) -> DjangoSettings:
    kept = tuple(item for item in fact.settings if item.name != name)
    changed = replace(fact.setting(name) or Setting(name=name), **changes)
    return replace(fact, settings=(*kept, changed))


EXAMPLES = (
    Example("as they must be", GOOD, holds, SHOP),
    Example("session not Secure", _with(replace(SESSION, secure=False)), broken, SHOP, says="not Secure"),
    Example("session readable by scripts", _with(replace(SESSION, http_only=False)), broken, SHOP, says="HttpOnly"),
    Example("a CSRF cookie may be read by scripts", _with(SESSION, replace(TOKEN, http_only=False)), holds, SHOP),
    Example("CSRF cookie not Secure", _with(SESSION, replace(TOKEN, secure=False)), broken, SHOP, says="csrftoken"),
    Example("no SameSite", _with(replace(SESSION, same_site=None)), broken, SHOP),
    Example("SameSite=None for no declared reason", _with(replace(SESSION, same_site="none")), broken, SHOP),
    Example(
        "SameSite=None, declared",
        _with(replace(SESSION, same_site="none")),
        holds,
        replace(SHOP, cross_site_cookies=("sessionid",)),
    ),
    Example("shared with subdomains", _with(replace(SESSION, domain="shop.example")), broken, SHOP, says="every host"),
    Example(
        "a deleted cookie is no session",
        _with(replace(SESSION, secure=False, deleted=True)),
        unknown,
        SHOP,
        reason=Reason.INSUFFICIENT_PROOF,
    ),
    Example(
        "a language cookie is neither",
        _with(Cookie("django_language")),
        unknown,
        SHOP,
        reason=Reason.INSUFFICIENT_PROOF,
    ),
    Example("plain HTTP", replace(GOOD, scheme="http"), not_applicable, SHOP),
    Example("Django's settings as they must be", ON, holds, PRODUCTION),
    Example(
        "the running application has SESSION_COOKIE_SECURE off",
        _set(ON, "SESSION_COOKIE_SECURE", value=False),
        broken,
        PRODUCTION,
        says="has SESSION_COOKIE_SECURE off",
    ),
    Example(
        "scripts may read the session cookie",
        _set(IN_SOURCE, "SESSION_COOKIE_HTTPONLY", value=False, is_default=False),
        broken,
        PRODUCTION,
        says="SESSION_COOKIE_HTTPONLY is off in shop.settings",
    ),
    Example(
        "CSRF_COOKIE_SECURE is not set",
        _set(IN_SOURCE, "CSRF_COOKIE_SECURE", value=False, is_default=True),
        broken,
        PRODUCTION,
        says="does not set CSRF_COOKIE_SECURE",
    ),
    Example(
        "a variable decides, off by default",
        _set(IN_SOURCE, "SESSION_COOKIE_SECURE", value=False, certainty=Certainty.ENVIRONMENT, variable="SECURE"),
        unknown,
        PRODUCTION,
        says="the variable SECURE decides",
        reason=Reason.NOT_CONFIGURED,
    ),
    Example(
        "the source computes it",
        _set(IN_SOURCE, "SESSION_COOKIE_SECURE", value=None, certainty=Certainty.UNKNOWN),
        unknown,
        PRODUCTION,
        reason=Reason.NOT_CONFIGURED,
    ),
    Example(
        "off, on a developer's machine",
        _set(ON, "SESSION_COOKIE_SECURE", value=False),
        not_applicable,
        Environment(name="dev", kind=EnvironmentKind.DEVELOPMENT),
    ),
    Example(
        "off, but no session is in use",
        _set(
            _set(ON, "SESSION_COOKIE_SECURE", value=False),
            "MIDDLEWARE",
            value=("django.middleware.csrf.CsrfViewMiddleware",),
        ),
        holds,
        PRODUCTION,
    ),
    Example(
        "the token of forms lies in the session",
        _set(_set(ON, "CSRF_COOKIE_SECURE", value=False), "CSRF_USE_SESSIONS", value=True),
        holds,
        PRODUCTION,
    ),
    Example(
        "a language cookie before a weak one",
        _with(Cookie("django_language"), replace(SESSION, secure=False)),
        broken,
        SHOP,
    ),
    Example(
        "a firewall's page",
        replace(GOOD, answers=(replace(GOOD.answers[0], interposed="a challenge"),)),
        unknown,
        SHOP,
        reason=Reason.DENIED,
    ),
    Example("SameSite=Strict", _with(replace(SESSION, same_site="strict")), holds, SHOP),
    Example("a SameSite that is none", _with(replace(SESSION, same_site="later")), broken, SHOP, says="do not know"),
    Example("no SameSite at all", _with(replace(SESSION, same_site=None)), broken, SHOP, says="has no SameSite"),
    Example(
        "neither sessions nor tokens",
        _set(ON, "MIDDLEWARE", value=("django.middleware.common.CommonMiddleware",)),
        not_applicable,
        PRODUCTION,
    ),
    Example(
        "no list of middleware",
        _set(ON, "MIDDLEWARE", value=None, type="list"),
        holds,
        PRODUCTION,
        says="SESSION_COOKIE_SECURE, SESSION_COOKIE_HTTPONLY, CSRF_COOKIE_SECURE",
    ),
    Example(
        "an old project's list of middleware",
        replace(
            _set(ON, "CSRF_COOKIE_SECURE", value=False),
            settings=tuple(
                replace(item, name="MIDDLEWARE_CLASSES", value=item.value[:1])
                if isinstance(item.value, tuple)
                else item
                for item in _set(ON, "CSRF_COOKIE_SECURE", value=False).settings
            ),
        ),
        holds,
        PRODUCTION,
    ),
    Example(
        "a session alone",
        _set(
            _set(ON, "CSRF_COOKIE_SECURE", value=False),
            "MIDDLEWARE",
            value=("django.contrib.sessions.middleware.SessionMiddleware",),
        ),
        holds,
        PRODUCTION,
    ),
    Example(
        "one setting was not read",
        replace(ON, settings=ON.settings[1:]),
        unknown,
        PRODUCTION,
        says="CSRF_COOKIE_SECURE",
        reason=Reason.NOT_CONFIGURED,
    ),
    Example(
        "the token of forms lies in a cookie, as the source says",
        _set(_set(ON, "CSRF_COOKIE_SECURE", value=False), "CSRF_USE_SESSIONS", value=False),
        broken,
        PRODUCTION,
    ),
    Example(
        "where the token of forms lies cannot be told",
        _set(_set(ON, "CSRF_COOKIE_SECURE", value=False), "CSRF_USE_SESSIONS", certainty=Certainty.UNKNOWN),
        holds,
        PRODUCTION,
    ),
    Example(
        "a value that cannot be read",
        _set(ON, "SESSION_COOKIE_SECURE", value=None, type="lazy object"),
        unknown,
        PRODUCTION,
        reason=Reason.NOT_CONFIGURED,
    ),
    Example("a value with its type", _set(ON, "SESSION_COOKIE_SECURE", value=1, type="int"), holds, PRODUCTION),
    Example("None is off", _set(ON, "SESSION_COOKIE_SECURE", value=None), broken, PRODUCTION),
)
