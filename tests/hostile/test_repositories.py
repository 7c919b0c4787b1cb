"""Whatever lies in a repository: bounded, one true reason for what could not be read, everything else as before."""

import json
import re
import shutil
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path

import pytest

from prodproof.range.components.repo import Repo
from tests.hostile import repositories as spoil
from tests.hostile.command import Ran, check_manners, prodproof
from tests.hostile.conftest import SYSTEM_FILE

DEBUG_OFF = "application.debug-off"
INJECTION = "application.no-injection"
THREATS = "culture.threat-models"
NO_SSH = "delivery.no-ssh-deploys"
PROGRESSIVE = "delivery.progressive"
TESTS_GATE = "delivery.tests-gate-deploys"
ALERTS = "monitoring.alerts-actionable"
LEVELS = "monitoring.two-levels"
REVIEWED = "platform.infrastructure-reviewed"
KAFKA = "platform.kafka-secured"
KUBERNETES = "platform.kubernetes-hardened"
SPARK = "platform.spark-secured"
ENV_FILES = "secrets.env-file-ignored"
ARTIFACTS = "secrets.not-in-artifacts"
CODE = "secrets.not-in-code"
AUDITED = "supply.dependencies-audited"
FLUTTER = "supply.flutter-dependencies-audited"
UNUSED = "supply.no-unused-dependencies"
SHORT_LIVED = "supply.pipeline-credentials-short-lived"
HARDENED = "supply.pipeline-hardened"
RUNTIME = "supply.runtime-least-privilege"
REGISTRIES = "supply.trusted-registries"
UPDATES = "supply.updates-automated"
PINNED = "supply.versions-pinned"

YAML_READERS = {PROGRESSIVE, ALERTS, LEVELS, REVIEWED, KAFKA, KUBERNETES, SPARK, UNUSED, RUNTIME, REGISTRIES, PINNED}
WORKFLOW_READERS = {NO_SSH, TESTS_GATE, SHORT_LIVED, HARDENED}
LOCK_READERS = {AUDITED, UNUSED, REGISTRIES, PINNED}


def verified(repo: Path, *arguments: object) -> Ran:
    ran = prodproof("verify", repo, *arguments, "--format", "json", home=repo.parent / "home")
    check_manners(ran)
    return ran


def changed(ran: Ran, expected: Ran) -> dict[str, tuple[str, str | None]]:
    """Verdict and reason of each guarantee that is not judged as in the healthy repository."""
    before = expected.report
    return {
        id: (item["verdict"], item["reason_code"])
        for id, item in ran.report.items()
        if (item["verdict"], item["reason_code"]) != (before[id]["verdict"], before[id]["reason_code"])
    }


@pytest.mark.parametrize(
    ("spoilt", "affected"),
    [
        pytest.param(
            spoil.link_loops,
            YAML_READERS | {UPDATES, ENV_FILES, ARTIFACTS, CODE},
            id="links in circles and out of it",
        ),
        pytest.param(spoil.special_files, YAML_READERS | WORKFLOW_READERS | {ARTIFACTS}, id="pipes, sockets, devices"),
        pytest.param(
            spoil.huge_file,
            YAML_READERS | WORKFLOW_READERS | LOCK_READERS | {INJECTION, DEBUG_OFF, UPDATES, ENV_FILES, ARTIFACTS},
            id="files of 100 MB",
        ),
        pytest.param(spoil.billion_laughs, WORKFLOW_READERS, id="billion laughs"),
        pytest.param(
            spoil.deeply_nested,
            WORKFLOW_READERS | LOCK_READERS | {PROGRESSIVE, REVIEWED, RUNTIME, ARTIFACTS},
            id="nested past the stack",
        ),
        pytest.param(spoil.strange_python, {INJECTION}, id="Python that breaks parsers"),
        pytest.param(spoil.shallow, {THREATS, ENV_FILES, CODE}, id="shallow"),
        pytest.param(spoil.git_elsewhere, {THREATS, ENV_FILES, CODE}, id=".git leads elsewhere"),
        pytest.param(spoil.lost_head, {THREATS}, id="HEAD names nothing"),
        pytest.param(spoil.trapped, {REGISTRIES, PINNED}, id="commands in its configuration"),
    ],
)
def test_what_cannot_be_read_is_unknown_and_the_rest_as_before(
    repo: Path, expected: Ran, spoilt: Callable[[Path], None], affected: set[str]
) -> None:
    spoilt(repo)
    ran = verified(repo)
    different = changed(ran, expected)
    assert set(different) <= affected
    for id in affected & set(different):
        assert different[id][0] == "unknown" and different[id][1] in ("incomplete", "not-permitted"), (
            id,
            different[id],
        )
    for id in affected:
        assert ran.report[id]["verdict"] == "unknown", id
    assert "secret-outside" not in ran.out
    assert not (repo.parent / "sprung").exists()


def declared_outside(repo: Path) -> Path:
    """A system file beside the repository, where that has no work tree to hold one."""
    file = repo.parent / "prodproof.toml"
    file.write_text(SYSTEM_FILE.replace('path = "."', f'path = "{repo.name}"'))
    return file


def test_a_bare_repository_is_as_good_as_a_work_tree(repo: Path, expected: Ran) -> None:
    spoil.bare(repo)
    different = changed(verified(declared_outside(repo)), expected)
    assert different == {ARTIFACTS: ("unknown", "incomplete")}  # what is built lies in a work tree


def test_a_missing_object_is_unknown_for_those_who_need_it(repo: Path, expected: Ran) -> None:
    spoil.without_a_blob(repo)
    different = changed(verified(declared_outside(repo)), expected)
    assert {ALERTS, LEVELS} <= set(different) <= YAML_READERS | {ARTIFACTS, CODE}
    assert set(different.values()) == {("unknown", "incomplete")}


@pytest.mark.parametrize("spoilt", [spoil.without_a_tree, spoil.corrupt_pack, spoil.corrupt_index])
def test_files_that_cannot_be_listed_are_not_absent(repo: Path, expected: Ran, spoilt: Callable[[Path], None]) -> None:
    spoilt(repo)
    report = verified(declared_outside(repo)).report
    assert {item["verdict"] for item in report.values()} == {"unknown"}
    judged = [id for id, item in expected.report.items() if item["verdict"] == "holds"]
    assert {report[id]["reason_code"] for id in judged} == {"incomplete"}


def test_an_empty_directory_proves_nothing(repo: Path) -> None:
    spoil.emptied(repo)
    ran = verified(repo)
    assert ran.code == 1
    assert "holds" not in {item["verdict"] for item in ran.report.values()}


def test_an_advisory_export_that_unpacks_without_end_is_bounded(repo: Path) -> None:
    spoil.advisory_bomb(repo)
    system = repo / "prodproof.toml"
    system.write_text(system.read_text() + '\n[advisories]\nsource = "osv-export:osv"\n')
    ran = verified(repo, "--only", AUDITED)
    assert ran.code == 3
    assert ran.report[AUDITED]["verdict"] == "unknown"


def test_a_submodule_may_hold_anything(repo: Path, expected: Ran) -> None:
    spoil.submodule(repo)
    different = changed(verified(repo), expected)
    different.pop(UPDATES)  # truly broken: nobody proposes updates of the submodule
    assert {KUBERNETES, ALERTS, PINNED, HARDENED, REGISTRIES, ENV_FILES} <= set(different)
    assert set(different.values()) == {("unknown", "incomplete")}


@pytest.mark.parametrize(
    ("spoilt", "affected"),
    [
        pytest.param(spoil.many_workflows, {HARDENED, UNUSED}, id="ten thousand workflows"),
        pytest.param(spoil.deep_and_many, {UNUSED}, id="twenty thousand files"),
    ],
)
def test_more_than_anybody_has(repo: Path, expected: Ran, spoilt: Callable[[Path], None], affected: set[str]) -> None:
    spoilt(repo)
    assert set(changed(verified(repo), expected)) <= affected


@pytest.mark.parametrize("spoilt", [spoil.floods, spoil.one_long_line, spoil.circles])
def test_files_made_to_send_readers_in_circles_end(repo: Path, spoilt: Callable[[Path], None]) -> None:
    spoilt(repo)
    report = verified(repo).report
    assert {item["reason_code"] for item in report.values()}.isdisjoint({"crashed", "timed-out"})
    assert report[KAFKA]["verdict"] == report[SPARK]["verdict"] == "holds"


@pytest.fixture(scope="module")
def shouting(healthy: Repo, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository whose names and values would be obeyed by terminals, browsers, shells and forges."""
    copy = tmp_path_factory.mktemp("shouting") / "harbour"
    shutil.copytree(healthy.directory, copy, symlinks=True)
    spoil.hostile_names(copy)
    spoil.hostile_values(copy)
    return copy


@pytest.mark.parametrize("format", ["text", "json", "sarif", "junit", "md", "html"])
def test_names_and_values_are_shown_and_obeyed_by_nobody(shouting: Path, tmp_path: Path, format: str) -> None:
    ran = prodproof(
        "verify", shouting, "--verbose", "--format", format, "--state", tmp_path / "state", home=tmp_path / "home"
    )
    check_manners(ran)
    assert ran.code == 1
    assert format == "md" or "caf\\xe9" in ran.out or "caf\\\\xe9" in ran.out, (
        "the name that is not UTF-8 is shown, escaped"
    )
    if format in ("json", "sarif"):
        json.loads(ran.out)
    elif format == "junit":
        ET.fromstring(ran.out)
    elif format == "html":
        assert "<script>alert" not in ran.out and "<img src=x" not in ran.out and 'href="javascript' not in ran.out
    elif format == "md":
        assert not re.search(r"(?<!\\)(<script|<img|\]\(javascript)", ran.out)
        assert "@everyone" not in ran.out
    assert not list(shouting.parent.rglob("sprung"))


@pytest.mark.parametrize(
    "spoilt",
    [
        pytest.param(spoil.link_loops, id="links"),
        pytest.param(spoil.hostile_names, id="names"),
        pytest.param(spoil.deeply_nested, id="deep"),
        pytest.param(spoil.floods, id="floods"),
        pytest.param(spoil.corrupt_index, id="index"),
        pytest.param(spoil.trapped, id="traps"),
    ],
)
def test_init_and_doctor_take_any_repository(repo: Path, spoilt: Callable[[Path], None]) -> None:
    (repo / "prodproof.toml").unlink()
    spoilt(repo)
    for arguments in (("init", repo, "--print"), ("doctor", repo)):
        ran = prodproof(*arguments, home=repo.parent / "home")
        check_manners(ran)
        assert ran.code == 0, ran.err
    assert not (repo.parent / "sprung").exists()
