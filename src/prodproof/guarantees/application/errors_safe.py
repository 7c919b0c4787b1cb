"""Error answers show no stack trace, setting, path, query or version.

Risk: A stack trace tells a stranger which software you run, where it lies and often with which password it asks its
database: it turns guessing into reading.
Verified: With the entry point's permission, about 20 harmless requests provoke 400, 403, 404, 405, 413, 414 and 500;
each error answer is read for the traces of a dozen frameworks and databases, file paths, settings, version numbers and
addresses of declared people. Where no 500 could be provoked it is unknown.
Mend: Django: DEBUG = False and templates 400.html, 403.html, 404.html, 500.html without context; log, do not print.
nginx: server_tokens off; error_page for 4xx and 5xx. Express: NODE_ENV=production and an error handler of your own.
Spring: server.error.include-stacktrace=never. To prove the 500 page, keep a route that fails on purpose, within a rate,
and declare it as `error_path` of the entry point.
"""

from dataclasses import replace

from prodproof.facts import Reason
from prodproof.facts.declared import EntryPoint
from prodproof.facts.errors import ErrorAnswer, ErrorAnswers, Trace
from prodproof.verdicts import Example, Finding, Verdict, broken, guarantee, holds, not_applicable, unknown

_WORDS = {
    "debug-page": "shows the debug page of {}",
    "stack-trace": "shows a stack trace ({})",
    "query": "shows a database error ({})",
    "setting": "names {}",
    "path": "shows a {} of the server",
    "version": "shows a version ({})",
    "personal": "shows {}",
}


@guarantee("application.errors-safe", seeds="M-P3", proof="active", severity="medium")
def judge(fact: ErrorAnswers, declared: EntryPoint) -> Verdict:
    found: dict[str, Finding] = {}
    for answer in fact.answers:
        if answer.interposed and answer.status != 503:
            continue
        for trace in answer.traces:
            key = f"{trace.kind} {trace.of}"
            words = _WORDS[trace.kind].format(trace.of)
            message = f"the {answer.status} answer to {answer.how} {words}"
            found.setdefault(key, Finding(f"error-{trace.kind}", message, key=key))
    if found:
        order = list(_WORDS)
        return broken(*sorted(found.values(), key=lambda item: order.index(item.rule.removeprefix("error-"))))
    if declared.url.startswith("http://"):
        return not_applicable("plain HTTP: exposure.https-only is about it")
    if fact.certificate_error:
        return unknown(Reason.UNREACHABLE, f"the certificate is not trusted ({fact.certificate_error})")
    statuses = {answer.status for answer in fact.answers if answer.interposed is None}
    if not statuses and fact.lost:
        return unknown(fact.lost[0][1], f"{fact.lost[0][0]}: {fact.lost[0][2]}")
    if 404 not in statuses:
        return unknown(Reason.INCOMPLETE, "not even a 404 answer of the site itself was seen")
    if 500 not in statuses:
        return unknown(
            Reason.INCOMPLETE, "no 500 answer could be provoked, so its page was not seen; declare an error_path"
        )
    errors = sorted(status for status in statuses if status >= 400)
    return holds(f"nothing is given away by {', '.join(map(str, errors))}")


SHOP = EntryPoint(url="https://shop.example")
NOT_FOUND = ErrorAnswer(how="an unknown path", status=404)
FAILED = ErrorAnswer(how="a NUL byte in the query", status=500)
GOOD = ErrorAnswers(answers=(NOT_FOUND, FAILED))


def _shows(kind: str, of: str, answer: ErrorAnswer = FAILED) -> ErrorAnswers:
    return replace(GOOD, answers=(*GOOD.answers, replace(answer, traces=(Trace(kind, of),))))


EXAMPLES = (
    Example("plain pages", GOOD, holds, SHOP),
    Example("a 500 page that prints the exception", _shows("stack-trace", "Python"), broken, SHOP, says="stack trace"),
    Example("the debug page on a 404", _shows("debug-page", "Django", NOT_FOUND), broken, SHOP),
    Example("the server's version", _shows("version", "nginx", NOT_FOUND), broken, SHOP),
    Example("no 500 could be provoked", replace(GOOD, answers=(NOT_FOUND,)), unknown, SHOP, reason=Reason.INCOMPLETE),
    Example(
        "a firewall answered everything",
        replace(GOOD, answers=tuple(replace(item, interposed="a challenge") for item in GOOD.answers)),
        unknown,
        SHOP,
        reason=Reason.INCOMPLETE,
    ),
    Example("plain HTTP", replace(GOOD, answers=()), not_applicable, EntryPoint(url="http://shop.example")),
    Example(
        "nothing answered",
        ErrorAnswers(answers=(), lost=(("x", Reason.TIMED_OUT, "silent"),)),
        unknown,
        SHOP,
        reason=Reason.TIMED_OUT,
    ),
    *(Example(f"shows a {kind}", _shows(kind, "x"), broken, SHOP) for kind in ("query", "setting", "path", "personal")),
    Example(
        "a firewall's trace is not the site's",
        _shows("stack-trace", "Java", replace(FAILED, interposed="a firewall")),
        holds,
        SHOP,
    ),
    Example(
        "a firewall's trace before the site's own",
        replace(GOOD, answers=(replace(FAILED, interposed="a firewall"), *_shows("stack-trace", "Python").answers)),
        broken,
        SHOP,
    ),
    Example(
        "the gateway's 503 page shows its version",
        _shows("version", "nginx", replace(FAILED, status=503, interposed="a gateway")),
        broken,
        SHOP,
    ),
    Example(
        "an untrusted certificate", replace(GOOD, certificate_error="expired"), unknown, SHOP, reason=Reason.UNREACHABLE
    ),
    Example("one answer was lost", replace(GOOD, lost=(("x", Reason.TIMED_OUT, "silent"),)), holds, SHOP),
    Example("no 404", replace(GOOD, answers=(FAILED,)), unknown, SHOP, says="404", reason=Reason.INCOMPLETE),
)
