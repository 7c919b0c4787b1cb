"""Infrastructure files and checkov's answers."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prodproof.facts import Reason, Unseen
from prodproof.facts.infrastructure import InfrastructureFile
from prodproof.probes._severe_checks import is_severe
from prodproof.probes.infrastructure import observe
from prodproof.reach.programs import find_program
from prodproof.reach.scanners.checkov import Scan, read_results
from tests.probes.files import seen, survey

BUCKET = 'resource "aws_s3_bucket" "b" {\n  bucket = "b"\n  acl = "public-read"\n}\n'
TRUSTING = "skip-check: [CKV_AWS_20]\nexternal-checks-dir: [evil]\n"


def report(**results: object) -> dict[str, object]:
    return {"check_type": "terraform", "summary": {"checkov_version": "3.1"}, "results": results}


def failed(check: str, path: str = "/main.tf") -> dict[str, object]:
    return {
        "check_id": check,
        "check_name": "a public bucket",
        "file_path": path,
        "file_line_range": [3, 9],
        "resource": "aws_s3_bucket.b",
    }


def test_reports_are_read() -> None:
    text = json.dumps([report(failed_checks=[failed("A")], skipped_checks=[failed("B")], parsing_errors=["/r/bad.tf"])])
    found = read_results(text.encode(), "/r")
    assert isinstance(found, Scan)
    assert [(one.check, one.path, one.line, one.skipped) for one in found.failed] == [
        ("A", "main.tf", 3, False),
        ("B", "main.tf", 3, True),
    ]
    assert (found.version, list(found.unread)) == ("3.1", ["bad.tf"])


def test_a_run_without_anything_to_look_at() -> None:
    found = read_results(b'{"passed": 0, "failed": 0, "checkov_version": "3.1"}', "/r")
    assert found == Scan("3.1", (), frozenset())


@pytest.mark.parametrize("text", [b"", b"[1]", b'{"error": "x"}', b"[" * 100_000])
def test_answers_that_are_none(text: bytes) -> None:
    found = read_results(text, "/r")
    assert isinstance(found, Unseen)
    assert found.why is Reason.INCOMPLETE


@pytest.mark.parametrize(
    "results",
    [
        {"failed_checks": ["a public bucket"]},
        {"failed_checks": [failed("A"), None]},
        {"failed_checks": {"0": failed("A")}},
        {"failed_checks": [{"check_id": "A"}]},
        {"failed_checks": [{**failed("A"), "check_id": 3}]},
        {"skipped_checks": [[]]},
        {"parsing_errors": [None]},
    ],
)
def test_entries_of_an_unknown_form_are_not_taken_for_none(results: dict[str, object]) -> None:
    found = read_results(json.dumps(report(**results)).encode(), "/r")
    assert isinstance(found, Unseen)
    assert found.why is Reason.INCOMPLETE


@given(st.binary(max_size=100))
def test_no_answer_is_too_strange(text: bytes) -> None:
    assert isinstance(read_results(text, "/r"), Scan | Unseen)


@pytest.mark.parametrize(
    ("title", "severe"),
    [
        ("S3 Bucket has an ACL defined which allows public READ access.", True),
        ("Ensure no security groups allow ingress from 0.0.0.0:0 to port 22", True),
        ("Ensure all data stored in the RDS is securely encrypted at rest", True),
        ("Container should not be privileged", True),
        ("Ensure no security groups allow ingress from 0.0.0.0:0 to port 80", False),
        ("Ensure that S3 buckets are encrypted with KMS by default", False),
        ("Ensure the S3 bucket has access logging enabled", False),
        ("Image should use digest", False),
    ],
)
def test_findings_and_advice(title: str, severe: bool) -> None:
    assert is_severe("CKV_X_1", title) is severe


def test_without_checkov_only_its_files_are_unknown(tmp_path: Path) -> None:
    files = {
        "main.tf": BUCKET,
        "site.conf": "location /f { alias /srv/; }\n",
        "compose.yml": "services: {a: {privileged: true}}\n",
        "examples/x.tf": BUCKET,
        "rules/stackdriver-exporter.yml": "groups: []\n",
        "app.conf": "[app]\nkey = value\n",
        "nginx.conf.j2": "server { server_name {{ x }}; }\n",
    }
    found = seen(survey(observe, tmp_path, files)[InfrastructureFile])
    assert set(found) == {"main.tf", "site.conf", "compose.yml", "nginx.conf.j2"}
    assert found["main.tf"].why is Reason.TOOL_MISSING
    assert [flaw.check for flaw in found["site.conf"].flaws] == ["nginx-alias-traversal"]
    assert [flaw.check for flaw in found["compose.yml"].flaws] == ["compose-privileged"]
    assert isinstance(found["nginx.conf.j2"], Unseen)


@pytest.mark.skipif(find_program("checkov") is None, reason="checkov is not installed")
def test_checkov_itself(tmp_path: Path) -> None:
    files = {"infra/main.tf": BUCKET, "infra/bad.tf": 'resource "a" {', ".checkov.yaml": TRUSTING}
    found = seen(survey(observe, tmp_path, files, tools=find_program)[InfrastructureFile])
    assert "CKV_AWS_20" in [flaw.check for flaw in found["infra/main.tf"].flaws if flaw.severe]
    assert isinstance(found["infra/bad.tf"], Unseen)


def test_a_checkov_that_fails_is_incomplete(tmp_path: Path) -> None:
    program = tmp_path / "checkov"
    program.write_text("#!/bin/sh\necho broken >&2\nexit 2\n")
    program.chmod(0o755)
    found = seen(
        survey(observe, tmp_path / "r", {"main.tf": BUCKET}, tools=lambda name: str(program))[InfrastructureFile]
    )
    assert (found["main.tf"].why, "broken" in found["main.tf"].detail) == (Reason.INCOMPLETE, True)
