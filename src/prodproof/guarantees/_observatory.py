"""MDN HTTP Observatory's score for what a site answered: shown beside judgements, never judged.

Follows the published algorithm, version 6 (https://github.com/mdn/mdn-http-observatory). What it looks up elsewhere,
the browsers' HSTS preload list, is not looked up here: for a preloaded site it counts 5 points more.
"""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from prodproof.facts.http import Answer, Cookie, Script, SiteAnswers, Situation
from prodproof.facts.names import same_site
from prodproof.guarantees import _observatory_csp
from prodproof.guarantees._observatory_scores import Result, grade, total

SIX_MONTHS = 15552000
_IGNORED_COOKIES = frozenset({"heroku-session-affinity"})
_GOOD_REFERRER = ("no-referrer", "same-origin", "strict-origin", "strict-origin-when-cross-origin")
_BAD_REFERRER = ("origin", "origin-when-cross-origin", "unsafe-url", "no-referrer-when-downgrade")
_TOKEN = re.compile(r"([A-Za-z*][!#$%&'*+.^_`|~0-9A-Za-z:/-]*)(?:\s*;\s*[a-z*][a-z0-9_.*-]*(?:=[^;,]*)?)*")
_NUMBER = re.compile(r"\s*([+-]?\d+)")


@dataclass(frozen=True)
class Score:
    """Its score and grade, and the results that they are made of."""

    score: int
    grade: str
    results: tuple[Result, ...]

    def __str__(self) -> str:
        return f"HTTP Observatory {self.score} ({self.grade})"


def score(fact: SiteAnswers) -> Score | None:
    """The score of an HTTPS entry point; None where the Observatory would not give one."""
    page = fact.of(Situation.NORMAL)
    if fact.scheme != "https" or page is None or not (200 <= page.status < 400 or page.status in (401, 403)):
        return None
    policy, frames = _observatory_csp.judge(
        _joined(page, "content-security-policy"),
        list(page.meta_policies),
        page.first("content-security-policy-report-only") is not None,
    )
    hsts = _hsts(page)
    results = (
        policy,
        _cookies(fact, hsts is Result.HSTS_LONG),
        _embedder(page),
        _opener(page),
        _sharing(fact),
        _redirection(fact, page),
        _referrer(page),
        hsts,
        _integrity(fact, page),
        _sniffing(page),
        _framing(page, frames),
        _resource(page),
    )
    points = total(results)
    return Score(points, grade(points), results)


def _joined(page: Answer, name: str) -> list[str]:
    # Its HTTP library joins repeated headers to one value.
    values = page.all(name)
    return [", ".join(values)] if values else []


def _value(page: Answer, name: str) -> str | None:
    return next(iter(_joined(page, name)), None)


def _hsts(page: Answer) -> Result:
    if page.certificate_error:
        return Result.HSTS_BAD_CERTIFICATE
    value = _value(page, "strict-transport-security")
    if not value:
        return Result.HSTS_MISSING if value is None else Result.HSTS_INVALID
    value = value[:1024]
    age: float | None = None
    for part in value.split(";"):
        if part.strip().lower().startswith("max-age="):
            number = _NUMBER.match(part.strip()[8:128])
            age = float(number[1]) if number else float("nan")
    if "," in value or age is None:
        return Result.HSTS_INVALID
    return Result.HSTS_SHORT if age < SIX_MONTHS else Result.HSTS_LONG


def _cookies(fact: SiteAnswers, hsts: bool) -> Result:
    sent = [
        cookie
        for answer in fact.answers
        if answer.situation in (Situation.REDIRECT, Situation.NORMAL)
        for cookie in answer.cookies
    ]
    # Its cookie jar keeps the last of each name, and those that are to be removed as well.
    kept = {cookie.name: cookie for cookie in sent if cookie.name and cookie.name not in _IGNORED_COOKIES}
    found = [result for cookie in kept.values() for result in _cookie(cookie, hsts)]
    if any(cookie.same_site is not None and cookie.same_site not in _SAME_SITE for cookie in sent):
        found.append(Result.COOKIES_BAD_SAME_SITE)
    if not kept:
        return Result.COOKIES_NONE
    if found:
        return max(found, key=_COOKIE_ORDER.index)
    same_site = all(cookie.same_site in _SAME_SITE for cookie in kept.values())
    return Result.COOKIES_SAME_SITE if same_site else Result.COOKIES_SECURE


_SAME_SITE = ("lax", "strict", "none")
_COOKIE_ORDER = (
    Result.COOKIES_PLAIN_HSTS,
    Result.COOKIES_PLAIN,
    Result.COOKIES_SESSION_PLAIN_HSTS,
    Result.COOKIES_BAD_SAME_SITE,
    Result.COOKIES_CSRF_NO_SAME_SITE,
    Result.COOKIES_SESSION_SCRIPTABLE,
    Result.COOKIES_SESSION_PLAIN,
)
"""From good to bad, as it orders them."""


def _cookie(cookie: Cookie, hsts: bool) -> list[Result]:
    name = cookie.name.lower()
    session = "login" in name or "sess" in name
    found = []
    if not cookie.secure:
        if cookie.same_site == "none":
            found.append(Result.COOKIES_BAD_SAME_SITE)
        found.append(Result.COOKIES_PLAIN_HSTS if hsts else Result.COOKIES_PLAIN)
        if session:
            found.append(Result.COOKIES_SESSION_PLAIN_HSTS if hsts else Result.COOKIES_SESSION_PLAIN)
    if "csrf" in name and cookie.same_site not in _SAME_SITE:
        found.append(Result.COOKIES_CSRF_NO_SAME_SITE)
    if session and not cookie.http_only:
        found.append(Result.COOKIES_SESSION_SCRIPTABLE)
    return found


def _sharing(fact: SiteAnswers) -> Result:
    origin, credentials = fact.foreign_origin_allowed
    return Result.CORS_UNIVERSAL if origin == "(the asking one)" and credentials else Result.CORS_FINE


def _redirection(fact: SiteAnswers, page: Answer) -> Result:
    route = fact.plain_route
    if route is None:
        return Result.REDIRECT_FINE
    if page.certificate_error:
        return Result.REDIRECT_BAD_CERTIFICATE
    if len(route) == 1:
        return Result.REDIRECT_MISSING
    parts = [urlsplit(url) for url in route]
    if parts[-1].scheme != "https":
        return Result.REDIRECT_NOT_HTTPS
    if parts[1].scheme == "http":
        return Result.REDIRECT_VIA_HTTP
    if parts[0].hostname != parts[1].hostname:
        return Result.REDIRECT_OFF_HOST
    return Result.REDIRECT_FINE


def _referrer(page: Answer) -> Result:
    values = [*page.all("referrer-policy"), *([page.meta_referrer] if page.meta_referrer else [])]
    if not values:
        return Result.REFERRER_MISSING
    named = [item.strip().lower() for item in ", ".join(values).split(",")]
    valid = [item for item in named if item in (*_GOOD_REFERRER, *_BAD_REFERRER)]
    if not valid:
        return Result.REFERRER_INVALID
    return Result.REFERRER_PRIVATE if valid[-1] in _GOOD_REFERRER else Result.REFERRER_UNSAFE


def _integrity(fact: SiteAnswers, page: Answer) -> Result:
    if not page.html:
        return Result.SRI_NOT_NEEDED
    order = (Result.SRI_ALL, Result.SRI_EXTERNAL, Result.SRI_INSECURE, Result.SRI_MISSING, Result.SRI_MISSING_INSECURE)
    worst: Result | None = None
    foreign = False
    for script in fact.scripts:
        found = _script(script, fact.host)
        foreign = foreign or not _own_origin(script, fact.host)
        if found is Result.SRI_ALL:
            worst = worst or found
        elif found is not None and (worst is None or order.index(found) > order.index(worst)):
            worst = found
    if worst is not None:
        return worst
    return Result.SRI_EXTERNAL if foreign else Result.SRI_NOT_NEEDED


def _own_origin(script: Script, host: str) -> bool:
    if script.source.startswith("//"):
        return False
    if not script.source.startswith(("http://", "https://")):
        return True
    return same_site(urlsplit(script.source).hostname or "", host)


def _script(script: Script, host: str) -> Result | None:
    relative = not script.source.startswith(("http://", "https://", "//"))
    secure = script.source.startswith("https://") or relative
    if _own_origin(script, host):
        return Result.SRI_ALL if script.integrity and secure else None
    if script.integrity:
        return None if secure else Result.SRI_INSECURE
    return Result.SRI_MISSING if secure else Result.SRI_MISSING_INSECURE


def _sniffing(page: Answer) -> Result:
    value = _value(page, "x-content-type-options")
    if not value:
        return Result.SNIFF_MISSING
    return Result.SNIFF_OFF if value.strip().lower() == "nosniff" else Result.SNIFF_INVALID


def _framing(page: Answer, by_policy: bool) -> Result:
    value = (_value(page, "x-frame-options") or "").strip().lower()
    if by_policy:
        return Result.FRAMES_BY_POLICY
    if not value:
        return Result.FRAMES_MISSING
    if value in ("deny", "sameorigin"):
        return Result.FRAMES_DENIED
    return Result.FRAMES_ALLOW_FROM if value.startswith("allow-from") else Result.FRAMES_INVALID


def _resource(page: Answer) -> Result:
    value = (_value(page, "cross-origin-resource-policy") or "").strip().lower()
    if value in ("same-site", "same-origin"):
        return Result.CORP_OWN
    return Result.CORP_OPEN if value in ("", "cross-origin") else Result.CORP_INVALID


def _embedder(page: Answer) -> Result:
    value = _value(page, "cross-origin-embedder-policy")
    token = _token(value) if value else "unsafe-none"
    if token in ("require-corp", "credentialless"):
        return Result.COEP_STRICT
    return Result.COEP_OPEN if token == "unsafe-none" else Result.COEP_INVALID


def _opener(page: Answer) -> Result:
    value = _value(page, "cross-origin-opener-policy")
    token = _token(value) if value else "unsafe-none"
    if token in ("same-origin", "same-origin-allow-popups", "noopener-allow-popups"):
        return Result.COOP_STRICT
    return Result.COOP_OPEN if token == "unsafe-none" else Result.COOP_INVALID


def _token(value: str) -> str | None:
    match = _TOKEN.fullmatch(value[:1024].strip())
    return match[1] if match else None
