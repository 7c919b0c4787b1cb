"""Prometheus and Alertmanager as adapters: real servers, and such as are not what they should be."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest

from prodproof.facts import Reason, Unseen
from prodproof.facts.alerting import ReceiverKind
from prodproof.reach.monitoring import api
from prodproof.reach.monitoring.alertmanager import Alertmanager, Sent
from prodproof.reach.monitoring.prometheus import Meaning, Prometheus
from prodproof.reach.secret import Secret
from prodproof.reach.world import Settings
from tests.reach.monitoring.servers import Watchers, wait, watching
from tests.reach.servers import Talk, closing, drips, endless, free_port, request, says, silent, talking

QUICK = replace(Settings(), total_timeout=1.0, connect_timeout=1.0)
ASKS: dict[str, Callable[[str, Secret | None], Any]] = {
    "query": lambda url, secret: Prometheus(url, QUICK, secret).query("up"),
    "rules": lambda url, secret: Prometheus(url, QUICK, secret).rules(),
    "raised": lambda url, secret: Prometheus(url, QUICK, secret).alerts(),
    "alertmanagers": lambda url, secret: Prometheus(url, QUICK, secret).alertmanagers(),
    "meaning": lambda url, secret: Prometheus(url, QUICK, secret).meaning("up"),
    "held": lambda url, secret: Alertmanager(url, QUICK, secret).alerts("a", "b"),
    "routing": lambda url, secret: Alertmanager(url, QUICK, secret).routing(),
    "sent": lambda url, secret: Alertmanager(url, QUICK, secret).sent(),
}
EACH = pytest.mark.parametrize("ask", ASKS.values(), ids=ASKS)


def answer(status: str, body: bytes = b"", *headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Connection: close", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


@contextmanager
def server(talk: Talk) -> Iterator[str]:
    with talking(talk) as port:
        yield f"http://127.0.0.1:{port}"


@EACH
def test_one_that_is_not_there_is_unreachable(ask: Callable[..., Any]) -> None:
    assert ask(f"http://127.0.0.1:{free_port()}", None).why is Reason.UNREACHABLE


@EACH
@pytest.mark.parametrize("status", ["401 Unauthorized", "403 Forbidden"])
def test_one_that_refuses_is_denied(ask: Callable[..., Any], status: str) -> None:
    with server(says(answer(status))) as url:
        assert ask(url, Secret("a-token")).why is Reason.DENIED


@EACH
@pytest.mark.parametrize(
    "body",
    [b"<html>welcome</html>", b"\xff\xfe\x00", b"", b"[" * 100_000, b"null", b"[1]", b"{}", b'"x"', b"1e999",
     b'{"status": "success", "data": [[]]}', b'{"status": "success"}', b'{"status": 1, "data": {}}',
     b'{"status": "success", "data": {"groups": [{"name": 1}], "alerts": [{}], "activeAlertmanagers": [{}], "up": 1,'
     b' "resultType": "vector", "result": [{"metric": {"a": 1}, "value": [0, "x"]}]}}',
     b'{"config": {"original": "a: ["}}', b'{"config": {"original": "a: b"}}',
     b'[{"labels": {"a": "b"}, "status": {}, "receivers": {}}]'],
)  # fmt: skip
def test_one_that_answers_garbage_is_incomplete(ask: Callable[..., Any], body: bytes) -> None:
    with server(says(answer("200 OK", body))) as url:
        found = ask(url, None)
    assert isinstance(found, Unseen) and found.why is Reason.INCOMPLETE, found


@EACH
@pytest.mark.parametrize("talk", [silent, drips(b"HTTP/1.1 200 OK\r\nX: ")], ids=["silent", "drips"])
def test_one_that_is_slow_times_out(ask: Callable[..., Any], talk: Talk) -> None:
    began = time.monotonic()
    with server(talk) as url:
        assert ask(url, None).why is Reason.TIMED_OUT
    assert time.monotonic() - began < 30


@EACH
def test_one_that_hangs_up_or_leads_elsewhere_is_not_believed(ask: Callable[..., Any]) -> None:
    with server(closing) as url:
        assert ask(url, None).why in (Reason.UNREACHABLE, Reason.INCOMPLETE)
    with server(says(answer("302 Found", b"", "Location: https://login.example/"))) as url:
        assert "leads elsewhere" in ask(url, None).detail
    with server(says(answer("503 Service Unavailable"))) as url:
        assert ask(url, None).why is Reason.UNREACHABLE


def test_an_answer_without_end_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api, "MAX_ANSWER", 100_000)
    with server(endless(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n", b" " * 10_000)) as url:
        found = ASKS["rules"](url, None)
    assert isinstance(found, Unseen) and found.why is Reason.INCOMPLETE


@pytest.mark.parametrize(
    ("secret", "sent"), [("ana:pass:word", b"Basic YW5hOnBhc3M6d29yZA=="), ("token", b"Bearer token")]
)
def test_it_logs_in_with_what_it_was_given_and_never_shows_it(secret: str, sent: bytes) -> None:
    heads: list[bytes] = []

    def talk(connection: Any) -> None:
        heads.append(request(connection))
        connection.sendall(answer("401 Unauthorized", secret.encode()))

    with server(talk) as url:
        found = ASKS["held"](f"{url}/below/", Secret(secret))
    assert b"authorization: " + sent.lower() in heads[0].lower()
    assert heads[0].startswith(b"GET /below/api/v2/alerts?filter=a%3D%22b%22 ")
    assert secret not in str(found)


# ---- the real ones

RULES: list[dict[str, Any]] = [
    {"record": "a:b", "expr": "up * 2"},
    {"alert": "Up", "expr": "a:b > 0", "labels": {"severity": "info", "drill": "x"}},
    {"alert": "Later", "expr": "up > 0", "for": "1h", "labels": {"severity": "critical"}},
]
ROUTING = {
    "route": {"receiver": "chat", "group_wait": "1s", "group_interval": "1s"},
    "receivers": [{"name": "chat", "webhook_configs": [{"url": "hook"}]}, {"name": "nobody"}],
}


@pytest.fixture(scope="module")
def watchers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watchers]:
    with watching(tmp_path_factory.mktemp("watchers"), RULES, ROUTING) as made:
        yield made


def test_prometheus_says_what_it_measures_and_by_which_rules_it_alerts(watchers: Watchers) -> None:
    prometheus = Prometheus(watchers.prometheus, Settings())
    (watchers.textfiles / "x.prom").write_text('# HELP x Some "x".\n# TYPE x counter\nx{a="b"} 7\n')
    wait(lambda: prometheus.query("x"))
    wait(lambda: prometheus.meaning("x"))
    found = prometheus.query("x")
    assert not isinstance(found, Unseen) and found[0].value == 7 and found[0].labels["a"] == "b"
    assert prometheus.meaning("x") == Meaning("counter", 'Some "x".') and prometheus.meaning("nothing") is None
    assert prometheus.query("nothing") == ()
    rules = prometheus.rules()
    assert not isinstance(rules, Unseen)
    assert [(item.name, item.group, item.alerting, item.hold) for item in rules] == [
        ("a:b", "backups", False, 0), ("Up", "backups", True, 0), ("Later", "backups", True, 3600)]  # fmt: skip
    assert rules[1].query == "a:b > 0" and rules[1].labels == {"severity": "info", "drill": "x"}
    wait(lambda: [item for item in prometheus.alerts() if item.firing])  # type: ignore[union-attr]  # else it fails
    raised = prometheus.alerts()
    assert not isinstance(raised, Unseen)
    assert {item.labels["alertname"]: item.firing for item in raised} == {"Up": True, "Later": False}
    told = prometheus.alertmanagers()
    assert not isinstance(told, Unseen) and told[0].startswith(watchers.alertmanager)


def test_prometheus_refuses_what_is_no_query(watchers: Watchers) -> None:
    found = Prometheus(watchers.prometheus, Settings()).query("up{")
    assert isinstance(found, Unseen) and found.why is Reason.INCOMPLETE


def test_alertmanager_says_what_it_holds_whom_it_tells_and_what_it_sent(watchers: Watchers) -> None:
    alertmanager = Alertmanager(watchers.alertmanager, Settings())
    wait(lambda: alertmanager.alerts("drill", "x"))
    held = alertmanager.alerts("drill", "x")
    assert not isinstance(held, Unseen)
    assert [(item.receivers, item.silenced, item.inhibited) for item in held] == [(("chat",), False, False)]
    assert alertmanager.alerts("drill", 'y"\\') == ()
    routing = alertmanager.routing()
    assert not isinstance(routing, Unseen) and routing.root.receiver == "chat"
    assert {item.name: item.kinds for item in routing.receivers} == {"chat": (ReceiverKind.OTHER,), "nobody": ()}
    wait(lambda: watchers.told)

    def sent() -> bool:
        found = alertmanager.sent()
        return isinstance(found, Sent) and found.arrived >= 1

    wait(sent)
    assert json.loads(json.dumps(watchers.told[0]))["receiver"] == "chat"
