"""Administration panels are reachable only from declared networks, by VPN, or behind an identity-aware proxy before
the application.

Risk: Everybody on the internet can try stolen passwords against your administration, and a single flaw in its login
page opens everything at once.
Verified: About 30 well-known paths, the declared ones and the administration sites of the URL table are asked on every
declared host from outside, with and without forged X-Forwarded-For and its relatives, each compared with the answer to
a random path. Refused, or sent to the declared sign-on, is well; a login form of the application or a Basic password
prompt is a finding, for both let strangers try passwords.
Mend: In nginx: `location /admin/ { allow 203.0.113.0/24; deny all; ... }` with `set_real_ip_from` naming only your own
proxies; or an identity-aware proxy (oauth2-proxy, Cloudflare Access, AWS ALB with OIDC) before the application, its
host in `sign_on` of the environment. A host name of its own that only the VPN reaches is better still.
"""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from prodproof.facts import Reason
from prodproof.facts.declared import Declared, Environment
from prodproof.facts.paths import AdminPaths, PathAnswer, PathLost, Table
from prodproof.guarantees._reached import present, unseen
from prodproof.verdicts import Example, Finding, Verdict, broken, guarantee, holds, unknown
from prodproof.verdicts.example import SHOP

NAMED = ("declared", "URL table")
"""Origins of paths that are known to be administration, whatever an unknown path answers."""


@guarantee("exposure.admin-restricted", seeds="M-N3", proof="outside", severity="high")
def judge(fact: AdminPaths, declared: Declared) -> Verdict:
    sign_on = frozenset(host.lower() for host in declared.environment.sign_on)
    found = list(_findings(fact, sign_on))
    if found:
        return broken(*found)
    for answer in fact.answers:
        if answer.sent_to and _exists(answer) and answer.sent_to.partition(":")[0] not in sign_on:
            return unknown(Reason.NOT_DECLARED, f"{answer.path} sends to {answer.sent_to}, which sign_on does not name")
    if short := unseen(fact.home, fact.answers, fact.lost, fact.table):
        return short
    if fact.only_redirects:
        return holds("plain HTTP only leads to HTTPS")
    if not fact.answers:
        return unknown(Reason.INCOMPLETE, "no path was asked")
    asked = {answer.path for answer in fact.answers}
    refused = sorted({answer.path for answer in fact.answers if answer.status in (401, 403)})
    where = f"; refused: {', '.join(refused[:3])}" if refused else ""
    return holds(f"none of {len(asked)} administration paths is open{where}")


def _exists(answer: PathAnswer) -> bool:
    return answer.interposed is None and (answer.what in NAMED or not answer.as_unknown)


def _findings(fact: AdminPaths, sign_on: frozenset[str]) -> Iterable[Finding]:
    seen: set[str] = set()
    for answer in fact.answers:
        if (message := _fault(answer)) is None:
            continue
        page = answer.page or answer.path
        # `/admin` and `/admin/` lead to one page; it is one finding.
        if page.rstrip("/") in seen:
            continue
        seen.add(page.rstrip("/"))
        forged = " to whoever forges X-Forwarded-For" if answer.forwarded else ""
        rule = "admin-forged" if answer.forwarded else "admin-open"
        yield Finding(rule, f"{answer.path} {message}{forged} ({answer.what})", key=page)


def _fault(answer: PathAnswer) -> str | None:
    if answer.interposed is not None:
        return None
    if answer.status == 401 and (answer.challenge or "").lower() in ("basic", "digest", "ntlm", "negotiate"):
        return "asks everybody for a password" if _exists(answer) else None
    if not 200 <= answer.status < 300:
        return None
    if answer.what in NAMED or present(answer):
        return "shows its login form" if answer.password_form else "is open"
    return None


DECLARED = replace(SHOP, environment=Environment(name="production", sign_on=("sso.shop.example",)))
HOME = PathAnswer(path="/", what="home", status=200, as_unknown=False)
REFUSED = PathAnswer(path="/admin/", what="administration", status=403, as_unknown=False)
GOOD = AdminPaths(answers=(REFUSED, replace(REFUSED, forwarded=True)), home=HOME)


def _one(**changes: Any) -> AdminPaths:
    return replace(GOOD, answers=(replace(REFUSED, **changes),))


EXAMPLES = (
    Example("refused", GOOD, holds, DECLARED),
    Example("not there", _one(status=404, as_unknown=True), holds, DECLARED),
    Example(
        "its login form is shown to anybody",
        _one(status=200, page="/admin/login/", password_form=True),
        broken,
        DECLARED,
        says="login form",
    ),
    Example("open without a login", _one(status=200), broken, DECLARED, says="is open"),
    Example(
        "a forged header opens it",
        replace(GOOD, answers=(REFUSED, replace(REFUSED, status=200, forwarded=True))),
        broken,
        DECLARED,
        says="forges",
    ),
    Example("a Basic prompt", _one(status=401, challenge="Basic"), broken, DECLARED, says="password"),
    Example("sent to the declared sign-on", _one(status=302, sent_to="sso.shop.example"), holds, DECLARED),
    Example(
        "sent to a host that nobody declared",
        _one(status=302, sent_to="login.other.example"),
        unknown,
        DECLARED,
        reason=Reason.NOT_DECLARED,
    ),
    Example("a single-page application answers 200 to everything", _one(status=200, as_unknown=True), holds, DECLARED),
    Example(
        "a declared path counts, whatever unknown paths answer",
        _one(what="declared", status=200, as_unknown=True, password_form=True),
        broken,
        DECLARED,
    ),
    Example("the site is down", replace(GOOD, home=None), unknown, DECLARED, reason=Reason.UNREACHABLE),
    Example(
        "one path timed out",
        replace(GOOD, lost=(PathLost("/cms/", Reason.TIMED_OUT, "silent"),)),
        unknown,
        DECLARED,
        reason=Reason.TIMED_OUT,
    ),
    Example(
        "the URL table is not known yet",
        replace(GOOD, table=Table.NOT_READ),
        unknown,
        DECLARED,
        reason=Reason.INCOMPLETE,
    ),
    Example(
        "the application's own table names it, unknown paths answer alike",
        _one(what="URL table", status=200, as_unknown=True),
        broken,
        DECLARED,
        says="is open",
    ),
    Example(
        "a path that is not there sends away like any other",
        _one(status=302, as_unknown=True, sent_to="login.other.example"),
        holds,
        DECLARED,
    ),
    Example(
        "a declared path sends away like any other",
        _one(what="declared", status=302, as_unknown=True, sent_to="login.other.example"),
        unknown,
        DECLARED,
        reason=Reason.NOT_DECLARED,
    ),
    Example("a firewall sends away", _one(status=403, interposed="a challenge", sent_to="x.example"), holds, DECLARED),
    Example(
        "sent to the declared sign-on on a port", _one(status=302, sent_to="sso.shop.example:8443"), holds, DECLARED
    ),
    Example(
        "plain HTTP that only leads to HTTPS",
        replace(GOOD, answers=(), only_redirects=True),
        holds,
        DECLARED,
        says="only leads to HTTPS",
    ),
    Example("what was refused is said", GOOD, holds, DECLARED, says="refused: /admin/"),
    Example("no path was asked", replace(GOOD, answers=()), unknown, DECLARED, reason=Reason.INCOMPLETE),
    *(
        Example(f"a {scheme} prompt", _one(status=401, challenge=scheme), broken, DECLARED, says="password")
        for scheme in ("Digest", "NTLM", "Negotiate")
    ),
    Example("a token is asked for", _one(status=401, challenge="Bearer"), holds, DECLARED),
    Example("401 without a challenge", _one(status=401), holds, DECLARED),
    Example("403 with a challenge", _one(challenge="Basic"), holds, DECLARED),
    Example("a Basic prompt at every path", _one(status=401, challenge="Basic", as_unknown=True), holds, DECLARED),
    Example("a redirect", _one(status=300), holds, DECLARED),
    Example(
        "a firewall's page at a declared path",
        _one(what="declared", status=200, interposed="a challenge"),
        unknown,
        DECLARED,
        reason=Reason.INCOMPLETE,
    ),
    Example(
        "two paths that lead to one page, and another",
        replace(
            GOOD,
            answers=(
                replace(REFUSED, status=200, path="/admin", page="/admin/"),
                replace(REFUSED, status=200),
                replace(REFUSED, status=200, path="/cms/"),
            ),
        ),
        broken,
        DECLARED,
        says="/admin is open (administration) (and 1 more)",
    ),
    Example(
        "two paths that lead to two pages",
        replace(
            GOOD,
            answers=(replace(REFUSED, status=200, page="/admin/a/"), replace(REFUSED, status=200, page="/admin/b/")),
        ),
        broken,
        DECLARED,
        says="(and 1 more)",
    ),
    Example(
        "two panels are open",
        replace(GOOD, answers=(replace(REFUSED, status=200), replace(REFUSED, status=200, path="/cms/"))),
        broken,
        DECLARED,
        says="(and 1 more)",
    ),
    Example("a declared path lets one choose", _one(what="declared", status=300), holds, DECLARED),
)
