"""Content-Security-Policy, X-Frame-Options or frame-ancestors, X-Content-Type-Options, Referrer-Policy and
Strict-Transport-Security are sent and strong.

Risk: One comment field that forgets to escape is enough for a stranger's script to act as your logged-in users; a
strict policy stops that script, and without framing rules your buttons can be clicked through somebody else's page.
Verified: Headers of the normal and unknown-path answers: a policy and framing rules on HTML, nosniff on everything with
a body, a referrer policy and HSTS on the normal answer. Policies are parsed and intersected as browsers do (report-only
and meta frame-ancestors ignored, unsafe-inline void beside a nonce or hash, object-src inherited, frame-ancestors over
X-Frame-Options); declared embedders are fine; the HTTP Observatory's score is shown, not judged.
Mend: Begin with Content-Security-Policy-Report-Only, then enforce "default-src 'none'; script-src 'self'; style-src
'self'; img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'", with a nonce
for scripts in the page. Django: django-csp (or SECURE_CSP from 6.0), SecurityMiddleware with
SECURE_CONTENT_TYPE_NOSNIFF and SECURE_REFERRER_POLICY, XFrameOptionsMiddleware. nginx: `add_header ... always`,
repeated in every block that has an add_header of its own. Partners that may frame its pages are named in `embedders`.
"""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from prodproof.facts import Reason
from prodproof.facts.declared import EntryPoint
from prodproof.facts.http import Answer, SiteAnswers, Situation
from prodproof.guarantees import _csp, _observatory
from prodproof.guarantees._answers import own, unseen
from prodproof.guarantees._csp import Weakness
from prodproof.guarantees._framing import framing_fault
from prodproof.guarantees._hsts import HSTS, YEAR, parsed
from prodproof.verdicts import Example, Finding, Verdict, broken, guarantee, holds, not_applicable, unknown

CSP = "content-security-policy"
GOOD_REFERRER = ("no-referrer", "same-origin", "strict-origin", "strict-origin-when-cross-origin")
REFERRER = (*GOOD_REFERRER, "origin", "origin-when-cross-origin", "unsafe-url", "no-referrer-when-downgrade")
_WORDS = {
    Weakness.INLINE: "scripts in the page ('unsafe-inline')",
    Weakness.ANYWHERE: "scripts from anywhere",
    Weakness.DATA: "scripts from data: URLs",
    Weakness.EVAL: "eval ('unsafe-eval')",
    Weakness.OBJECTS: "plugins from anywhere (object-src)",
    Weakness.BASE: "a foreign <base> beside its nonces (base-uri)",
}


@guarantee("application.security-headers", seeds="M-P6", proof="outside", severity="medium")
def judge(fact: SiteAnswers, declared: EntryPoint) -> Verdict:
    if fact.scheme != "https":
        return not_applicable("plain HTTP: exposure.https-only is about it")
    found: dict[tuple[str, str], list[Answer]] = {}
    for answer in own(fact):
        for fault in _faults(answer, declared, fact.host):
            found.setdefault(fault, []).append(answer)
    score = _observatory.score(fact)
    shown = f"; {score}" if score else ""
    if found:
        return broken(*_findings(found, shown))
    if short := unseen(fact, Situation.NORMAL, Situation.NOT_FOUND):
        return short
    return holds(f"all sent and strong{shown}")


def _findings(found: dict[tuple[str, str], list[Answer]], shown: str) -> Iterable[Finding]:
    for number, ((rule, message), answers) in enumerate(found.items()):
        where = " and ".join(answer.called for answer in answers)
        yield Finding(rule, f"{message} on {where}{shown if number == 0 else ''}", key=rule)


def _faults(answer: Answer, declared: EntryPoint, host: str) -> Iterable[tuple[str, str]]:
    page = answer.situation in (Situation.NORMAL, Situation.NOT_FOUND, Situation.LOGIN, Situation.ERROR)
    if answer.html and page:
        yield from _policy_faults(answer)
        if fault := framing_fault(answer, declared.embedders, host):
            yield fault
    # Redirects and answers without a body give a browser nothing to sniff.
    empty = answer.status in (204, 304) or 300 <= answer.status < 400 or answer.situation is Situation.HEAD
    if not empty and not _no_sniffing(answer):
        value = answer.first("x-content-type-options")
        yield (
            "nosniff",
            "no X-Content-Type-Options: nosniff" if value is None else "X-Content-Type-Options is not nosniff",
        )
    if answer.situation is Situation.NORMAL:
        yield from _referrer_faults(answer)
        directives = parsed(answer.first(HSTS) or "")
        if directives is None or int(directives["max-age"]) < YEAR:
            yield "hsts", "no Strict-Transport-Security of a year"


def _policy_faults(answer: Answer) -> Iterable[tuple[str, str]]:
    policies = _csp.parse(answer.all(CSP), answer.meta_policies)
    if not policies:
        only = answer.first(f"{CSP}-report-only") is not None
        yield (
            "csp-missing",
            f"no Content-Security-Policy{' but a report-only one, which stops nothing' if only else ''}",
        )
        return
    left = _csp.weaknesses(policies)
    if not _csp.relies_on_nonces(policies):
        left -= {Weakness.BASE}
    for weakness in Weakness:
        if weakness in left:
            yield f"csp-{weakness.value}", f"Content-Security-Policy allows {_WORDS[weakness]}"


def _no_sniffing(answer: Answer) -> bool:
    # The first of the values counts (Fetch, 3.5).
    values = ",".join(answer.all("x-content-type-options")).split(",")
    return values[0].strip().lower() == "nosniff"


def _referrer_faults(answer: Answer) -> Iterable[tuple[str, str]]:
    if not answer.html:
        return
    values = [*answer.all("referrer-policy"), *([answer.meta_referrer] if answer.meta_referrer else [])]
    named = [item.strip().lower() for value in values for item in value.split(",")]
    known = [item for item in named if item in REFERRER]
    if not known:
        yield "referrer-missing", "no Referrer-Policy"
    elif known[-1] not in GOOD_REFERRER:
        yield "referrer-weak", f"Referrer-Policy {known[-1]} tells other sites what was read"


STRONG = (
    (HSTS, f"max-age={YEAR}; includeSubDomains; preload"),
    (CSP, "default-src 'none'; script-src 'self'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'"),
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "same-origin"),
)
SHOP = EntryPoint(url="https://shop.example")
GOOD = SiteAnswers(
    scheme="https",
    host="shop.example",
    answers=(
        Answer(situation=Situation.NORMAL, headers=STRONG, html=True),
        Answer(situation=Situation.NOT_FOUND, status=404, headers=STRONG, html=True),
    ),
)


def _with(name: str, *values: str, only: Situation | None = None, good: SiteAnswers = GOOD) -> SiteAnswers:
    """The good site with other values of one header, everywhere or on one kind of answer."""
    return replace(
        good,
        answers=tuple(
            replace(
                item,
                headers=(*(pair for pair in item.headers if pair[0] != name), *((name, value) for value in values)),
            )
            if only in (None, item.situation)
            else item
            for item in good.answers
        ),
    )


_NO_ANCESTORS = "default-src 'self'"


def _page(fact: SiteAnswers, **changes: Any) -> SiteAnswers:
    first = replace(fact.answers[0], **changes)
    return replace(fact, answers=(first, *fact.answers[1:]))


def _and(situation: Situation, status: int = 200, headers: tuple[tuple[str, str], ...] = STRONG[2:]) -> SiteAnswers:
    """The good site and a page without a policy."""
    answer = Answer(situation=situation, status=status, headers=headers, html=True, method="PROPFIND")
    return replace(GOOD, answers=(*GOOD.answers, answer))


EXAMPLES = (
    Example("everything strong", GOOD, holds, SHOP, says="HTTP Observatory"),
    Example("default-src *", _with(CSP, "default-src *; frame-ancestors 'none'"), broken, SHOP, says="from anywhere"),
    Example("no policy", _with(CSP), broken, SHOP, says="no Content-Security-Policy"),
    Example(
        "report-only stops nothing",
        _with(f"{CSP}-report-only", "default-src 'none'", good=_with(CSP)),
        broken,
        SHOP,
        says="report-only",
    ),
    Example("missing on the 404", _with(CSP, only=Situation.NOT_FOUND), broken, SHOP, says="the 404 answer"),
    Example("nosniff missing on the 404", _with("x-content-type-options", only=Situation.NOT_FOUND), broken, SHOP),
    Example("unsafe-inline", _with(CSP, "default-src 'self' 'unsafe-inline'; frame-ancestors 'none'"), broken, SHOP),
    Example(
        "unsafe-inline is void beside a nonce",
        _with(
            CSP, "default-src 'self'; script-src 'nonce-any' 'unsafe-inline'; base-uri 'none'; frame-ancestors 'self'"
        ),
        holds,
        SHOP,
    ),
    Example(
        "a nonce without base-uri",
        _with(CSP, "default-src 'self'; script-src 'nonce-any'; frame-ancestors 'self'"),
        broken,
        SHOP,
        says="<base>",
    ),
    Example(
        "hosts are void beside strict-dynamic",
        _with(
            CSP,
            "default-src 'none'; script-src 'strict-dynamic' 'nonce-a' https:; base-uri 'none'; frame-ancestors 'none'",
        ),
        holds,
        SHOP,
    ),
    Example(
        "two policies are intersected",
        _with(CSP, "default-src *; frame-ancestors *", "default-src 'self'; frame-ancestors 'none'"),
        holds,
        SHOP,
    ),
    Example(
        "the first of repeated directives wins",
        _with(CSP, "default-src *; default-src 'none'; frame-ancestors 'none'"),
        broken,
        SHOP,
    ),
    Example(
        "object-src is missing", _with(CSP, "script-src 'self'; frame-ancestors 'none'"), broken, SHOP, says="plugins"
    ),
    Example(
        "X-Frame-Options does for frame-ancestors",
        _with("x-frame-options", "DENY", good=_with(CSP, _NO_ANCESTORS)),
        holds,
        SHOP,
    ),
    Example("nothing about frames", _with(CSP, _NO_ANCESTORS), broken, SHOP, says="frame"),
    Example(
        "frame-ancestors counts, X-Frame-Options beside it does not",
        _with("x-frame-options", "DENY", good=_with(CSP, "default-src 'self'; frame-ancestors *")),
        broken,
        SHOP,
    ),
    Example(
        "frame-ancestors in meta has no effect",
        replace(
            _with(CSP),
            answers=tuple(
                replace(item, meta_policies=("default-src 'self'; frame-ancestors 'none'",))
                for item in _with(CSP).answers
            ),
        ),
        broken,
        SHOP,
        says="frame",
    ),
    Example(
        "a declared embedder",
        _with(CSP, "default-src 'self'; frame-ancestors https://partner.example"),
        holds,
        replace(SHOP, embedders=("https://partner.example",)),
    ),
    Example(
        "an embedder nobody declared",
        _with(CSP, "default-src 'self'; frame-ancestors https://partner.example"),
        broken,
        SHOP,
    ),
    Example("unsafe-url", _with("referrer-policy", "unsafe-url"), broken, SHOP),
    Example(
        "the last known referrer policy counts", _with("referrer-policy", "origin, same-origin, new-one"), holds, SHOP
    ),
    Example(
        "an API without pages",
        replace(
            GOOD, answers=tuple(replace(item, html=False, headers=STRONG[:1] + STRONG[2:3]) for item in GOOD.answers)
        ),
        holds,
        SHOP,
    ),
    Example("plain HTTP", replace(GOOD, scheme="http"), not_applicable, SHOP),
    Example(
        "a maintenance page",
        replace(GOOD, answers=(replace(GOOD.answers[0], status=503, interposed="a maintenance page", headers=()),)),
        unknown,
        SHOP,
        reason=Reason.DENIED,
    ),
    *(
        Example(f"referrer {value}", _with("referrer-policy", value), holds, SHOP)
        for value in ("no-referrer", "strict-origin", "strict-origin-when-cross-origin")
    ),
    *(
        Example(f"referrer {value}", _with("referrer-policy", value), broken, SHOP, says=f"Referrer-Policy {value}")
        for value in ("origin", "origin-when-cross-origin", "unsafe-url", "no-referrer-when-downgrade")
    ),
    Example("no referrer policy", _with("referrer-policy"), broken, SHOP, says="no Referrer-Policy"),
    Example("a referrer policy in the page", _page(_with("referrer-policy"), meta_referrer="same-origin"), holds, SHOP),
    Example("nothing but a file needs no referrer policy", _page(_with("referrer-policy"), html=False), holds, SHOP),
    Example("no policy on the login page", _and(Situation.LOGIN), broken, SHOP, says="login page"),
    Example("no policy on an error page", _and(Situation.ERROR, status=500), broken, SHOP, says="500 answer"),
    Example("no policy on a page of a strange method", _and(Situation.METHOD, status=405), holds, SHOP),
    Example("a redirect without any header", _and(Situation.REDIRECT, status=302, headers=()), holds, SHOP),
    *(
        Example(f"an answer {status} is empty", _and(Situation.METHOD, status=status, headers=()), holds, SHOP)
        for status in (204, 300, 304, 399)
    ),
    *(
        Example(
            f"an answer {status} can be sniffed",
            _and(Situation.METHOD, status=status, headers=()),
            broken,
            SHOP,
            says="no X-Content-Type-Options",
        )
        for status in (205, 299, 400)
    ),
    Example("HEAD has no body", _and(Situation.HEAD, headers=()), holds, SHOP),
    Example("nosniff misspelt", _with("x-content-type-options", "no-sniff"), broken, SHOP, says="is not nosniff"),
    Example("nosniff is the first of two values", _with("x-content-type-options", "nosniff, x"), holds, SHOP),
    Example("HSTS of a month", _with(HSTS, "max-age=2592000"), broken, SHOP, says="of a year"),
    Example("HSTS of a year", _with(HSTS, "max-age=31536000"), holds, SHOP),
    Example("no HSTS", _with(HSTS), broken, SHOP, says="of a year"),
    Example("HSTS on the page alone", _with(HSTS, only=Situation.NOT_FOUND), holds, SHOP),
    Example(
        "a foreign frame is one finding",
        _with(CSP, "default-src 'none'; frame-ancestors *"),
        broken,
        SHOP,
        says="lets * frame it",
    ),
    Example("no policy is two findings", _with(CSP), broken, SHOP, says="(and 1 more)"),
    Example("no policy on the page alone", _with(CSP, only=Situation.NORMAL), broken, SHOP, says="the normal answer"),
)
