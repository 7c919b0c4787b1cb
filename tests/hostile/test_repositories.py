"""Whatever lies in a repository: bounded, one true reason for what could not be read, everything else as before."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.hostile import repositories as spoil
from tests.hostile.command import Ran, check_manners, prodproof

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
        pytest.param(spoil.link_loops, YAML_READERS | {UPDATES}, id="links in circles and out of it"),
        pytest.param(spoil.special_files, YAML_READERS | WORKFLOW_READERS, id="pipes, sockets, devices"),
        pytest.param(
            spoil.huge_file,
            YAML_READERS | WORKFLOW_READERS | LOCK_READERS | {INJECTION, UPDATES},
            id="files of 100 MB",
        ),
        pytest.param(spoil.billion_laughs, WORKFLOW_READERS, id="billion laughs"),
        pytest.param(
            spoil.deeply_nested,
            WORKFLOW_READERS | LOCK_READERS | {PROGRESSIVE, REVIEWED, RUNTIME},
            id="nested past the stack",
        ),
        pytest.param(spoil.strange_python, {INJECTION}, id="Python that breaks parsers"),
        pytest.param(spoil.shallow, {THREATS, ENV_FILES}, id="shallow"),
        pytest.param(spoil.git_elsewhere, {THREATS, ENV_FILES}, id=".git leads elsewhere"),
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
        assert different[id][0] == "unknown" and different[id][1] in ("incomplete", "not-permitted"), (id, different[id])
    for id in affected:
        assert ran.report[id]["verdict"] == "unknown", id
    assert "secret-outside" not in ran.out
    assert not (repo.parent / "sprung").exists()
