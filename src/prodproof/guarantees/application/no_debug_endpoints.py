"""No debug, test or development endpoint can be reached in production.

Risk: A forgotten debug page or a readable .git folder hands over source code, settings and passwords to the first
scanner that passes by, and several pass by every hour.
Verified: About 50 well-known paths and the routes of the application's own URL table whose names tell are asked from
outside, each compared with the answer to a random path of the same shape (single-page applications answer 200,
firewalls 403) and with what such an endpoint looks like. Without a declared application there is no table to ask.
Mend: Take debug packages out of the production requirements and URLs (`if settings.DEBUG:` is not enough when DEBUG is
wrong). nginx: `location ~ /\\.(?!well-known) { return 404; }` and a web root that holds nothing but built files. Serve
/metrics and status pages on an internal port. Spring: management.server.port on an internal address.
"""

from dataclasses import replace
from typing import Any

from prodproof.facts import Reason
from prodproof.facts.debug import EnvironmentPages
from prodproof.facts.paths import DebugPaths, PathAnswer, PathLost, Table
from prodproof.guarantees._reached import present, unseen
from prodproof.verdicts import Example, Finding, Verdict, broken, guarantee, holds, unknown


@guarantee("application.no-debug-endpoints", seeds="M-P11 M-text", proof="outside", severity="high")
def judge(fact: DebugPaths) -> Verdict:
    found = [
        Finding("debug-endpoint", f"{answer.path} answers: {answer.what}", key=answer.path)
        for answer in fact.answers
        if present(answer) and not answer.password_form
    ]
    if found:
        return broken(*found)
    if short := unseen(fact.home, fact.answers, fact.lost, fact.table):
        return short
    if fact.only_redirects:
        return holds("plain HTTP only leads to HTTPS")
    if not fact.answers:
        return unknown(Reason.INCOMPLETE, "no path was asked")
    table = "and the URL table" if fact.table is Table.READ else "(no application is declared whose URLs could be read)"
    return holds(f"none at {len(fact.answers)} paths {table}")


@judge.also
def environment(fact: EnvironmentPages) -> Verdict:
    if fact.printed:
        return broken(
            *(Finding("environment-page", f"{path} prints the server's environment", key=path) for path in fact.printed)
        )
    return holds(f"{len(fact.asked)} open routes that read the environment do not print it")


HOME = PathAnswer(path="/", what="home", status=200, as_unknown=False)
NOTHING = PathAnswer(path="/.git/HEAD", what="git repository", status=404, as_unknown=True)
GOOD = DebugPaths(answers=(NOTHING,), home=HOME)


def _one(**changes: Any) -> DebugPaths:
    return replace(GOOD, answers=(replace(NOTHING, **changes),))


EXAMPLES = (
    Example("404 as for any path", GOOD, holds),
    Example("a git folder", _one(status=200, as_unknown=False, recognised=True), broken, says="git repository"),
    Example("a single-page application answers 200 to everything", _one(status=200), holds),
    Example("a firewall answers 403", _one(status=403, as_unknown=False), holds),
    Example("it asks for a password", _one(status=200, as_unknown=False, password_form=True), holds),
    Example(
        "debug toolbar in the URL table",
        _one(path="/__debug__/", what="URL table", status=200, as_unknown=False),
        broken,
    ),
    Example(
        "a path without an answer",
        replace(GOOD, lost=(PathLost("/.env", Reason.TIMED_OUT, "no answer"),)),
        unknown,
        reason=Reason.TIMED_OUT,
    ),
    Example(
        "a firewall's challenge for the site itself",
        replace(GOOD, home=replace(HOME, interposed="a challenge")),
        unknown,
        reason=Reason.DENIED,
    ),
    Example(
        "too many requests",
        _one(status=429, interposed="a rate limit (429)", as_unknown=False),
        unknown,
        reason=Reason.INCOMPLETE,
    ),
    Example("the URL table is not known yet", replace(GOOD, table=Table.NOT_READ), unknown, reason=Reason.INCOMPLETE),
    Example("no route prints the environment", EnvironmentPages(asked=("/home/",)), holds),
    Example("a settings page for strangers", EnvironmentPages(asked=("/env/",), printed=("/env/",)), broken),
    Example(
        "plain HTTP that only leads to HTTPS",
        replace(GOOD, answers=(), only_redirects=True),
        holds,
        says="only leads to HTTPS",
    ),
    Example("what was asked is said", GOOD, holds, says="none at 1 paths"),
    Example("no path was asked", replace(GOOD, answers=()), unknown, reason=Reason.INCOMPLETE),
)
