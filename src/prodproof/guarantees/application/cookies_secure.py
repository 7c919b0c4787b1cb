"""Session cookies are Secure, HttpOnly and SameSite, CSRF cookies Secure and SameSite, all scoped to their host;
SameSite=None only with a declared cross-site purpose.

Risk: A session cookie is the key to a logged-in account: sent once over plain HTTP, read by a script or shared with a
forgotten subdomain, it lets a stranger in without a password.
Verified: Set-Cookie of every answer that a visitor gets (the page, its redirects, an unknown path, the usual login
pages); cookie values are never kept. A test login is not made by this version, so that it can only be found broken.
Mend: Django: SESSION_COOKIE_SECURE, SESSION_COOKIE_HTTPONLY, CSRF_COOKIE_SECURE = True, SESSION_COOKIE_SAMESITE and
CSRF_COOKIE_SAMESITE = "Lax", no *_COOKIE_DOMAIN; better, names that begin with `__Host-`. Express: cookie: { secure:
true, httpOnly: true, sameSite: "lax" } with `trust proxy`. A cookie that other sites must send is named in
`cross_site_cookies`.
"""

import re
from collections.abc import Iterable
from dataclasses import replace

from prodproof.facts import Reason
from prodproof.facts.declared import EntryPoint
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


SHOP = EntryPoint(url="https://shop.example")
SESSION = Cookie("sessionid", secure=True, http_only=True, same_site="lax", path="/")
TOKEN = Cookie("csrftoken", secure=True, same_site="lax", path="/")
GOOD = SiteAnswers(
    scheme="https", host="shop.example", answers=(Answer(situation=Situation.NORMAL, cookies=(SESSION, TOKEN)),)
)


def _with(*cookies: Cookie) -> SiteAnswers:
    return replace(GOOD, answers=(replace(GOOD.answers[0], cookies=cookies),))


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
    Example("a deleted cookie is no session", _with(replace(SESSION, secure=False, deleted=True)), unknown, SHOP),
    Example("a language cookie is neither", _with(Cookie("django_language")), unknown, SHOP),
    Example("plain HTTP", replace(GOOD, scheme="http"), not_applicable, SHOP),
)
