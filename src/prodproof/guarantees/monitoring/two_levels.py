"""There are at least two levels: urgent (notifies at once) and informative (working hours).

Risk: When a full disk and an outage arrive in the same mailbox, the outage is read on Monday.
Verified: The routing tree of each Alertmanager configuration (also as AlertmanagerConfig object, in a Secret or in
chart values) is walked as Alertmanager walks it, for each severity that the alert rules set: urgent ones must reach
a pager or a telephone at every hour, informative ones a receiver of another kind or name, and none may end in a
receiver that notifies nobody. Where a web hook leads is not known from its address alone.
Mend: Route `severity="critical"` to a pager (PagerDuty, Opsgenie, Pushover, Grafana OnCall) and the rest to a chat
room or mailbox; give the default route a receiver that somebody reads. Other names for the levels are declared as
`[monitoring] urgent = [...]` and `informative = [...]`.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from prodproof.facts import Location, Reason
from prodproof.facts.alerting import AlertLabels, AlertRouting, Matcher, Receiver, ReceiverKind, Route
from prodproof.facts.declared import Declared
from prodproof.facts.routing import CannotTellError, Reached, reached
from prodproof.verdicts import Example, Finding, Verdict, broken, guarantee, holds, unknown

AT_ONCE = {ReceiverKind.PAGER, ReceiverKind.PUSH}
SEVERITY_LABELS = ("severity", "priority", "level")
HEARTBEATS = {"watchdog", "deadmansswitch", "infoinhibitor"}
"""Alerts that always fire, to prove the path or to inhibit others; they are not meant to notify anybody."""


@dataclass(frozen=True)
class _Sent:
    alert: AlertLabels
    severity: str
    receivers: tuple[Reached, ...]
    kinds: frozenset[ReceiverKind]


@guarantee(
    "monitoring.two-levels",
    seeds="M-O5",
    proof="inside",
    severity="medium",
    nothing="no configuration of Alertmanager was found in the repositories; name it under [monitoring] alertmanager",
)
def judge(routing: AlertRouting, declared: Declared) -> Verdict:
    """Walk the tree for every label set, then compare what urgent and informative alerts reach."""
    known = {receiver.name: receiver for receiver in routing.receivers}
    missing = sorted({route.receiver for route in _all(routing.root)} - known.keys())
    if missing:
        return broken(*(_finding(routing, "no-such-receiver", name, f"route to {name!r}, which is not defined")
                        for name in missing))  # fmt: skip
    try:
        sent = [_send(alert, routing, known) for alert in routing.alerts or _imagined(routing, declared)]
    except CannotTellError as error:
        return unknown(Reason.INCOMPLETE, f"{routing.path}: {error}")
    urgent, informative, unnamed = _levels(sent, declared)
    findings = list(_problems(routing, urgent, informative))
    if findings:
        return broken(*{(item.rule, item.key): item for item in findings}.values())
    return _doubts(urgent, informative, unnamed) or holds(
        f"urgent alerts reach {_names(urgent)}, the others {_names(informative)}"
    )


def _problems(routing: AlertRouting, urgent: list[_Sent], informative: list[_Sent]) -> Iterable[Finding]:
    for item in (*urgent, *informative):
        if not item.kinds:
            name = item.receivers[0].receiver if item.receivers else "nothing"
            message = (
                f"alerts of severity {item.severity} ({item.alert.example}) end in {name!r}, which notifies nobody"
            )
            yield _finding(routing, "notifies-nobody", f"{item.severity} {name}", message)
    for item in urgent:
        if not item.kinds:
            continue
        at_once = [one for one in item.receivers if _at_once(one, routing)]
        if not at_once and ReceiverKind.OTHER not in item.kinds:
            kinds = " and ".join(sorted(item.kinds))
            message = f"urgent alerts ({item.severity}: {item.alert.example}) reach {kinds} only"
            yield _finding(routing, "urgent-without-pager", f"{item.severity} {kinds}", message)
        elif at_once and all(one.intervals for one in at_once):
            message = f"urgent alerts ({item.severity}: {item.alert.example}) are mute in {at_once[0].intervals[0]!r}"
            yield _finding(routing, "urgent-muted", f"{item.severity} {at_once[0].intervals[0]}", message)
    paged = {frozenset(one.receiver for one in item.receivers) for item in urgent if item.kinds}
    for item in informative:
        names = frozenset(one.receiver for one in item.receivers)
        if names in paged:
            message = f"severity {item.severity} goes where the urgent alerts go: {', '.join(sorted(names))}"
            yield _finding(routing, "one-level", f"{item.severity} {' '.join(sorted(names))}", message)


def _doubts(urgent: list[_Sent], informative: list[_Sent], unnamed: list[_Sent]) -> Verdict | None:
    if unnamed:
        severity = unnamed[0].severity
        text = f"severity {severity!r} ({unnamed[0].alert.example}) is declared neither urgent nor informative"
        return unknown(Reason.NOT_DECLARED, text if severity else f"{unnamed[0].alert.example} has no severity")
    if not urgent or not informative:
        lacking = "informative" if urgent else "urgent"
        return unknown(
            Reason.NOT_DECLARED, f"the alert rules know no {lacking} severity, so there is one level at most"
        )
    doubtful = next((item for item in urgent if not item.kinds & AT_ONCE), None)
    if doubtful:
        names = ", ".join(one.receiver for one in doubtful.receivers)
        return unknown(Reason.NOT_DECLARED, f"urgent alerts go to {names!r}: whom that web hook notifies is not known")
    return None


def _send(alert: AlertLabels, routing: AlertRouting, known: dict[str, Receiver]) -> _Sent:
    labels = dict(alert.labels)
    receivers = tuple(reached(routing.root, labels))
    kinds = frozenset(kind for one in receivers for kind in known[one.receiver].kinds)
    severity = next((labels[name] for name in SEVERITY_LABELS if labels.get(name)), "")
    return _Sent(alert, severity, receivers, kinds)


def _levels(sent: list[_Sent], declared: Declared) -> tuple[list[_Sent], list[_Sent], list[_Sent]]:
    urgent_names = {name.casefold() for name in declared.monitoring.urgent}
    informative_names = {name.casefold() for name in declared.monitoring.informative}
    urgent, informative, unnamed = [], [], []
    for item in sent:
        severity = item.severity.casefold()
        if item.alert.example.casefold() in HEARTBEATS or (severity == "none" and not item.kinds):
            continue
        if severity in urgent_names:
            urgent.append(item)
        elif severity in informative_names:
            informative.append(item)
        else:
            unnamed.append(item)
    return urgent, informative, unnamed


def _imagined(routing: AlertRouting, declared: Declared) -> tuple[AlertLabels, ...]:
    """Where no rules are at hand: the severities that the routes name, or else the first of each declared level."""
    level = next((name for name in SEVERITY_LABELS if name in _label_names(routing.root)), "severity")
    named = {matcher.value for route in _all(routing.root) for matcher in route.matchers if matcher.name == level}
    chosen = []
    for declared_names in (declared.monitoring.urgent, declared.monitoring.informative):
        chosen += [name for name in declared_names if name in named] or list(declared_names[:1])
    return tuple(AlertLabels(example=f"any {name} alert", labels=((level, name),)) for name in chosen)


def _at_once(one: Reached, routing: AlertRouting) -> bool:
    return any(receiver.name == one.receiver and AT_ONCE & set(receiver.kinds) for receiver in routing.receivers)


def _all(route: Route) -> Iterable[Route]:
    yield route
    for child in route.routes:
        yield from _all(child)


def _label_names(root: Route) -> set[str]:
    return {matcher.name for route in _all(root) for matcher in route.matchers}


def _names(sent: list[_Sent]) -> str:
    return ", ".join(sorted({one.receiver for item in sent for one in item.receivers}))


def _finding(routing: AlertRouting, rule: str, key: str, message: str) -> Finding:
    return Finding(rule, message, Location(routing.path, routing.root.line), key)


_CRITICAL = Route(receiver="pager", matchers=(Matcher(name="severity", operator="=", value="critical"),), line=9)
_WHOLE = AlertRouting(
    path="monitoring/alertmanager.yml",
    root=Route(receiver="team-mail", routes=(_CRITICAL,), line=6),
    receivers=(
        Receiver(name="pager", kinds=(ReceiverKind.PAGER,)),
        Receiver(name="team-mail", kinds=(ReceiverKind.EMAIL,)),
    ),
    alerts=(
        AlertLabels(example="CheckoutFailing", labels=(("severity", "critical"),)),
        AlertLabels(example="DiskFilling", labels=(("severity", "warning"),)),
    ),
)
_BY_MAIL = replace(_WHOLE, root=replace(_WHOLE.root, routes=()))


def _receivers(kind: ReceiverKind) -> tuple[Receiver, ...]:
    return (Receiver(name="pager", kinds=(kind,)), _WHOLE.receivers[1])


def _alert(example: str) -> AlertRouting:
    return replace(_WHOLE, alerts=(*_WHOLE.alerts, AlertLabels(example=example, labels=())))


def _labelled(name: str) -> AlertRouting:
    """The whole case, with another name for the label of the level."""
    alerts = tuple(replace(item, labels=((name, item.labels[0][1]),)) for item in _WHOLE.alerts)
    return replace(_imagine("critical", name), alerts=alerts)


def _imagine(value: str, name: str = "severity") -> AlertRouting:
    route = replace(_CRITICAL, matchers=(Matcher(name=name, operator="=", value=value),))
    return replace(_WHOLE, alerts=(), root=replace(_WHOLE.root, routes=(route,)))


def _nobody(severity: str) -> AlertRouting:
    silent = Route(receiver="null", matchers=(Matcher(name="severity", operator="=", value=severity),))
    return replace(
        _WHOLE,
        root=replace(_WHOLE.root, routes=(_CRITICAL, silent)),
        receivers=(*_WHOLE.receivers, Receiver(name="null")),
        alerts=(*_WHOLE.alerts, AlertLabels(example="Quiet", labels=(("severity", severity),))),
    )


EXAMPLES = (
    Example("critical pages, the rest is mail", _WHOLE, holds, says="pager"),
    Example("no rules at hand, the same tree", replace(_WHOLE, alerts=()), holds),
    Example("everything in one mailbox", _BY_MAIL, broken, says="email only"),
    Example(
        "a web hook for urgent alerts",
        replace(_WHOLE, receivers=_receivers(ReceiverKind.OTHER)),
        unknown,
        reason=Reason.NOT_DECLARED,
    ),
    Example("a chat room for urgent alerts", replace(_WHOLE, receivers=_receivers(ReceiverKind.CHAT)), broken),
    Example(
        "the default receiver is empty",
        replace(_WHOLE, receivers=(_WHOLE.receivers[0], Receiver(name="team-mail"))),
        broken,
        says="notifies nobody",
    ),
    Example(
        "everything pages",
        replace(_WHOLE, root=replace(_WHOLE.root, receiver="pager")),
        broken,
        says="goes where the urgent alerts go",
    ),
    Example(
        "mute at night",
        replace(_WHOLE, root=replace(_WHOLE.root, routes=(replace(_CRITICAL, muted=("nights",)),))),
        broken,
        says="nights",
    ),
    Example(
        "a receiver that is not there", replace(_WHOLE, receivers=_WHOLE.receivers[:1]), broken, says="not defined"
    ),
    Example(
        "a severity that nobody declared",
        replace(_WHOLE, alerts=(*_WHOLE.alerts, AlertLabels(example="Odd", labels=(("severity", "sev3"),)))),
        unknown,
        says="sev3",
        reason=Reason.NOT_DECLARED,
    ),
    Example("a push message for urgent alerts", replace(_WHOLE, receivers=_receivers(ReceiverKind.PUSH)), holds),
    Example("the level is called priority", _labelled("priority"), holds),
    Example("the level is called level", _labelled("level"), holds),
    Example(
        "an empty level beside another",
        replace(
            _WHOLE, alerts=(*_WHOLE.alerts, AlertLabels(example="Odd", labels=(("severity", ""), ("level", "info"))))
        ),
        holds,
    ),
    Example("a watchdog", _alert("Watchdog"), holds),
    Example("a dead man's switch", _alert("DeadMansSwitch"), holds),
    Example(
        "an inhibitor, with a level after it",
        replace(_WHOLE, alerts=(AlertLabels(example="InfoInhibitor", labels=()), *_WHOLE.alerts)),
        holds,
    ),
    Example(
        "an inhibitor alone",
        replace(_WHOLE, alerts=(AlertLabels(example="InfoInhibitor", labels=()),)),
        unknown,
        says="no urgent",
        reason=Reason.NOT_DECLARED,
    ),
    Example("no severity", _alert("Odd"), unknown, says="has no severity", reason=Reason.NOT_DECLARED),
    Example("severity none that notifies nobody", _nobody("none"), holds),
    Example("severity info that notifies nobody", _nobody("info"), broken, says="notifies nobody"),
    Example(
        "severity none that everybody gets",
        replace(_WHOLE, alerts=(*_WHOLE.alerts[:1], AlertLabels(example="Quiet", labels=(("severity", "none"),)))),
        holds,
    ),
    Example(
        "urgent alerts only",
        replace(_WHOLE, alerts=_WHOLE.alerts[:1]),
        unknown,
        says="no informative",
        reason=Reason.NOT_DECLARED,
    ),
    Example(
        "informative alerts only",
        replace(_WHOLE, alerts=_WHOLE.alerts[1:]),
        unknown,
        says="no urgent",
        reason=Reason.NOT_DECLARED,
    ),
    Example(
        "the pager notifies nobody",
        replace(_WHOLE, receivers=(Receiver(name="pager"), _WHOLE.receivers[1])),
        broken,
        says="CheckoutFailing",
    ),
    Example(
        "the pager notifies nobody, the next urgent alert is mail",
        replace(
            _WHOLE,
            receivers=(Receiver(name="pager"), _WHOLE.receivers[1]),
            alerts=(*_WHOLE.alerts, AlertLabels(example="Down", labels=(("severity", "page"),))),
        ),
        broken,
        says="and 2 more",
    ),
    Example(
        "a matcher that is too involved",
        replace(
            _WHOLE,
            root=replace(
                _WHOLE.root,
                routes=(replace(_CRITICAL, matchers=(Matcher(name="severity", operator="=~", value="(a+)+"),)),),
            ),
        ),
        unknown,
        says="too involved",
        reason=Reason.INCOMPLETE,
    ),
    Example(
        "a second pager that is never mute",
        replace(
            _WHOLE, root=replace(_WHOLE.root, routes=(replace(_CRITICAL, muted=("nights",), goes_on=True), _CRITICAL))
        ),
        holds,
    ),
    Example(
        "a receiver within a route is not there",
        replace(
            _WHOLE,
            root=replace(_WHOLE.root, routes=(replace(_CRITICAL, routes=(replace(_CRITICAL, receiver="gone"),)),)),
        ),
        broken,
        says="'gone'",
    ),
    Example("no rules at hand, the routes name the second urgent level", replace(_imagine("page")), holds),
    Example("no rules at hand, the level is called priority", replace(_imagine("critical", "priority")), holds),
    Example(
        "no rules at hand, another label names an urgent word",
        replace(
            _WHOLE,
            alerts=(),
            root=replace(
                _WHOLE.root,
                routes=(
                    _CRITICAL,
                    Route(receiver="team-mail", matchers=(Matcher(name="team", operator="=", value="page"),)),
                ),
            ),
        ),
        holds,
    ),
)
