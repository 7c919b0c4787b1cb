"""Harbour's own alert rules and routing, with the real Prometheus and Alertmanager."""

import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import pytest
import yaml

from prodproof.range import Range
from prodproof.range.component import Command
from prodproof.range.components.alertmanager import Alertmanager, played
from prodproof.range.components.application import Application
from prodproof.range.components.prometheus import Prometheus
from prodproof.range.components.receiver import PORT as RECEIVER_PORT
from prodproof.range.components.receiver import Receiver
from prodproof.range.components.repo import HEALTHY, Repo
from prodproof.range.places import INTERNAL_PORT, Form
from tests.range.parts import needs, range_of

TOKEN = "only-who-has-this-reads-numbers"
NUMBERS = f"""
import http.server, sys
class Numbers(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        allowed = self.headers["Authorization"] == "Bearer {TOKEN}" and self.path == "/metrics"
        self.send_response(200 if allowed else 401)
        self.send_header("Content-Type", "text/plain; version=0.0.4")
        self.end_headers()
        self.wfile.write(b'harbour_oldest_job_seconds 0\\n')
http.server.HTTPServer((sys.argv[1], int(sys.argv[2])), Numbers).serve_forever()
"""


class Numbers(Application):
    """Stands for the shop, of which Prometheus sees the internal service's numbers only."""

    @property
    def environment(self) -> Mapping[str, str]:
        return {"HARBOUR_INTERNAL_TOKEN": TOKEN}

    def configure(self) -> None:
        """There is nothing to configure."""

    def commands(self) -> Sequence[Command]:
        words = (sys.executable, "-I", "-c", NUMBERS, self.range.places.inside, str(INTERNAL_PORT))
        return (Command("internal", words),)

    def trouble(self) -> str | None:
        return None if self.range.listens(self.range.places.inside, INTERNAL_PORT) else "does not listen"

    def watched(self) -> Iterable[Path]:
        return ()


@pytest.fixture(scope="module")
def watched() -> Iterator[Range]:
    with range_of(Form.FULL, Repo, Numbers, Receiver, Alertmanager, Prometheus) as made:
        yield made


def until(told: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + 30
    while not told():
        assert time.monotonic() < deadline, what
        time.sleep(0.1)


def alerts(harbour: Range, receiver: str, status: str) -> set[str]:
    messages = harbour.part(Receiver).messages(receiver)
    found = (alert for message in messages for alert in message["alerts"])
    return {alert["labels"]["alertname"] for alert in found if alert["status"] == status}


@needs("prometheus", "prometheus-alertmanager")
def test_a_shop_that_stops_calls_the_one_on_call(watched: Range) -> None:
    prometheus, shop = watched.part(Prometheus), watched.part(Application)
    until(lambda: set(prometheus.targets().values()) == {"up"}, "not every target is up")
    assert set(prometheus.targets()) == {"shop", "prometheus", "alertmanager"}
    assert watched.part(Receiver).messages("on-call") == []

    shop.stop()
    until(lambda: "ShopDown" in alerts(watched, "on-call", "firing"), "nobody was called")
    message = watched.part(Receiver).messages("on-call")[0]
    (alert,) = message["alerts"]
    assert alert["labels"]["severity"] == "critical"
    assert alert["annotations"]["runbook_url"] == "runbooks/checkout.md#shop-down"
    # What wakes somebody up does not stand in the chat room as well.
    assert watched.part(Receiver).messages("team-channel") == []

    watched.mend()
    until(lambda: "ShopDown" in alerts(watched, "on-call", "resolved"), "nobody was told that it is over")


@needs("prometheus", "prometheus-alertmanager")
def test_nothing_of_it_listens_outside(watched: Range) -> None:
    public = watched.places.outside_of
    assert [port for port in (9090, 9093, RECEIVER_PORT) if watched.listens(public, port)] == []
    assert dict(watched.status())["prometheus"] is None


def test_every_receiver_becomes_a_web_hook_and_the_routes_stay() -> None:
    text = (HEALTHY / "monitoring" / "alertmanager.yml").read_text()
    team, ours = yaml.safe_load(text), yaml.safe_load(played(text, lambda name: f"http://127.0.0.1:1/{name}"))
    assert ours["route"]["routes"] == team["route"]["routes"]
    assert ours["time_intervals"] == team["time_intervals"]
    assert [list(item) for item in ours["receivers"]] == [["name", "webhook_configs"]] * 2
    assert {item["webhook_configs"][0]["url"] for item in ours["receivers"]} == {
        "http://127.0.0.1:1/on-call",
        "http://127.0.0.1:1/team-channel",
    }
