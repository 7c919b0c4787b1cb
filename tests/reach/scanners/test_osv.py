# ruff: noqa: E501 (advisories stand here as they are published)
"""When an advisory is about a version."""

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prodproof.facts.dependencies import Ecosystem, Severity
from prodproof.range.components.advisories import DJANGO, MINIMIST
from prodproof.reach.scanners.osv import Matches, Package, compare_pub, compare_semver, cvss3_tenths, match, severity_of


def package(version: str, name: str = "django", ecosystem: Ecosystem = Ecosystem.PYPI) -> Package:
    return Package(ecosystem, name, version)


def advisory(
    ecosystem: str, name: str, *events: dict[str, str], kind: str = "ECOSYSTEM", **more: Any
) -> dict[str, Any]:
    affected: dict[str, Any] = {"package": {"ecosystem": ecosystem, "name": name}}
    if events:
        affected["ranges"] = [{"type": kind, "events": list(events)}]
    affected.update(more.pop("affected", {}))
    return {"id": "GHSA-1", "affected": [affected], **more}


@pytest.mark.parametrize(
    ("version", "hit"),
    [
        ("3.1.9", False), ("3.2", True), ("3.2.24", True), ("3.2.25", False), ("4.1", False), ("4.2.10", True),
        ("4.2.11", False), ("5.0a1", False), ("5.0", True), ("5.0.2", True), ("5.0.3rc1", True), ("5.0.3", False), ("5.0.2.post1", True),
    ],
)  # fmt: skip
def test_pep440_ranges(version: str, hit: bool) -> None:
    assert bool(match(package(version), [DJANGO]).known) is hit


@pytest.mark.parametrize(
    ("version", "hit"),
    [
        ("0.2.3", True),
        ("0.2.4", False),
        ("1.0.0-rc.1", False),
        ("1.2.5", True),
        ("1.2.6-beta.1", True),
        ("1.2.6", False),
    ],
)
def test_semver_ranges(version: str, hit: bool) -> None:
    found = match(package(version, "minimist", Ecosystem.NPM), [MINIMIST])
    assert bool(found.known) is hit
    assert found.undecided == ()


def test_last_affected_is_affected() -> None:
    entry = advisory("PyPI", "x", {"introduced": "0"}, {"last_affected": "1.4.0"})
    assert match(package("1.4", "x"), [entry]).known
    assert match(package("1.4.0.post1", "x"), [entry]).known == ()


def test_events_in_any_order_and_reintroduced() -> None:
    events = ({"fixed": "2.0"}, {"introduced": "3.0"}, {"introduced": "0"}, {"fixed": "3.5"})
    entry = advisory("PyPI", "x", *events)
    hits = [
        version for version in ("1.0", "2.0", "2.9", "3.0", "3.4", "3.5") if match(package(version, "x"), [entry]).known
    ]
    assert hits == ["1.0", "3.0", "3.4"]


def test_listed_versions() -> None:
    entry = advisory("PyPI", "Some_Package", affected={"versions": ["1.0", "1.1"]})
    assert match(package("1.0.0", "some-package"), [entry]).known
    assert match(package("1.2", "some-package"), [entry]) == Matches()


def test_what_cannot_be_compared_is_undecided_not_clean() -> None:
    strange = advisory("PyPI", "x", {"introduced": "0"}, {"fixed": "release-b"})
    assert match(package("1.0", "x"), [strange]).undecided == ("GHSA-1",)
    commits = advisory("PyPI", "x", {"introduced": "0"}, {"fixed": "abc"}, kind="GIT")
    assert match(package("1.0", "x"), [commits]).undecided == ("GHSA-1",)
    ruby = advisory("RubyGems", "rails", {"introduced": "0"}, {"fixed": "7.1"})
    assert match(package("7.0", "rails", Ecosystem.RUBYGEMS), [ruby]).undecided == ("GHSA-1",)


def test_withdrawn_and_other_packages_are_ignored() -> None:
    assert match(package("4.2.10"), [{**DJANGO, "withdrawn": "2024-05-01T00:00:00Z"}]) == Matches()
    assert match(package("4.2.10", "django-cms"), [DJANGO]) == Matches()
    assert match(package("4.2.10", "django", Ecosystem.NPM), [DJANGO]) == Matches()


def test_names_of_one_advisory_are_merged() -> None:
    entries = [
        {**DJANGO, "id": "PYSEC-2024-47", "aliases": ["CVE-2024-27351"]},
        {
            **DJANGO,
            "id": "GHSA-vm8q-m57g-pff3",
            "aliases": ["CVE-2024-27351"],
            "database_specific": {"severity": "MODERATE"},
        },
        {**DJANGO, "id": "GHSA-other", "aliases": []},
    ]
    first, second = match(package("4.2.10"), entries).known
    assert first.ids == ("CVE-2024-27351", "GHSA-vm8q-m57g-pff3", "PYSEC-2024-47")
    assert first.severity is Severity.MEDIUM
    assert first.fixed == ("3.2.25", "4.2.11", "5.0.3")
    assert second.ids == ("GHSA-other",)


def test_orders() -> None:
    ordered = ["1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta.2", "1.0.0-beta.11", "1.0.0", "1.0.1"]
    assert all(compare_semver(one, other) < 0 for one, other in pairwise(ordered))
    assert compare_semver("1.0.0+1", "1.0.0+2") == 0
    assert compare_pub("1.0.0", "1.0.0+1") < 0
    assert compare_pub("1.0.0+2", "1.0.0+11") < 0


@pytest.mark.parametrize(
    ("vector", "tenths"),
    [
        ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", 98),
        ("CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:C/C:L/I:L/A:N", 61),
        ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H", 75),
        ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H", 100),
        ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:N", 0),
        ("CVSS:4.0/AV:N", None),
        ("nonsense", None),
    ],
)
def test_cvss(vector: str, tenths: int | None) -> None:
    assert cvss3_tenths(vector) == tenths


def test_severity_from_a_vector() -> None:
    assert severity_of(MINIMIST) is Severity.CRITICAL


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from(("PyPI", "x", "0", "1.0", "ECOSYSTEM", "SEMVER", "")),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(
            ("affected", "package", "ecosystem", "name", "ranges", "type", "events", "introduced", "fixed", "versions", "id",
             "aliases", "severity", "database_specific", "summary", "withdrawn")
        ),
        inner,
        max_size=5,
    ),
    max_leaves=20,
)  # fmt: skip


@given(st.dictionaries(st.sampled_from(("affected", "id", "aliases", "severity")), JSON), JSON)
def test_no_entry_makes_it_fail(entry: dict[str, Any], inner: Any) -> None:
    shaped = {
        **entry,
        "affected": [{"package": {"ecosystem": "PyPI", "name": "x"}, "ranges": inner, "versions": inner}],
    }
    assert isinstance(match(package("1.0", "x"), [entry, shaped]), Matches)
