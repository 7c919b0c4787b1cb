"""Sources of advisories: what they cannot say is never taken for clean."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

import httpx
import pytest

from prodproof.facts import Reason, Unseen
from prodproof.facts.dependencies import Ecosystem
from prodproof.range.components.advisories import DJANGO, HTTP, write_export
from prodproof.reach.scanners import advisories
from prodproof.reach.scanners.advisories import (
    Looked,
    OsvExport,
    OsvService,
    PipAudit,
    age_in_days,
    open_source,
    read_pip_audit,
)
from prodproof.reach.scanners.osv import Package
from prodproof.reach.world import Settings

NOW = datetime(2026, 6, 1, tzinfo=UTC)
OLD_DJANGO = Package(Ecosystem.PYPI, "django", "4.2.10")
NEW_DJANGO = Package(Ecosystem.PYPI, "django", "5.2.1")
SERDE = Package(Ecosystem.CARGO, "serde", "1.0.0")


def looked(answer: Looked | Unseen) -> Looked:
    assert isinstance(answer, Looked), answer
    return answer


@pytest.mark.parametrize("layout", ["folders", "one zip", "json files"])
def test_an_export(tmp_path: Path, layout: str) -> None:
    path = tmp_path / "osv"
    if layout == "folders":
        write_export(path, NOW)
    elif layout == "one zip":
        path = tmp_path / "all.zip"
        with ZipFile(path, "w") as archive:
            archive.writestr("PYSEC-2024-47.json", json.dumps({**DJANGO, "modified": "2026-06-01T00:00:00Z"}))
    else:
        path.mkdir()
        (path / "PYSEC-2024-47.json").write_text(json.dumps({**DJANGO, "modified": "2026-06-01T00:00:00.123456Z"}))
    answer = looked(OsvExport(path).look_up([OLD_DJANGO, NEW_DJANGO, SERDE]))
    assert [item.ids[0] for item in answer.matches[OLD_DJANGO].known] == ["CVE-2024-27351"]
    assert answer.matches[NEW_DJANGO].known == ()
    assert "crates.io" in answer.failed[SERDE]
    assert answer.dated is not None


def test_age(tmp_path: Path) -> None:
    write_export(tmp_path, datetime(2026, 5, 1, tzinfo=UTC))
    dated = looked(OsvExport(tmp_path).look_up([OLD_DJANGO])).dated
    assert dated is not None and age_in_days(dated, NOW) == 31
    assert age_in_days(NOW, datetime(2026, 5, 1, tzinfo=UTC)) == 0


def no_file(path: Path) -> Path:
    return path / "nowhere"


def empty_folder(path: Path) -> Path:
    return path


def no_zip(path: Path) -> Path:
    (path / "all.zip").write_bytes(b"PK\x03\x04 and no more")
    return path


def cut_off(path: Path) -> Path:
    write_export(path, NOW)
    whole = (path / "PyPI" / "all.zip").read_bytes()
    (path / "PyPI" / "all.zip").write_bytes(whole[: len(whole) // 2])
    return path


def not_json(path: Path) -> Path:
    (path / "a.json").write_text('{"modified": "2026-06-01T00:00:00Z", "affected": [{"package": {"name": "django"}')
    return path


def bomb(path: Path) -> Path:
    with ZipFile(path / "all.zip", "w", ZIP_DEFLATED) as archive:
        archive.writestr("a.json", b"0" * (advisories.MAX_ENTRY + 1))
    return path


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (no_file, Reason.UNREACHABLE),
        (empty_folder, Reason.INCOMPLETE),
        (no_zip, Reason.INCOMPLETE),
        (cut_off, Reason.INCOMPLETE),
        (not_json, Reason.INCOMPLETE),
        (bomb, Reason.INCOMPLETE),
    ],
)
def test_a_bad_export_is_unknown(tmp_path: Path, make: Callable[[Path], Path], reason: Reason) -> None:
    answer = OsvExport(make(tmp_path)).look_up([OLD_DJANGO])
    assert isinstance(answer, Unseen)
    assert answer.why is reason


def test_names_with_escapes_are_seen(tmp_path: Path) -> None:
    text = json.dumps({**DJANGO, "modified": "2026-06-01T00:00:00Z"}).replace(
        '"name": "django"', '"name": "dj\\u0061ngo"'
    )
    (tmp_path / "a.json").write_text(text)
    assert looked(OsvExport(tmp_path).look_up([OLD_DJANGO])).matches[OLD_DJANGO].known


def service(handler: Callable[[httpx.Request], httpx.Response]) -> OsvService:
    return OsvService(httpx.Client(transport=httpx.MockTransport(handler)))


def test_the_service_is_asked_page_by_page() -> None:
    def handler(request: httpx.Request) -> httpx.Response:
        asked = json.loads(request.content)
        if asked["package"]["name"] != "django":
            return httpx.Response(200, json={})
        if "page_token" not in asked:
            return httpx.Response(200, json={"vulns": [], "next_page_token": "2"})
        return httpx.Response(200, json={"vulns": [DJANGO]})

    http = Package(Ecosystem.PUB, "http", "1.0.0")
    answer = looked(service(handler).look_up([OLD_DJANGO, http]))
    assert len(answer.matches[OLD_DJANGO].known) == 1
    assert answer.matches[http].known == ()
    assert answer.dated is None


@pytest.mark.parametrize(
    ("response", "reason"),
    [
        (httpx.Response(503), Reason.UNREACHABLE),
        (httpx.Response(200, text="<html>"), Reason.INCOMPLETE),
        (httpx.Response(200, json=[HTTP]), Reason.INCOMPLETE),
        (httpx.Response(200, json={"next_page_token": "again"}), Reason.INCOMPLETE),
    ],
)
def test_a_service_that_fails_is_unknown(response: httpx.Response, reason: Reason) -> None:
    answer = service(lambda request: response).look_up([OLD_DJANGO])
    assert isinstance(answer, Unseen)
    assert answer.why is reason


def test_a_service_that_is_not_there() -> None:
    def handler(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectTimeout("too slow")

    answer = service(handler).look_up([OLD_DJANGO])
    assert isinstance(answer, Unseen) and answer.why is Reason.TIMED_OUT


def test_what_pip_audit_skips_was_not_looked_up() -> None:
    # pip-audit says "No known vulnerabilities found" and exits 0 for this.
    output = {
        "dependencies": [
            {"name": "Django", "skip_reason": "Dependency not found on PyPI and could not be audited: Django (4.2.10)"},
            {
                "name": "requests",
                "version": "2.0.0",
                "vulns": [{"id": "PYSEC-1", "aliases": ["CVE-1"], "fix_versions": ["2.1"]}],
            },
        ],
        "fixes": [],
    }
    requests = Package(Ecosystem.PYPI, "requests", "2.0.0")
    left_out = Package(Ecosystem.PYPI, "left-out", "1.0")
    answer = looked(read_pip_audit(json.dumps(output).encode(), [OLD_DJANGO, requests, left_out], {}))
    assert set(answer.failed) == {OLD_DJANGO, left_out}
    assert answer.matches[requests].known[0].ids == ("CVE-1", "PYSEC-1")
    assert isinstance(read_pip_audit(b"No known vulnerabilities found", [], {}), Unseen)


def test_sources_by_name(tmp_path: Path) -> None:
    settings = Settings()
    assert isinstance(open_source("osv-export:osv", tmp_path, settings, None), OsvExport)
    assert isinstance(open_source("osv", tmp_path, settings, None), OsvService)
    assert isinstance(open_source("pypi", tmp_path, settings, "/usr/bin/pip-audit"), PipAudit)
    for written, reason in (
        ("none", Reason.NOT_CONFIGURED),
        ("pypi", Reason.TOOL_MISSING),
        ("osv-export:", Reason.NOT_CONFIGURED),
    ):
        answer = open_source(written, tmp_path, settings, None)
        assert isinstance(answer, Unseen) and answer.why is reason


def test_pip_audit_that_fails_is_unknown(tmp_path: Path) -> None:
    program = tmp_path / "pip-audit"
    program.write_text("#!/bin/sh\ncat > /dev/null\necho 'ERROR: no network' >&2\nexit 2\n")
    program.chmod(0o755)
    answer = PipAudit(str(program)).look_up([OLD_DJANGO, SERDE])
    assert isinstance(answer, Unseen) and "no network" in answer.detail
    program.write_text(
        "#!/bin/sh\ncat > /dev/null\necho 'SSLError(1, [SSL: CERTIFICATE_VERIFY_FAILED] x)' >&2\nexit 1\n"
    )
    answer = PipAudit(str(program)).look_up([OLD_DJANGO])
    assert isinstance(answer, Unseen) and answer.detail.endswith("name your proxy's CA with --ca-file")
    program.write_text("#!/bin/sh\necho '{\"dependencies\": []}'\n")
    found = looked(PipAudit(str(program)).look_up([OLD_DJANGO, SERDE]))
    assert set(found.failed) == {OLD_DJANGO, SERDE}
