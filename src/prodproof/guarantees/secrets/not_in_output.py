"""No secret appears in logs, environment dumps, process listings, crash reports or error messages.

Risk: Logs and error reports are read by many people and sent to third parties; one dumped header is one stolen
session.
Verified: Three ways. Every declared [[log]] (files, the journal, nginx, PostgreSQL, Sentry, a log store; crash reports
are files too) is searched for the very values of all declared secrets, in every encoding. So are the command lines of
the processes of this machine. And with the entry point's permission (allow = ["canary"]) made-up secrets, each used
once, go through nine ways: the Authorization header, another header, a cookie, the query, a form field, a JSON body,
the path, a job's argument and a statement's value, to the paths that fail on purpose and to one that does not exist;
then the error answers, the logs and the processes must have none of them. A harmless mark goes with each: a log in
which none turns up (for PostgreSQL: no error) is unknown, as is one that cannot be read. A server's access log shows
addresses as they were asked for, so that query and path count only elsewhere: in the application's own log, in the
error tracker, on the page of a 500; that addresses are logged is said, since the remedy is to take no secret in one.
Mend: Filter Authorization, Cookie and password fields before logging, turn off variable dumps in error reports,
and pass secrets by file instead of by argument. What has the shape of a token is best redacted last, in the formatter
(Django) or before_send (Sentry). PostgreSQL: log_min_error_statement = panic, log_error_verbosity = terse,
log_parameter_max_length = 0.
"""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from prodproof.facts import Reason
from prodproof.facts.declared import EntryPoint
from prodproof.facts.output import CameOut, CanarySearch, LogRead, LogSearch, ProcessSearch, Sent, Way
from prodproof.facts.traced import SecretSeen, Traced, Unsearched
from prodproof.guarantees._traced import found, unproven
from prodproof.verdicts import Example, Finding, Verdict, broken, guarantee, holds, unknown

_ADDRESS = frozenset({Way.QUERY, Way.PATH})
_MEND = "redact it where it is written, replace what is there, and rotate the secret"
_SPECIAL = frozenset({Way.TASK, Way.DATABASE})


@guarantee("secrets.not-in-output", seeds="M-S3 S-4 M-text", proof="active", severity="high")
def judge(search: CanarySearch, declared: EntryPoint) -> Verdict:
    """One entry point: what was sent must come out nowhere."""
    if findings := _findings(search.came_out):
        return broken(*findings)
    if search.certificate_error and declared.url.startswith("https://"):
        return unknown(Reason.UNREACHABLE, f"the certificate is not trusted ({search.certificate_error})")
    if not search.logs:
        return unknown(Reason.NOT_DECLARED, "no log is declared, so nobody knows where errors go: [[log]]")
    reached = [item for item in search.sent if item.status is not None]
    if not reached and (lost := _lost(search.sent)):
        return lost
    if doubt := next(filter(None, map(_unread, search.logs)), None):
        return doubt
    pages = [item for item in reached if item.way not in _SPECIAL]
    if pages and all(item.sent_on for item in pages):
        sent_on = f"every request is sent on to another entry point{_also(search)}"
        return _lost(search.sent, but=_SPECIAL) or holds(sent_on)
    if lost := _lost(search.sent):
        return lost
    if not any(_failed(item) for item in pages):
        return unknown(Reason.NOT_DECLARED, "nothing failed, so nothing was logged about it: declare an error_path")
    if doubt := next(filter(None, map(_unfailed, reached)), None):
        return doubt
    ways = len({item.way for item in reached})
    return holds(f"canaries went {ways} ways and came out nowhere, looked for in {_names(search.logs)}" + _also(search))


@judge.also
def judge_log(search: LogSearch) -> Verdict:
    """One log: none of the declared secrets stands in it."""
    if findings := found(search.traced, "", _MEND):
        return broken(*findings)
    if missing := unproven(search.traced):
        return missing
    return holds(f"none of {search.traced.values} known values in {search.parts} files or events")


@judge.also
def judge_processes(search: ProcessSearch) -> Verdict:
    """The processes of the machine that looks: none was started with a secret among its arguments."""
    if findings := found(
        search.traced, "", "every user of the machine sees it: pass a file or a variable, and rotate it"
    ):
        return broken(*findings)
    if missing := unproven(search.traced):
        return missing
    return holds(f"none of {search.traced.values} known values on a command line of this machine")


def _findings(came_out: Iterable[CameOut]) -> tuple[Finding, ...]:
    findings: dict[str, Finding] = {}
    for item in came_out:
        written = "" if item.encoding == "plain" else f", as {item.encoding}"
        place = f"in the log {item.where} ({item.place})" if item.where else f"in {item.place}"
        if _counts(item):
            key = f"{item.way.name} {item.where or ('answer' if item.status else 'process')}"
            message = f"what came in {item.way} came out {place}{written}"
            findings.setdefault(key, Finding("canary", message, key=key, mend=_MEND))
    return tuple(findings.values())


def _counts(item: CameOut) -> bool:
    """What stands in an address is shown by access logs, and by pages that say what was not found."""
    if item.way not in _ADDRESS:
        return True
    return not item.request_line and (item.status is None or item.status >= 500)


def _unread(log: LogRead) -> Verdict | None:
    if log.why is not None:
        return unknown(log.why, f"the log {log.name} could not be read: {log.detail}")
    if log.expected and not log.marked:
        says = f"nothing of what was sent turned up in the log {log.name}: is it the right one, or does it come late?"
        return unknown(Reason.INCOMPLETE, says)
    return None


def _failed(item: Sent) -> bool:
    return (item.status or 0) >= 500


def _unfailed(item: Sent) -> Verdict | None:
    """A job, or a statement, that was to fail and did not."""
    if item.way is Way.TASK and not item.seen_in:
        return unknown(Reason.INCOMPLETE, f"the job that was to fail (answer {item.status}) left no mark in any log")
    if item.way is Way.DATABASE and not _failed(item):
        return unknown(Reason.INCOMPLETE, f"the statement that was to fail did not: the answer was {item.status}")
    return None


def _lost(sent: Iterable[Sent], but: frozenset[Way] = frozenset()) -> Verdict | None:
    for item in sent:
        if item.status is None and item.way not in but:
            return unknown(item.why or Reason.INCOMPLETE, f"{item.way} was not tried: {item.detail}")
    return None


def _also(search: CanarySearch) -> str:
    names = sorted({item.where for item in search.came_out if item.request_line})
    return f"; the addresses asked for stand in {', '.join(names)}: take no secret in one" if names else ""


def _names(logs: Iterable[LogRead]) -> str:
    return ", ".join(log.name for log in logs)


_LOG = LogRead(name="shop", kind="file", marked=True)
_ACCESS = LogRead(name="access", kind="nginx", marked=True)
_SENT = tuple(
    Sent(way=way, to="the path that fails", status=202 if way is Way.TASK else 500, seen_in=("shop",)) for way in Way
)
_QUIET = CanarySearch(sent=_SENT, logs=(_LOG, _ACCESS))
_POINT = EntryPoint(url="https://shop.example", error_path="/fail")
_PLAIN = EntryPoint(url="http://shop.example")
_HEADER = CameOut(way=Way.AUTHORIZATION, where="shop", place="/var/log/shop/web.log:120")
_SEARCHED = Traced(bytes_read=4_000_000, values=5)
_KEY = SecretSeen(
    what="database",
    rule="value",
    path="/var/log/shop/web.log",
    finding="0a1b2c3d4e5f",
    fingerprint="00112233445566778899aabbccddeeff",
    line=7,
)


def _sent(way: Way, **changes: Any) -> CanarySearch:
    changed = tuple(replace(item, **changes) if item.way is way else item for item in _SENT)
    return replace(_QUIET, sent=changed)


def _out(*items: CameOut) -> CanarySearch:
    return replace(_QUIET, came_out=items)


def _doubt(name: str, reason: Reason, search: CanarySearch, declared: EntryPoint = _POINT, says: str = "") -> Example:
    return Example(name, search, unknown, declared, says=says, reason=reason)


EXAMPLES = (
    Example("nine ways in, and nothing out", _QUIET, holds, declared=_POINT, says="canaries went 9 ways"),
    Example(
        "a handler logs the headers",
        _out(_HEADER),
        broken,
        declared=_POINT,
        says="what came in the Authorization header came out in the log shop (/var/log/shop/web.log:120)",
    ),
    Example(
        "a log that could not be read, and a finding in another",
        replace(_out(_HEADER), logs=(replace(_LOG, why=Reason.DENIED), _ACCESS)),
        broken,
        declared=_POINT,
    ),
    Example("encoded", _out(replace(_HEADER, encoding="base64")), broken, declared=_POINT, says=", as base64"),
    Example(
        "the page of the error shows the cookie",
        _out(CameOut(way=Way.COOKIE, where="", place="the 404 answer of an unknown path", status=404)),
        broken,
        declared=_POINT,
        says="a cookie came out in the 404 answer",
    ),
    Example(
        "on a command line",
        _out(CameOut(way=Way.TASK, where="", place="4711 convert!cmdline")),
        broken,
        declared=_POINT,
        says="4711 convert!cmdline",
    ),
    Example(
        "an access log shows what was asked for",
        _out(CameOut(way=Way.QUERY, where="access", place="/var/log/nginx/access.log:9", request_line=True)),
        holds,
        declared=_POINT,
        says="stand in access: take no secret",
    ),
    Example(
        "the application's own log shows the query",
        _out(CameOut(way=Way.QUERY, where="shop", place="/var/log/shop/web.log:9")),
        broken,
        declared=_POINT,
    ),
    Example(
        "a page says what was not found",
        _out(CameOut(way=Way.PATH, where="", place="the 404 answer of an unknown path to the path", status=404)),
        holds,
        declared=_POINT,
    ),
    Example(
        "the page of a 500 shows the query",
        _out(CameOut(way=Way.QUERY, where="", place="the 500 answer of the path that fails", status=500)),
        broken,
        declared=_POINT,
    ),
    _doubt("no log is declared", Reason.NOT_DECLARED, replace(_QUIET, logs=())),
    _doubt(
        "a log may not be read",
        Reason.DENIED,
        replace(_QUIET, logs=(replace(_LOG, why=Reason.DENIED, detail="it answered 403"), _ACCESS)),
        says="the log shop could not be read: it answered 403",
    ),
    _doubt(
        "the mark did not turn up",
        Reason.INCOMPLETE,
        replace(_QUIET, logs=(_LOG, replace(_ACCESS, marked=False))),
        says="turned up in the log access",
    ),
    Example(
        "a log of another entry point",
        replace(_QUIET, logs=(_LOG, replace(_ACCESS, marked=False, expected=False))),
        holds,
        declared=_POINT,
    ),
    _doubt(
        "no path for a failing job",
        Reason.NOT_DECLARED,
        _sent(Way.TASK, status=None, why=Reason.NOT_DECLARED, detail="declare task_error_path"),
        says="a job's argument was not tried: declare task_error_path",
    ),
    Example(
        "a system without jobs",
        replace(_QUIET, sent=tuple(item for item in _SENT if item.way is not Way.TASK)),
        holds,
        declared=_POINT,
        says="canaries went 8 ways",
    ),
    _doubt(
        "no answer to one of them",
        Reason.TIMED_OUT,
        _sent(Way.JSON, status=None, why=Reason.TIMED_OUT, detail="no answer in 15 s"),
    ),
    _doubt(
        "nothing answers",
        Reason.UNREACHABLE,
        replace(
            _QUIET,
            sent=tuple(Sent(way=way, why=Reason.UNREACHABLE, detail="nobody listens") for way in Way),
            logs=(replace(_LOG, marked=False), _ACCESS),
        ),
    ),
    _doubt(
        "the job left no mark",
        Reason.INCOMPLETE,
        _sent(Way.TASK, seen_in=()),
        says="the job that was to fail (answer 202)",
    ),
    _doubt(
        "the statement was refused before it could fail",
        Reason.INCOMPLETE,
        _sent(Way.DATABASE, status=403),
        says="the answer was 403",
    ),
    _doubt(
        "nothing failed",
        Reason.NOT_DECLARED,
        replace(_QUIET, sent=tuple(replace(item, status=404) for item in _SENT)),
        says="declare an error_path",
    ),
    Example(
        "plain HTTP that sends everything on",
        replace(
            _QUIET,
            sent=tuple(
                Sent(way=way, why=Reason.NOT_DECLARED) if way in _SPECIAL else Sent(way=way, status=301, sent_on=True)
                for way in Way
            ),
        ),
        holds,
        declared=_PLAIN,
        says="sent on to another entry point",
    ),
    _doubt(
        "plain HTTP that sends on, and once did not answer",
        Reason.TIMED_OUT,
        replace(
            _QUIET,
            sent=tuple(
                Sent(way=way, why=Reason.TIMED_OUT) if way is Way.JSON else Sent(way=way, status=301, sent_on=True)
                for way in Way
                if way not in _SPECIAL
            ),
        ),
        declared=_PLAIN,
    ),
    _doubt("its certificate is not trusted", Reason.UNREACHABLE, replace(_QUIET, certificate_error="expired")),
    _doubt(
        "plain HTTP that answers one page itself",
        Reason.NOT_DECLARED,
        replace(
            _QUIET,
            sent=tuple(
                Sent(way=way, status=404 if way is Way.PATH else 301, sent_on=way is not Way.PATH) for way in Way
            ),
        ),
        declared=_PLAIN,
        says="declare an error_path",
    ),
    Example(
        "plain HTTP that sends pages on, and lets jobs and statements fail itself",
        replace(
            _QUIET,
            sent=tuple(item if item.way in _SPECIAL else replace(item, status=301, sent_on=True) for item in _SENT),
        ),
        holds,
        declared=_PLAIN,
        says="sent on to another entry point",
    ),
    _doubt(
        "only the job and the statement were tried",
        Reason.NOT_DECLARED,
        replace(_QUIET, sent=tuple(item for item in _SENT if item.way in _SPECIAL)),
        says="declare an error_path",
    ),
    _doubt("nobody says why it was not tried", Reason.INCOMPLETE, _sent(Way.JSON, status=None)),
    Example(
        "a page that failed and is in no log, where its mark was found by another",
        _sent(Way.COOKIE, seen_in=()),
        holds,
        declared=_POINT,
    ),
    Example(
        "plain HTTP sends on to a certificate that is not trusted",
        replace(_QUIET, certificate_error="expired"),
        holds,
        declared=_PLAIN,
    ),
    Example("a log without known values", LogSearch(traced=_SEARCHED, parts=3), holds, says="none of 5 known values"),
    Example(
        "a known value in a log",
        LogSearch(traced=replace(_SEARCHED, seen=(_KEY,)), parts=3),
        broken,
        says="database in /var/log/shop/web.log:7",
    ),
    Example(
        "values that could not be resolved",
        LogSearch(
            traced=replace(
                _SEARCHED, unresolved=(Unsearched(path="database", why=Reason.DENIED, detail="Vault says no"),)
            ),
            parts=3,
        ),
        unknown,
        reason=Reason.DENIED,
    ),
    Example("no known value on a command line", ProcessSearch(traced=_SEARCHED), holds, says="on a command line"),
    Example(
        "a known value on a command line",
        ProcessSearch(traced=replace(_SEARCHED, seen=(replace(_KEY, path="812 gunicorn!cmdline", line=1),))),
        broken,
        says="812 gunicorn!cmdline",
    ),
    Example(
        "a command line that may not be read",
        ProcessSearch(
            traced=replace(
                _SEARCHED, unsearched=(Unsearched(path="command line", why=Reason.DENIED, detail="of 3 processes"),)
            )
        ),
        unknown,
        reason=Reason.DENIED,
    ),
)
