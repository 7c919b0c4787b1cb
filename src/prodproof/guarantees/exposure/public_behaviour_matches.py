"""What the public endpoint says (transport, redirects, cookies, headers, caching, versions) is what the configuration
intends.

Risk: You read the settings and believe you are protected, while the proxy in front quietly drops the header or rewrites
the cookie: the visitor is protected only by what arrives.
Verified: The settings that the running Django application answered with (headers of its security, framing and policy
middleware, cookies, redirect to HTTPS) are compared with the normal, redirect and login answers from outside: what is
set and missing, weaker or contradicted outside is a finding; so are a session cookie in an answer that shared caches
may keep, and a framework's version.
Mend: Look at what stands between: nginx `proxy_hide_header`, an `add_header` that replaces the application's, a CDN's
header rules, a load balancer without SECURE_PROXY_SSL_HEADER (Django then sends no HSTS at all). Set each header in one
place only.
"""

import re
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from prodproof.facts import Reason
from prodproof.facts.behaviour import Intended, IntendedCookie, PublicBehaviour
from prodproof.facts.declared import EntryPoint
from prodproof.facts.http import Answer, Cookie, SiteAnswers, Situation
from prodproof.guarantees._answers import own, unseen
from prodproof.guarantees._hsts import HSTS, parsed
from prodproof.verdicts import Example, Finding, Verdict, broken, guarantee, holds, not_applicable, unknown

_VERSION = re.compile(r"(?i)(django|wsgiserver|gunicorn|uvicorn|werkzeug|python|php|express)/?\s?\d")


@guarantee("exposure.public-behaviour-matches", seeds="M-text", proof="outside", severity="medium")
def judge(fact: PublicBehaviour, declared: EntryPoint) -> Verdict:
    seen = fact.seen
    if seen.scheme != "https":
        return not_applicable("plain HTTP: exposure.https-only is about it")
    pages = [item for item in own(seen) if item.situation in (Situation.NORMAL, Situation.LOGIN)]
    found: dict[str, Finding] = {}
    for page in pages:
        for finding in (*_headers(page, fact.intended), *_caching(page, fact.intended)):
            found.setdefault(finding.key, finding)
    for answer in own(seen):
        for finding in _cookies(answer, fact.intended):
            found.setdefault(finding.key, finding)
    if fact.intended.redirect_to_https and seen.plain_route and not seen.plain_route[-1].startswith("https://"):
        text = f"settings redirect to HTTPS, and {seen.plain_route[0]} does not"
        found["redirect"] = Finding("behaviour-redirect", text, key="redirect")
    if found:
        return broken(*found.values())
    if short := unseen(seen, Situation.NORMAL):
        return short
    return holds(f"{len(fact.intended.headers)} headers and the cookies are as {fact.intended.module} says")


def _headers(page: Answer, intended: Intended) -> Iterable[Finding]:
    for name, value in intended.headers:
        outside = page.all(name)
        if not outside:
            text = f"settings send {name}, and {page.called} comes without it"
            yield Finding("behaviour-stripped", text, key=name)
        elif value and (fault := _weaker(name, value, outside)):
            yield Finding("behaviour-differs", f"{name} {fault} ({page.called})", key=name)
    for name in ("server", "x-powered-by"):
        if match := _VERSION.search(page.first(name) or ""):
            yield Finding("behaviour-version", f"{name} tells a version ({match[0]}) to everybody", key=name)


def _weaker(name: str, wanted: str, outside: tuple[str, ...]) -> str | None:
    first = outside[0]
    if name == HSTS:
        ours, theirs = parsed(wanted), parsed(first)
        if theirs is None:
            return f"is {first!r} outside, which is not valid"
        shorter = ours is not None and int(theirs["max-age"]) < int(ours["max-age"])
        lost = [word for word in ("includesubdomains", "preload") if ours and word in ours and word not in theirs]
        return f"is {first!r} outside, and settings say {wanted!r}" if shorter or lost else None
    values = {item.strip().lower() for value in outside for item in value.split(",")}
    if name == "x-frame-options" and values == {"deny"}:
        return None
    expected = {item.strip().lower() for item in wanted.split(",")}
    return f"is {', '.join(outside)!r} outside, and settings say {wanted!r}" if values != expected else None


def _caching(page: Answer, intended: Intended) -> Iterable[Finding]:
    sessions = {item.name for item in intended.cookies if item.role == "session"}
    shared = re.search(r"(?i)\bpublic\b|\bs-maxage=[1-9]", page.first("cache-control") or "")
    if shared and any(cookie.name in sessions and not cookie.deleted for cookie in page.cookies):
        text = f"{page.called} sets the session cookie and lets shared caches keep it (Cache-Control)"
        yield Finding("behaviour-cached", text, key=f"cached {page.path}")


def _cookies(answer: Answer, intended: Intended) -> Iterable[Finding]:
    wanted = {item.name: item for item in intended.cookies}
    for cookie in answer.cookies:
        if cookie.deleted or cookie.name not in wanted:
            continue
        for word in _lost(cookie, wanted[cookie.name]):
            text = f"settings make cookie {cookie.name} {word}, and {answer.called} sets it without"
            yield Finding("behaviour-cookie", text, key=f"{cookie.name} {word}")


def _lost(cookie: Cookie, wanted: IntendedCookie) -> Iterable[str]:
    if wanted.secure and not cookie.secure:
        yield "Secure"
    if wanted.http_only and not cookie.http_only:
        yield "HttpOnly"
    if wanted.same_site and cookie.same_site != wanted.same_site:
        yield f"SameSite={wanted.same_site.capitalize()}"


SHOP = EntryPoint(url="https://shop.example")
HEADERS = (("x-content-type-options", "nosniff"), (HSTS, "max-age=31536000"))
SESSION = Cookie("sessionid", secure=True, http_only=True, same_site="lax")
GOOD = PublicBehaviour(
    seen=SiteAnswers(
        scheme="https",
        host="shop.example",
        answers=(
            Answer(
                situation=Situation.NORMAL,
                headers=(*HEADERS, ("content-security-policy", "default-src 'self'")),
                cookies=(SESSION,),
            ),
        ),
        plain_route=("http://shop.example/", "https://shop.example/"),
    ),
    intended=Intended(
        module="shop.settings",
        headers=(*HEADERS, ("content-security-policy", "")),
        cookies=(IntendedCookie("sessionid", "session", secure=True, http_only=True, same_site="lax"),),
        redirect_to_https=True,
    ),
)
PAGE = GOOD.seen.answers[0]


def _page(**changes: Any) -> PublicBehaviour:
    page = replace(PAGE, **changes)
    return replace(GOOD, seen=replace(GOOD.seen, answers=(page,)))


def _and(situation: Situation) -> PublicBehaviour:
    """The whole case, and a bare answer of another kind."""
    return replace(GOOD, seen=replace(GOOD.seen, answers=(PAGE, Answer(situation=situation))))


def _meant(name: str, settings: str, outside: str) -> PublicBehaviour:
    """One header, as the settings and as the site say it."""
    page = replace(PAGE, headers=((name, outside),))
    intended = replace(GOOD.intended, headers=((name, settings),))
    return replace(GOOD, seen=replace(GOOD.seen, answers=(page,)), intended=intended)


EXAMPLES = (
    Example("as the settings say", GOOD, holds, SHOP),
    Example("a proxy strips the policy", _page(headers=HEADERS), broken, SHOP, says="without it"),
    Example(
        "a proxy shortens HSTS",
        _page(headers=((HSTS, "max-age=60"), *PAGE.headers[:1], *PAGE.headers[2:])),
        broken,
        SHOP,
        says="settings say",
    ),
    Example(
        "a proxy lengthens HSTS", _page(headers=((HSTS, "max-age=63072000; preload"), *PAGE.headers[::2])), holds, SHOP
    ),
    Example(
        "a proxy rewrites the cookie", _page(cookies=(replace(SESSION, secure=False),)), broken, SHOP, says="Secure"
    ),
    Example(
        "a session cookie in an answer that caches keep",
        _page(headers=(*PAGE.headers, ("cache-control", "public, max-age=600"))),
        broken,
        SHOP,
        says="shared caches",
    ),
    Example("a version", _page(headers=(*PAGE.headers, ("server", "gunicorn/20.1.0"))), broken, SHOP, says="version"),
    Example(
        "no redirect to HTTPS",
        replace(GOOD, seen=replace(GOOD.seen, plain_route=("http://shop.example/",))),
        broken,
        SHOP,
    ),
    Example(
        "a firewall's page",
        _page(headers=(), cookies=(), interposed="a challenge"),
        unknown,
        SHOP,
        reason=Reason.DENIED,
    ),
    Example("plain HTTP", replace(GOOD, seen=replace(GOOD.seen, scheme="http")), not_applicable, SHOP),
    *(
        Example(
            f"{server} tells its version",
            _page(headers=(*PAGE.headers, ("server", server))),
            broken,
            SHOP,
            says="tells a version",
        )
        for server in (
            "Django/5.2",
            "WSGIServer/0.2",
            "uvicorn/0.30",
            "Werkzeug/3.0",
            "Python/3.12",
            "PHP/8.2",
            "Express/4.1",
            "gunicorn 20.1.0",
        )
    ),
    Example(
        "a name without a version", _page(headers=(*PAGE.headers, ("server", "gunicorn behind a proxy"))), holds, SHOP
    ),
    Example(
        "the framework tells its version",
        _page(headers=(*PAGE.headers, ("x-powered-by", "PHP/8.2.1"))),
        broken,
        SHOP,
        says="x-powered-by",
    ),
    Example("a 404 without the headers", _and(Situation.NOT_FOUND), holds, SHOP),
    Example("a login page without the headers", _and(Situation.LOGIN), broken, SHOP, says="login page"),
    Example(
        "no redirect to HTTPS, nor meant",
        replace(
            GOOD,
            seen=replace(GOOD.seen, plain_route=("http://shop.example/",)),
            intended=replace(GOOD.intended, redirect_to_https=False),
        ),
        holds,
        SHOP,
    ),
    Example("plain HTTP does not answer", replace(GOOD, seen=replace(GOOD.seen, plain_route=None)), holds, SHOP),
    Example(
        "a proxy garbles HSTS", _page(headers=((HSTS, "max-age=x"), *PAGE.headers[::2])), broken, SHOP, says="not valid"
    ),
    Example("settings with an invalid HSTS", _meant(HSTS, "max-age=x", "max-age=60"), holds, SHOP),
    Example(
        "a proxy drops includeSubDomains",
        _meant(HSTS, "max-age=60; includeSubDomains", "max-age=60"),
        broken,
        SHOP,
        says="settings say",
    ),
    Example("a proxy drops preload", _meant(HSTS, "max-age=60; preload", "max-age=60"), broken, SHOP),
    Example("a proxy adds includeSubDomains", _meant(HSTS, "max-age=60", "max-age=60; includeSubDomains"), holds, SHOP),
    Example(
        "a proxy keeps includeSubDomains",
        _meant(HSTS, "max-age=60; includeSubDomains", "max-age=60; includeSubDomains"),
        holds,
        SHOP,
    ),
    Example("a proxy denies all frames", _meant("x-frame-options", "SAMEORIGIN", "DENY"), holds, SHOP),
    Example("a proxy lets frames in", _meant("x-frame-options", "DENY", "SAMEORIGIN"), broken, SHOP),
    Example("frames as meant", _meant("x-frame-options", "SAMEORIGIN", "sameorigin"), holds, SHOP),
    Example("another header that says deny", _meant("referrer-policy", "same-origin", "deny"), broken, SHOP),
    Example(
        "two values in one line",
        _meant("referrer-policy", "no-referrer, same-origin", "same-origin,no-referrer"),
        holds,
        SHOP,
    ),
    Example(
        "no session cookie in what caches keep",
        _page(headers=(*PAGE.headers, ("cache-control", "public")), cookies=(Cookie("language"),)),
        holds,
        SHOP,
    ),
    Example(
        "the session cookie is removed in what caches keep",
        _page(headers=(*PAGE.headers, ("cache-control", "public")), cookies=(replace(SESSION, deleted=True),)),
        holds,
        SHOP,
    ),
    Example(
        "the session cookie beside another, for shared caches",
        _page(headers=(*PAGE.headers, ("cache-control", "s-maxage=60")), cookies=(Cookie("language"), SESSION)),
        broken,
        SHOP,
    ),
    Example(
        "another cookie of the settings in what caches keep",
        replace(
            _page(headers=(*PAGE.headers, ("cache-control", "public")), cookies=(replace(SESSION, name="csrftoken"),)),
            intended=replace(
                GOOD.intended, cookies=(replace(GOOD.intended.cookies[0], name="csrftoken", role="csrf"),)
            ),
        ),
        holds,
        SHOP,
    ),
    Example("a removed cookie", _page(cookies=(Cookie("sessionid", deleted=True),)), holds, SHOP),
    Example(
        "an unknown cookie before a weak one",
        _page(cookies=(Cookie("language"), replace(SESSION, http_only=False))),
        broken,
        SHOP,
        says="HttpOnly",
    ),
    Example("SameSite is lost", _page(cookies=(replace(SESSION, same_site=None),)), broken, SHOP, says="SameSite=Lax"),
    Example(
        "a cookie that was not meant to be strict",
        replace(
            _page(cookies=(Cookie("sessionid"),)),
            intended=replace(GOOD.intended, cookies=(IntendedCookie("sessionid", "session"),)),
        ),
        holds,
        SHOP,
    ),
    Example(
        "a cookie that is stricter than was meant",
        replace(
            _page(cookies=(Cookie("sessionid", same_site="lax"),)),
            intended=replace(GOOD.intended, cookies=(IntendedCookie("sessionid", "session"),)),
        ),
        holds,
        SHOP,
    ),
)
