"""Each alert has an expected, documented response.

Risk: An alert rings at night and nobody knows how bad it is, who should act or what to do; it is silenced, and the
outage behind it goes on.
Verified: Every alert rule in the repositories (Prometheus rule files, PrometheusRule objects, Grafana's provisioned
rules, CloudWatch alarms in CloudFormation and terraform) names a severity, an owner and a runbook, as label or
annotation. Links into the repositories, and to pages of declared sites, must lead to a heading with steps below it.
A link to any other site is not followed, and a rule file that is still a template is not guessed at: both are unknown.
Files in folders of examples, tests and documentation are left out unless `[monitoring]` names them.
Mend: Give each rule a `severity` and a `team` label and a `runbook_url` annotation; write one short page per alert
with numbered steps: how to see what is wrong, what to do first, whom to call. One owner for all alerts can be named
in the system file: `[[owner]] of = "monitoring"`.
"""

from dataclasses import replace
from fnmatch import fnmatchcase
from urllib.parse import urlsplit

from prodproof.facts import Location, Reason
from prodproof.facts.alerting import AlertRule, RunbookLink, RunbookPlace
from prodproof.facts.declared import Declared, Owner, Runbook
from prodproof.verdicts import Example, Finding, Verdict, broken, guarantee, holds, unknown
from prodproof.verdicts.example import SHOP

ID = "monitoring.alerts-actionable"


@guarantee(
    ID,
    seeds="M-O4",
    proof="inside",
    severity="medium",
    nothing="no alert rule was found in the repositories; name their files under [monitoring] alert_rules",
)
def judge(rule: AlertRule, declared: Declared) -> Verdict:
    """Broken by anything that is missing; unknown where a link or an owner cannot be judged from here."""
    covering = next((book for book in declared.runbooks if _covers(book, rule)), None)
    findings = [*_nameless(rule, declared, covering), *_without_runbook(rule, covering)]
    if findings:
        return broken(*findings)
    if rule.runbook is not None and rule.runbook.place in _UNKNOWN:
        reason, text = _UNKNOWN[rule.runbook.place]
        host = urlsplit(rule.runbook.target).hostname or rule.runbook.target
        return unknown(reason, text.format(target=rule.runbook.target, host=host, detail=rule.runbook.detail))
    if rule.runbook is None:
        return unknown(Reason.INCOMPLETE, "a runbook is declared for it, but its steps were not read")
    if _owner(rule, declared, covering) is None:
        return unknown(Reason.NOT_DECLARED, "has severity and runbook; no owner is named on it, and none is declared")
    return holds(f"severity {rule.severity}, an owner and a runbook with steps")


_UNKNOWN = {
    RunbookPlace.URL: (Reason.NOT_DECLARED, "its runbook is at {host}, which is not declared and was not asked"),
    RunbookPlace.TEMPLATED: (Reason.INCOMPLETE, "its runbook link {target} is put together only when it fires"),
    RunbookPlace.UNREADABLE: (Reason.INCOMPLETE, "its runbook {target} could not be read: {detail}"),
}


def _nameless(rule: AlertRule, declared: Declared, covering: Runbook | None) -> list[Finding]:
    found = []
    if not rule.severity:
        found.append(Finding("no-severity", f"alert {rule.name} names no severity", rule.location, rule.name))
    if _owner(rule, declared, covering) is None and not declared.inferred:
        message = f"alert {rule.name} names no owner, and none is declared for monitoring"
        found.append(Finding("no-owner", message, rule.location, rule.name, "add a `team` label to the rule"))
    return found


def _without_runbook(rule: AlertRule, covering: Runbook | None) -> list[Finding]:
    def finding(kind: str, message: str) -> list[Finding]:
        return [Finding(kind, f"alert {rule.name} {message}", rule.location, rule.name)]

    link = rule.runbook
    if link is None:
        return [] if covering else finding("no-runbook", "links no runbook")
    if link.place is RunbookPlace.MISSING:
        return finding("runbook-missing", f"links {link.target}, where there is no file")
    if link.place is RunbookPlace.NO_HEADING:
        return finding("runbook-missing", f"links {link.target}, but that file has no such heading")
    if link.place in (RunbookPlace.FILE, RunbookPlace.INLINE) and not link.steps:
        return finding("runbook-without-steps", f"links {link.target}, which has no steps")
    return []


def _owner(rule: AlertRule, declared: Declared, covering: Runbook | None) -> str | None:
    if rule.owner:
        return rule.owner
    if covering and covering.owner:
        return covering.owner
    return next((item.person for item in declared.owners if _answers_for(item)), None)


def _answers_for(owner: Owner) -> bool:
    return fnmatchcase(ID, owner.of) or owner.of == "monitoring"


def _covers(book: Runbook, rule: AlertRule) -> bool:
    return rule.name in book.covers or ID in book.covers


_BOOK = RunbookLink(target="docs/runbooks/checkout.md#checkout-failing", place=RunbookPlace.FILE, steps=4)
_WHOLE = AlertRule(
    name="CheckoutFailing",
    group="shop",
    severity="critical",
    owner="payments",
    runbook=_BOOK,
    location=Location("monitoring/alerts.yml", 4),
)
_OWNED = replace(SHOP, owners=(Owner(of="monitoring", person="ana"),))


def _bare() -> AlertRule:
    return replace(_WHOLE, runbook=None)


def _booked(covers: str) -> Declared:
    return replace(SHOP, runbooks=(Runbook(name="x", path="x.md", owner="ana", covers=(covers,)),))


EXAMPLES = (
    Example("severity, team and a runbook with steps", _WHOLE, holds),
    Example("one owner for all of monitoring", replace(_WHOLE, owner=None), holds, _OWNED),
    Example("no runbook", replace(_WHOLE, runbook=None), broken, says="links no runbook"),
    Example("no severity", replace(_WHOLE, severity=None), broken, says="no severity"),
    Example("nobody answers for it", replace(_WHOLE, owner=None), broken, says="no owner"),
    Example(
        "no system file says who",
        replace(_WHOLE, owner=None),
        unknown,
        replace(SHOP, inferred=True),
        reason=Reason.NOT_DECLARED,
    ),
    Example("a dead link", replace(_WHOLE, runbook=replace(_BOOK, place=RunbookPlace.MISSING)), broken),
    Example("a heading that is gone", replace(_WHOLE, runbook=replace(_BOOK, place=RunbookPlace.NO_HEADING)), broken),
    Example("an empty page", replace(_WHOLE, runbook=replace(_BOOK, steps=0)), broken, says="no steps"),
    Example(
        "a page on another site",
        replace(_WHOLE, runbook=RunbookLink(target="https://wiki.example/checkout", place=RunbookPlace.URL)),
        unknown,
        says="wiki.example",
        reason=Reason.NOT_DECLARED,
    ),
    Example(
        "a templated link",
        replace(_WHOLE, runbook=replace(_BOOK, place=RunbookPlace.TEMPLATED)),
        unknown,
        reason=Reason.INCOMPLETE,
    ),
    Example(
        "a runbook declared for it",
        _bare(),
        unknown,
        _booked("CheckoutFailing"),
        says="were not read",
        reason=Reason.INCOMPLETE,
    ),
    Example(
        "a runbook declared for all alerts",
        _bare(),
        unknown,
        _booked("monitoring.alerts-actionable"),
        reason=Reason.INCOMPLETE,
    ),
    Example("a runbook declared for another alert", _bare(), broken, _booked("DiskFull")),
    Example("the owner of its runbook", replace(_WHOLE, owner=None), holds, _booked("CheckoutFailing")),
    Example(
        "a runbook that nobody owns",
        replace(_WHOLE, owner=None),
        broken,
        replace(SHOP, runbooks=(Runbook(name="x", path="x.md", covers=("CheckoutFailing",)),)),
        says="no owner",
    ),
    Example(
        "an owner of something else",
        replace(_WHOLE, owner=None),
        broken,
        replace(SHOP, owners=(Owner(of="exposure", person="ana"),)),
    ),
    Example(
        "an owner by a pattern",
        replace(_WHOLE, owner=None),
        holds,
        replace(SHOP, owners=(Owner(of="monitoring.*", person="ana"),)),
    ),
    Example(
        "steps within the rule",
        replace(_WHOLE, runbook=replace(_BOOK, place=RunbookPlace.INLINE, steps=0)),
        broken,
        says="no steps",
    ),
    Example(
        "a page that could not be read",
        replace(_WHOLE, runbook=replace(_BOOK, place=RunbookPlace.UNREADABLE, detail="permission denied")),
        unknown,
        says="permission denied",
        reason=Reason.INCOMPLETE,
    ),
)
