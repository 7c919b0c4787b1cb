"""Staging and development cannot be reached without authentication.

Risk: Staging has the next release's unfixed flaws and often a copy of real data, with debug pages on: it is the side
door that nobody watches.
Verified: Every entry point of the declared staging and development environments is asked anonymously for about 20 usual
paths (pages, API, static and media files) and for every route of the URL table where it is known; each must be refused,
lead to the declared sign-on, or show a login page. The declared login must get in and see something else: without that
control it is unknown. `public_paths` are left out.
Mend: In nginx: `auth_basic "staging"; auth_basic_user_file ...;` in the server block, not in one location, with
`satisfy all`; or the sign-on proxy before the whole host. Serve static and media files through the same door. Declare
its `login` (a secret reference to user:password) so that it can be proven.
"""

from dataclasses import replace
from typing import Any

from prodproof.facts import Reason
from prodproof.facts.declared import Declared, Environment, EnvironmentKind
from prodproof.facts.paths import ClosedSite, PathAnswer, PathLost, Table
from prodproof.verdicts import Example, Finding, Verdict, broken, guarantee, holds, unknown
from prodproof.verdicts.example import SHOP


@guarantee("exposure.staging-closed", seeds="M-N6", proof="outside", severity="high")
def judge(fact: ClosedSite, declared: Declared) -> Verdict:
    environments = (declared.environment, *declared.environments)
    sign_on = {host.lower() for item in environments if item.name == fact.environment for host in item.sign_on}
    found = [
        Finding("staging-open", f"{answer.path} is served to strangers ({answer.status})", key=answer.path)
        for answer in fact.answers
        if 200 <= answer.status < 300 and not answer.password_form and answer.interposed is None
    ]
    if found:
        return broken(*found)
    if fact.lost:
        return unknown(fact.lost[0].why, f"{fact.lost[0].path}: {fact.lost[0].detail}")
    for answer in fact.answers:
        if answer.interposed:
            return unknown(Reason.DENIED, f"{answer.path} was answered by {answer.interposed}")
        if answer.sent_to and answer.sent_to.partition(":")[0] not in sign_on:
            return unknown(
                Reason.NOT_DECLARED,
                f"{answer.path} sends to {answer.sent_to}, which sign_on of {fact.environment} does not name",
            )
        if answer.status >= 500:
            return unknown(Reason.INCOMPLETE, f"{answer.path} answers {answer.status}")
    to_sign_on = bool(fact.answers) and all(answer.sent_to for answer in fact.answers)
    if not to_sign_on and fact.differs is not True:
        why = fact.why_no_login or "the declared login was not let in, or saw what strangers see"
        return unknown(Reason.INSUFFICIENT_PROOF, f"strangers got nothing, but {why}: it may just be down")
    if fact.table is Table.NOT_READ:
        return unknown(Reason.INCOMPLETE, "only the usual paths were asked: the URL table has not been read yet")
    return holds(f"strangers are refused at {len(fact.answers)} paths")


DECLARED = replace(
    SHOP,
    environments=(Environment(name="staging", kind=EnvironmentKind.STAGING, sign_on=("sso.shop.example",)),),
)
REFUSED = PathAnswer(path="/", what="usual path", status=401, as_unknown=True, challenge="basic")
GOOD = ClosedSite(url="https://staging.shop.example", environment="staging", answers=(REFUSED,), differs=True)


def _one(**changes: Any) -> ClosedSite:
    return replace(GOOD, answers=(replace(REFUSED, **changes),))


EXAMPLES = (
    Example("refused, and the login gets in", GOOD, holds, DECLARED),
    Example("its home page for anybody", _one(status=200), broken, DECLARED, says="/ is served"),
    Example(
        "a closed home page with an open /media/",
        replace(GOOD, answers=(REFUSED, replace(REFUSED, path="/media/", status=200))),
        broken,
        DECLARED,
        says="/media/",
    ),
    Example("a login page, and the login sees something else", _one(status=200, password_form=True), holds, DECLARED),
    Example(
        "sent to the declared sign-on",
        replace(_one(status=302, sent_to="sso.shop.example"), differs=None),
        holds,
        DECLARED,
    ),
    Example(
        "sent to a host that nobody declared",
        _one(status=302, sent_to="elsewhere.example"),
        unknown,
        DECLARED,
        reason=Reason.NOT_DECLARED,
    ),
    Example(
        "no login to prove it with",
        replace(GOOD, differs=None, why_no_login="no login is declared"),
        unknown,
        DECLARED,
        reason=Reason.INSUFFICIENT_PROOF,
    ),
    Example(
        "the login is not let in either",
        replace(GOOD, differs=False),
        unknown,
        DECLARED,
        reason=Reason.INSUFFICIENT_PROOF,
    ),
    Example(
        "down for maintenance",
        _one(status=503, interposed="a maintenance page"),
        unknown,
        DECLARED,
        reason=Reason.DENIED,
    ),
    Example(
        "a path timed out",
        replace(GOOD, lost=(PathLost("/api/", Reason.TIMED_OUT, "silent"),)),
        unknown,
        DECLARED,
        reason=Reason.TIMED_OUT,
    ),
    Example(
        "another environment's sign-on",
        _one(status=302, sent_to="sso.other.example"),
        unknown,
        replace(
            DECLARED, environments=(*DECLARED.environments, Environment(name="test", sign_on=("sso.other.example",)))
        ),
        reason=Reason.NOT_DECLARED,
    ),
    Example("the sign-on on a port", _one(status=302, sent_to="sso.shop.example:8443"), holds, DECLARED),
    Example("a firewall's page", _one(status=200, interposed="a challenge"), unknown, DECLARED, reason=Reason.DENIED),
    Example("a redirect is no page", _one(status=300), holds, DECLARED),
    Example("it fails", _one(status=500), unknown, DECLARED, reason=Reason.INCOMPLETE),
    Example(
        "nothing was asked, and no login",
        replace(GOOD, answers=(), differs=None),
        unknown,
        DECLARED,
        reason=Reason.INSUFFICIENT_PROOF,
    ),
    Example(
        "one of two paths leads to the sign-on",
        replace(GOOD, differs=None, answers=(REFUSED, replace(REFUSED, status=302, sent_to="sso.shop.example"))),
        unknown,
        DECLARED,
        reason=Reason.INSUFFICIENT_PROOF,
    ),
    Example(
        "the URL table is not known yet",
        replace(GOOD, table=Table.NOT_READ),
        unknown,
        DECLARED,
        reason=Reason.INCOMPLETE,
    ),
)
