"""The routing tree is walked as Alertmanager walks it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prodproof.facts import codec
from prodproof.facts.alerting import AlertRouting, Matcher, Receiver, ReceiverKind, Route
from prodproof.facts.routing import CannotTellError, matches, reached


def where(root: Route, **labels: str) -> list[str]:
    return [one.receiver for one in reached(root, labels)]


def on(receiver: str, name: str, operator: str, value: str, *routes: Route, goes_on: bool = False) -> Route:
    matcher = Matcher(name=name, operator=operator, value=value)
    return Route(receiver=receiver, matchers=(matcher,), goes_on=goes_on, routes=routes)


DOCUMENTED = Route(
    receiver="team-X-mails",
    routes=(
        on("team-X-mails", "service", "=~", "foo1|foo2|baz", on("team-X-pager", "severity", "=", "critical")),
        on("team-Y-mails", "service", "=", "files", on("team-Y-pager", "severity", "=", "critical")),
        on("team-DB-pager", "service", "=", "database", on("team-Y-pager", "owner", "=", "team-Y", goes_on=True)),
    ),
)
"""After the example of Alertmanager's own documentation."""


def test_the_documented_example() -> None:
    assert where(DOCUMENTED) == ["team-X-mails"]
    assert where(DOCUMENTED, service="foo1", severity="critical") == ["team-X-pager"]
    assert where(DOCUMENTED, service="files", severity="warning") == ["team-Y-mails"]
    assert where(DOCUMENTED, service="database", owner="team-Y") == ["team-Y-pager"]
    assert where(DOCUMENTED, service="database", owner="team-X") == ["team-DB-pager"]


def test_continue_tries_the_next_sibling_and_the_parent_is_left_out() -> None:
    root = Route(
        receiver="default",
        routes=(on("archive", "severity", "!=", "", goes_on=True), on("pager", "severity", "=", "critical")),
    )
    assert where(root, severity="critical") == ["archive", "pager"]
    assert where(root, severity="warning") == ["archive"]
    assert where(root) == ["default"]


@pytest.mark.parametrize(
    ("operator", "value", "label", "expected"),
    [
        ("=", "critical", "critical", True),
        ("!=", "critical", "", True),
        ("=~", "crit", "critical", False),
        ("=~", "crit.*", "critical", True),
        ("!~", "crit.*", "warning", True),
        ("=~", "", "", True),
    ],
)
def test_matchers_are_anchored(operator: str, value: str, label: str, expected: bool) -> None:
    assert matches(Matcher(name="severity", operator=operator, value=value), label) is expected


@pytest.mark.parametrize("pattern", ["(a+)+$", "(", ".*.*.*.*x", "(?i)x", "a" * 3_000])
def test_what_could_take_forever_is_not_tried(pattern: str) -> None:
    with pytest.raises(CannotTellError):
        matches(Matcher(name="x", operator="=~", value=pattern), "a" * 400)


@given(st.text(max_size=60), st.text(max_size=60))
def test_any_pattern_is_answered_or_refused(pattern: str, value: str) -> None:
    try:
        answer = matches(Matcher(name="x", operator="=~", value=pattern), value)
    except CannotTellError:
        return
    assert isinstance(answer, bool)


def test_a_tree_survives_the_ledger() -> None:
    routing = AlertRouting(path="am.yml", root=DOCUMENTED, receivers=(Receiver(name="x", kinds=(ReceiverKind.PAGER,)),))
    assert codec.decode(AlertRouting, codec.encode(routing)) == routing
