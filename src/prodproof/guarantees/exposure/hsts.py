"""Every HTTPS answer's first Strict-Transport-Security header lasts a year or more; registrable domains include
subdomains and preload, or an owned line says why not.

Risk: Whoever shares a network with your users (a café, a hotel, a compromised router) can turn their next visit back
to plain HTTP and read or change everything, passwords included.
Verified: The first header is read from the normal, redirect, unknown-path (404), unknown-method and HEAD answers over
HTTPS with a trusted certificate; plain HTTP is not read, for the header has no meaning there (RFC 6797).
Mend: Ramp `max-age` up (300, 86400, 2592000) to 31536000 while watching for hosts that still need HTTP, then
`includeSubDomains`, `preload` last. Django: SECURE_HSTS_SECONDS = 31536000, SECURE_HSTS_INCLUDE_SUBDOMAINS,
SECURE_HSTS_PRELOAD, with SECURE_PROXY_SSL_HEADER behind a proxy. nginx: `add_header Strict-Transport-Security
"max-age=31536000; includeSubDomains; preload" always;` in every block that has an add_header of its own. A registrable
domain that cannot include its subdomains says why in `hsts_exception`.
"""

from dataclasses import replace

from prodproof.facts import Reason
from prodproof.facts.declared import EntryPoint
from prodproof.facts.http import Answer, SiteAnswers, Situation
from prodproof.facts.names import is_registrable
from prodproof.guarantees._answers import own, unseen
from prodproof.guarantees._hsts import HSTS as HEADER
from prodproof.guarantees._hsts import YEAR, parsed
from prodproof.verdicts import Example, Finding, Verdict, broken, guarantee, holds, not_applicable, unknown


@guarantee("exposure.hsts", seeds="S-7 K-1 M-P6", proof="outside", severity="high")
def judge(fact: SiteAnswers, declared: EntryPoint) -> Verdict:
    if fact.scheme != "https":
        return not_applicable("plain HTTP carries no such header: exposure.https-only is about it")
    whole = is_registrable(fact.host) and not declared.hsts_exception
    faults: dict[str, list[Answer]] = {}
    for answer in own(fact):
        for fault in _faults(answer, whole):
            faults.setdefault(fault, []).append(answer)
    if faults:
        return broken(*(_finding(fault, answers, fact) for fault, answers in faults.items()))
    if short := unseen(fact, Situation.NORMAL, Situation.NOT_FOUND):
        return short
    first = own(fact)[0].first(HEADER)
    reason = f"; {declared.hsts_exception}" if declared.hsts_exception else ""
    return holds(f"{first} on {len(own(fact))} kinds of answers{reason}")


def _faults(answer: Answer, whole: bool) -> list[str]:
    value = answer.first(HEADER)
    if value is None:
        return ["missing"]
    directives = parsed(value)
    if directives is None:
        return ["invalid"]
    if int(directives["max-age"]) < YEAR:
        return ["short"]
    return [name for name in ("includesubdomains", "preload") if whole and name not in directives]


def _finding(fault: str, answers: list[Answer], fact: SiteAnswers) -> Finding:
    everywhere = len(answers) == len(own(fact))
    where = "every answer" if everywhere else " and ".join(answer.called for answer in answers)
    value = answers[0].first(HEADER)
    mend = ""
    if fault == "missing":
        message = f"no Strict-Transport-Security on {where}"
        if not everywhere:
            mend = "in nginx add `always`, and repeat the header in each block that has an add_header of its own"
    elif fault == "invalid":
        message = f"Strict-Transport-Security is not valid on {where} ({value!r}); browsers ignore it"
    elif fault == "short":
        message = f"Strict-Transport-Security lasts less than a year on {where} ({value})"
    else:
        word = {"includesubdomains": "includeSubDomains", "preload": "preload"}[fault]
        message = f"Strict-Transport-Security lacks {word} on {where}"
        mend = f"add {word}, or say in hsts_exception why {fact.host} cannot"
    return Finding(f"hsts-{fault}", message, key=fault, mend=mend)


def _answer(situation: Situation, status: int, value: str = f"max-age={YEAR}; includeSubDomains; preload") -> Answer:
    return Answer(situation=situation, status=status, headers=((HEADER, value),))


SHOP = EntryPoint(url="https://shop.example")
STRONG = SiteAnswers(
    scheme="https",
    host="shop.example",
    answers=(_answer(Situation.NORMAL, 200), _answer(Situation.NOT_FOUND, 404)),
)


def _both(value: str) -> SiteAnswers:
    return replace(STRONG, answers=tuple(replace(item, headers=((HEADER, value),)) for item in STRONG.answers))


def _strong(value: str) -> SiteAnswers:
    return replace(STRONG, answers=tuple(replace(item, headers=((HEADER, value),)) for item in STRONG.answers))


EXAMPLES = (
    Example("a year, subdomains, preload", STRONG, holds, SHOP),
    Example("quoted, other case", _both('Max-Age="63072000"; INCLUDESUBDOMAINS ; Preload'), holds, SHOP),
    Example("only a month", _both("max-age=2592000; includeSubDomains; preload"), broken, SHOP, says="a year"),
    Example("switched off", _both("max-age=0"), broken, SHOP),
    Example(
        "missing on the 404",
        replace(STRONG, answers=(STRONG.answers[0], replace(STRONG.answers[1], headers=()))),
        broken,
        SHOP,
        says="the 404 answer",
    ),
    Example(
        "a weak header before a strong one: only the first counts",
        replace(
            STRONG,
            answers=tuple(replace(item, headers=((HEADER, "max-age=60"), *item.headers)) for item in STRONG.answers),
        ),
        broken,
        SHOP,
    ),
    Example("max-age twice is not valid", _both(f"max-age={YEAR}; max-age=0"), broken, SHOP, says="not valid"),
    Example("two headers joined by a comma", _both(f"max-age={YEAR}, max-age={YEAR}"), broken, SHOP, says="not valid"),
    Example("no subdomains", _both(f"max-age={YEAR}; preload"), broken, SHOP, says="includeSubDomains"),
    Example(
        "no subdomains, for an owned reason",
        _both(f"max-age={YEAR}"),
        holds,
        replace(SHOP, hsts_exception="partners' hosts under legacy.shop.example have no TLS (Ana)"),
    ),
    Example("a subdomain needs no preload", replace(_both(f"max-age={YEAR}"), host="www.shop.example"), holds, SHOP),
    Example(
        "a firewall's challenge instead of the site",
        replace(STRONG, answers=(replace(STRONG.answers[0], interposed="a challenge", headers=()), STRONG.answers[1])),
        unknown,
        SHOP,
        reason=Reason.DENIED,
    ),
    Example(
        "the 404 was not read", replace(STRONG, answers=STRONG.answers[:1]), unknown, SHOP, reason=Reason.INCOMPLETE
    ),
    Example("plain HTTP", replace(STRONG, scheme="http"), not_applicable, SHOP),
    Example(
        "a registrable domain without preload",
        _strong("max-age=31536000; includeSubDomains"),
        broken,
        SHOP,
        says="lacks preload",
    ),
)
