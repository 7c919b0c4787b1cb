"""The error tracker of the range takes what Sentry's own SDK sends, and gives it to nobody without the token."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from prodproof.range.components.certificates import Authority
from tests.servers.tracker import ADDRESS, EVENTS, Tracker

SDK = """\
import sys, sentry_sdk
sentry_sdk.init(dsn=sys.argv[1], ca_certs=sys.argv[2], auto_session_tracking=False)
for number in range(int(sys.argv[3])):
    sentry_sdk.capture_message(f"event {number}")
sentry_sdk.flush(20)
"""


@pytest.fixture
def tracker(tmp_path: Path) -> Iterator[Tracker]:
    made = Tracker(tmp_path, Authority(tmp_path))
    try:
        yield made
    finally:
        made.stop()


def test_events_of_the_sdk_come_back_latest_first(tracker: Tracker) -> None:
    dsn = f"https://harbour@{ADDRESS}:{tracker.port}/1"
    subprocess.run([sys.executable, "-c", SDK, dsn, str(tracker.ca), "3"], timeout=120, check=True)
    status, body, link = tracker.ask(EVENTS, tracker.token)
    assert status == 200
    assert [event["message"] for event in json.loads(body)] == ["event 2", "event 1", "event 0"]
    assert 'results="false"' in link


def test_pages_follow_each_other(tracker: Tracker) -> None:
    items = b"".join(b'{"type": "event"}\n{"event_id": "e%d"}\n' % number for number in range(150))
    assert tracker.ask("/api/1/envelope/", body=b"{}\n" + items)[0] == 200
    _, first, link = tracker.ask(EVENTS, tracker.token)
    assert 'results="true"; cursor="0:100:0"' in link
    _, second, _ = tracker.ask(f"{EVENTS}?cursor=0:100:0", tracker.token)
    ids = [event["event_id"] for event in json.loads(first) + json.loads(second)]
    assert ids == [f"e{number}" for number in reversed(range(150))]


def test_nobody_reads_without_the_token(tracker: Tracker) -> None:
    assert tracker.ask(EVENTS)[0] == 401
    assert tracker.ask(EVENTS, "wrong")[0] == 401


@pytest.mark.parametrize(
    "body", [b"", b"{}\nnot json\n{}\n", b'{}\n{"type": 5}\n', b'{}\n{"length": -5, "type": "event"}\n']
)
def test_broken_envelopes_do_no_harm(tracker: Tracker, body: bytes) -> None:
    assert tracker.ask("/api/1/envelope/", body=body)[0] in (200, 400)
    assert tracker.ask(EVENTS, tracker.token)[1] == b"[]"
