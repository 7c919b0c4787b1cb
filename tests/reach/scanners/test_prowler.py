"""Prowler's results: what a file does not say for certain is never taken for a clean account."""

import json
import os
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prodproof.facts import Reason, Unseen
from prodproof.facts.codec import canonical, decode, encode
from prodproof.facts.posture import Cloud, PostureResults
from prodproof.range.components.posture import ACCOUNT, healthy, result, write_results
from prodproof.reach.scanners import prowler
from prodproof.reach.scanners.prowler import AccountScan, read_scan

NIGHT = datetime(2026, 6, 1, 2, 0, tzinfo=UTC)
OTHER = "111111111111"
EXPORTS = "arn:aws:s3:::exports"


def failed(**changes: Any) -> dict[str, object]:
    return result("s3_bucket_public_access", EXPORTS, NIGHT, status="FAIL", **changes)


def read(path: Path, *results: Mapping[str, object], cloud: Cloud = Cloud.AWS) -> AccountScan:
    write_results(path, [dict(item) for item in results])
    answer = read_scan(path, cloud, ACCOUNT)
    assert isinstance(answer, AccountScan), answer
    return answer


def refused(path: Path, content: bytes | str) -> str:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    answer = read_scan(path, Cloud.AWS, ACCOUNT)
    assert isinstance(answer, Unseen)
    assert answer.why is Reason.INCOMPLETE
    return answer.detail


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "aws.ocsf.json"


def test_a_whole_scan(file: Path) -> None:
    scan = read(file, *healthy(NIGHT))
    found = scan.results
    assert (scan.first, scan.last) == (NIGHT, NIGHT)
    assert (found.account, found.scanner) == (ACCOUNT, "Prowler 5.46.0")
    assert (len(found.answered), len(found.regions)) == (6, 17)
    assert (found.flaws, found.left_to_people, found.lesser) == ((), (), 1)
    assert "account_maintain_current_contact_details" not in found.answered


def test_what_fails(file: Path) -> None:
    results = [failed(), failed(), failed(severity="Medium"), failed(region="eu-west-1", muted=True)]
    found = read(file, *results).results
    assert [(flaw.resource, flaw.region, flaw.muted) for flaw in found.flaws] == [
        (EXPORTS, "eu-central-1", False),
        (EXPORTS, "eu-west-1", True),
    ]
    assert found.lesser == 1


@pytest.mark.parametrize("severity", [0, 6, 99, None, "High", [], True + 3])
def test_a_severity_that_is_not_known_to_be_small_counts(file: Path, severity: object) -> None:
    assert len(read(file, {**failed(), "severity_id": severity}).results.flaws) == 1


def test_the_status_code_muted_is_a_muted_failure(file: Path) -> None:
    (flaw,) = read(file, {**failed(), "status_code": "MUTED"}).results.flaws
    assert flaw.muted


def test_manual_is_no_answer(file: Path) -> None:
    found = read(file, result("ses_identity_not_publicly_accessible", "x", NIGHT, status="MANUAL")).results
    assert (found.left_to_people, found.answered) == (("ses_identity_not_publicly_accessible",), ())


def test_the_oldest_result_dates_the_scan(file: Path) -> None:
    earlier = NIGHT - timedelta(days=3)
    scan = read(file, *healthy(NIGHT), result("ec2_ami_public", "ami-1", earlier))
    assert (scan.first, scan.last) == (earlier, NIGHT)


@pytest.mark.parametrize(
    "times",
    [
        {"time": int(NIGHT.timestamp())},
        {"time": int(NIGHT.timestamp()) * 1000},
        {"time": None, "time_dt": "2026-06-01T04:00:00+02:00"},
    ],
)
def test_ways_to_write_a_time(file: Path, times: dict[str, object]) -> None:
    assert read(file, {**failed(), **times}).first == NIGHT


def test_other_accounts_are_left_out(file: Path) -> None:
    found = read(file, result("ec2_ami_public", "ami-1", NIGHT), failed(account=OTHER)).results
    assert (found.answered, found.flaws) == (("ec2_ami_public",), ())
    write_results(file, [failed(account=OTHER)])
    answer = read_scan(file, Cloud.AWS, ACCOUNT)
    assert isinstance(answer, Unseen)
    assert OTHER in answer.detail
    assert isinstance(read_scan(file, Cloud.GCP, OTHER), Unseen), "the same id at another provider"
    assert isinstance(read_scan(file, Cloud.AWS, "1111-1111-1111"), AccountScan)


def test_the_tenant_of_an_azure_subscription_belongs_to_it(file: Path) -> None:
    tenant = {"account": {"uid": "tenant"}, "org": {"uid": "tenant"}, "provider": "azure"}
    subscription = {"account": {"uid": ACCOUNT}, "org": {"uid": "tenant"}, "provider": "azure"}
    neighbour = {"account": {"uid": OTHER}, "org": {"uid": "tenant"}, "provider": "azure"}
    results = [
        {**failed(region=where), "cloud": cloud} for where, cloud in zip("abc", (tenant, subscription, neighbour))
    ]
    found = read(file, *results, cloud=Cloud.AZURE).results
    assert [flaw.region for flaw in found.flaws] == ["a", "b"]


def test_very_many_failures_are_counted(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prowler, "MAX_FLAWS", 2)
    found = read(file, *(failed(region=f"r{number}") for number in range(5))).results
    assert (len(found.flaws), found.more_flaws) == (2, 3)


def test_a_file_larger_than_the_pieces_that_are_read(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for size in (1, 7, 300):
        monkeypatch.setattr(prowler, "_CHUNK", size)
        assert len(read(file, *healthy(NIGHT), {**failed(), "message": "Zürich ☃"}).results.flaws) == 1


def test_cut_off_anywhere(file: Path) -> None:
    whole = json.dumps([failed(), failed(region="eu-west-1")])
    for end in range(len(whole)):
        assert refused(file, whole[:end])


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("", "array"),
        ("[]", "no result"),
        ("{}", "array"),
        ("[1]", "cut off"),
        ("[{}]", "entry 1 is no Detection Finding"),
        ("[{} {}]", "entry 1"),
        (b"[\xff]", "UTF-8"),
        ("[" * 100_000, "cut off"),
        ('[{"a":' * 50_000, "cut off"),
        ('[{"time": ' + "9" * 5000 + "}]", "cut off"),
        (json.dumps([failed()]) * 2, "appends"),
        (json.dumps([{**failed(), "class_uid": 2001}]), "Detection Finding"),
        (json.dumps([failed(), {**failed(), "status_code": "ERROR"}]), "entry 2 has no status_code"),
        (json.dumps([{**failed(), "status_code": ["FAIL"]}]), "status_code"),
        (json.dumps([{**failed(), "metadata": {"event_code": "x", "product": {"name": "Trivy"}}}]), "Prowler"),
        (json.dumps([{**failed(), "metadata": {"product": {"name": "Prowler"}}}]), "event_code"),
        (json.dumps([{**failed(), "time": None}]), "no time"),
        (json.dumps([{**failed(), "time": True, "time_dt": 5}]), "no time"),
        (json.dumps([{**failed(), "time": 10**400}]), "no time"),
        (json.dumps([{**failed(), "cloud": None}]), "none of aws account"),
    ],
    ids=range(20),
)
def test_files_that_are_no_scan(file: Path, content: str | bytes, says: str) -> None:
    assert says in refused(file, content)


def test_one_entry_is_bounded(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prowler, "MAX_ENTRY", 1000)
    monkeypatch.setattr(prowler, "_CHUNK", 500)
    assert "larger than" in refused(file, '[{"a": "' + "x" * 10_000)


def test_names_are_bounded(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prowler, "MAX_NAMES", 3)
    assert "more than 3" in refused(file, json.dumps([result(f"check_{number}", "x", NIGHT) for number in range(5)]))


def test_files_that_cannot_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def why(path: Path) -> Reason:
        answer = read_scan(path, Cloud.AWS, ACCOUNT)
        assert isinstance(answer, Unseen)
        return answer.why

    assert why(tmp_path / "missing") is Reason.NOT_CONFIGURED
    assert why(tmp_path) is Reason.INCOMPLETE
    assert why(tmp_path / "a\0b") is Reason.INCOMPLETE
    os.mkfifo(tmp_path / "pipe")
    assert why(tmp_path / "pipe") is Reason.INCOMPLETE
    large = tmp_path / "large"
    large.write_text("[]")
    monkeypatch.setattr(prowler, "MAX_FILE", 1)
    assert why(large) is Reason.INCOMPLETE


def test_hostile_names_are_stored_inert(file: Path) -> None:
    strange = {**failed(), "resources": [{"uid": "a\x1b[31m\ud800", "region": "\u0000"}], "finding_info": {"title": 7}}
    found = read(file, strange).results
    assert found.flaws[0].resource == "a\\x1b[31m\\ud800"
    assert found.flaws[0].title == ""
    assert decode(PostureResults, json.loads(canonical(encode(found)))) == found


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
FIELDS = st.sampled_from(sorted(failed()))


@given(st.binary(max_size=200))
def test_no_bytes_are_too_strange(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    file = tmp_path_factory.getbasetemp() / "fuzz.ocsf.json"
    file.write_bytes(content)
    assert isinstance(read_scan(file, Cloud.AWS, ACCOUNT), Unseen)


@given(st.dictionaries(FIELDS, JSON, max_size=4), st.dictionaries(st.sampled_from(["uid", "region", "name"]), JSON))
def test_no_entry_is_too_strange(
    tmp_path_factory: pytest.TempPathFactory, changes: dict[str, object], place: dict[str, object]
) -> None:
    file = tmp_path_factory.getbasetemp() / "fuzz.ocsf.json"
    write_results(file, [failed(), {**failed(), "resources": [place], **changes}])
    answer = read_scan(file, Cloud.AWS, ACCOUNT)
    if isinstance(answer, AccountScan):
        assert answer.results.flaws, "whatever the second entry is, the first one's failure stays"
        stored = json.loads(canonical(encode(replace(answer.results, described_in=""))))
        assert decode(PostureResults, stored) == answer.results
