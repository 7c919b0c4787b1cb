"""Runbooks on declared sites."""

from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from prodproof.facts.alerting import AlertRule, RunbookLink, RunbookPlace
from prodproof.facts.declared import EntryPoint, Host, Runbook
from prodproof.probes.alerting import observe
from prodproof.reach.http.client import Exchange
from prodproof.reach.runbooks.pages import judged_page
from tests.probes.files import only, survey

LINK = RunbookLink(target="https://wiki.shop.example/down#down", place=RunbookPlace.URL)
PAGE = '<nav><li>x</nav><main><h1 id="top">T</h1><p>a</p><h2 id="down">Down</h2><ol><li>Look<li>Act</ol></main>'


def page(text: str, status: int = 200) -> Exchange:
    return Exchange(
        method="GET", url=LINK.target, status=status, headers=(), body=text.encode(), complete=True, address="127.0.0.1"
    )


@pytest.mark.parametrize(
    ("exchange", "anchor", "place", "steps"),
    [
        (page(PAGE), "down", RunbookPlace.FILE, 2),
        (page(PAGE), "", RunbookPlace.FILE, 2),
        (page(PAGE), "gone", RunbookPlace.NO_HEADING, 0),
        (page("<p>soon</p>"), "", RunbookPlace.FILE, 0),
        (page("<div id=app></div><script src=x></script>"), "", RunbookPlace.UNREADABLE, 0),
        (page("<script></script>"), "down", RunbookPlace.UNREADABLE, 0),
        (page('<form><input name=p type="password"></form>'), "", RunbookPlace.UNREADABLE, 0),
        (page("gone", 404), "", RunbookPlace.MISSING, 0),
        (page("no", 403), "", RunbookPlace.UNREADABLE, 0),
    ],
)
def test_pages(exchange: Exchange, anchor: str, place: RunbookPlace, steps: int) -> None:
    found = judged_page(LINK, exchange, anchor)
    assert (found.place, found.steps) == (place, steps)


class Wiki(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/down" else 404)
        self.end_headers()
        self.wfile.write(PAGE.encode())

    def log_message(self, format: str, *args: Any) -> None:
        """Stay quiet."""


RULE = """\
groups:
- name: g
  rules:
  - alert: Down
    expr: up
    annotations: {runbook_url: '%s'}
"""


def test_only_declared_sites_are_asked(tmp_path: Path) -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Wiki)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        site = f"http://127.0.0.1:{server.server_address[1]}"
        files = {"alerts.yml": RULE % f"{site}/down#down"}
        hosts = (Host(name="127.0.0.1", addresses=("127.0.0.1",)),)
        undeclared = only(survey(observe, tmp_path, files, all_hosts=hosts)[AlertRule])
        declared = only(
            survey(observe, tmp_path, files, all_hosts=hosts, all_entry_points=(EntryPoint(url=site),))[AlertRule]
        )
        book = Runbook(name="down", path=f"{site}/up", covers=("Other",))
        by_book = only(survey(observe, tmp_path, files, all_hosts=hosts, runbooks=(book,))[AlertRule])
    finally:
        server.shutdown()
        server.server_close()
    places = [found.runbook.place for found in (undeclared, declared, by_book)]
    assert places == [RunbookPlace.URL, RunbookPlace.FILE, RunbookPlace.FILE]
