"""Pipelines, deploy scripts and audits of a whole repository."""

from pathlib import Path

import pytest

from prodproof.facts import Reason, Unseen
from prodproof.facts.pipeline import DeployScript, Pipeline, Pipelines, Role, WorkflowAudit
from prodproof.guarantees.delivery import no_ssh_deploys
from prodproof.guarantees.supply import checks_in_pipeline
from prodproof.probes import pipelines, workflow_audit
from prodproof.reach.git.repository import MAX_TEXT
from prodproof.reach.programs import find_program
from prodproof.verdicts import Kind
from tests.probes.files import only, seen, survey

PATH = ".github/workflows/ci.yml"
CI = "on: push\njobs:\n  test:\n    runs-on: x\n    steps:\n      - run: pytest\n"


def test_each_file_is_a_subject_and_what_cannot_be_read_is_unseen(tmp_path: Path) -> None:
    files = {
        ".github/workflows/ci.yml": CI,
        ".github/workflows/bad.yaml": "on: [",
        ".gitlab-ci.yml": "a: {script: pytest}\n",
    }
    found = survey(pipelines.observe, tmp_path, files)
    each = seen(found[Pipeline])
    assert isinstance(each[".github/workflows/bad.yaml"], Unseen)
    assert {type(each[path]) for path in (".github/workflows/ci.yml", ".gitlab-ci.yml")} == {Pipeline}
    whole = only(found[Pipelines])
    assert (len(whole.files), whole.unread, whole.builds_images) == (2, (".github/workflows/bad.yaml",), False)


def test_other_systems_and_images_are_noticed(tmp_path: Path) -> None:
    whole = only(
        survey(pipelines.observe, tmp_path, {"Jenkinsfile": "", "Dockerfile": "FROM x", ".circleci/config.yml": ""})[
            Pipelines
        ]
    )
    assert (whole.unread, whole.builds_images) == ((".circleci/config.yml", "Jenkinsfile"), True)


def test_deploy_scripts(tmp_path: Path) -> None:
    files = {
        "bin/deploy.sh": "#!/bin/sh\nrsync -a . web@shop.example:/srv\n",
        "Makefile": "test:\n\tssh web@shop.example ls\ndeploy: test\n\t@ssh web@shop.example 'git pull'\n",
        "fabfile.py": "from fabric import Connection\nc = Connection('shop.example')\n",
        "docs/deploy.sh": "ssh web@shop.example ls\n",
    }
    found = seen(survey(pipelines.observe, tmp_path, files)[DeployScript])
    lines = {
        path: [(item.role, item.line) for item in script.activities if item.role is Role.SSH]
        for path, script in found.items()
    }
    assert lines == {"Makefile": [(Role.SSH, 4)], "bin/deploy.sh": [(Role.SSH, 2)], "fabfile.py": [(Role.SSH, 2)]}


def test_audit(tmp_path: Path) -> None:
    files = {
        ".github/workflows/ci.yml": CI.replace("runs-on: x", "runs-on: [self-hosted]"),
        ".github/workflows/bad.yml": "jobs: 3",
    }
    lacking = seen(survey(workflow_audit.observe, tmp_path, files)[WorkflowAudit])
    assert {item.why for item in lacking.values()} == {Reason.TOOL_MISSING}
    if find_program("zizmor"):
        found = seen(survey(workflow_audit.observe, tmp_path, files, tools=find_program)[WorkflowAudit])
        assert found[".github/workflows/ci.yml"].self_hosted == ("test",)
        assert [item.rule for item in found[".github/workflows/ci.yml"].findings if item.severity == "medium"] == [
            "excessive-permissions"
        ]
        assert isinstance(found[".github/workflows/bad.yml"], Unseen)


def test_without_workflows_nothing_is_run(tmp_path: Path) -> None:
    found = survey(workflow_audit.observe, tmp_path, {"a.py": ""})[WorkflowAudit]
    assert (found.observations, found.gaps) == ((), ())


@pytest.mark.parametrize(
    "files",
    [
        pytest.param({".pre-commit-config.yaml": "repos: ["}, id="garbled"),
        pytest.param({".pre-commit-config.yaml": "#" * (MAX_TEXT + 1)}, id="too large"),
        pytest.param({}, id="a link that leads out"),
    ],
)
def test_checks_that_may_run_in_what_cannot_be_read_are_unknown(tmp_path: Path, files: dict[str, str]) -> None:
    if not files:
        (tmp_path / ".pre-commit-config.yaml").symlink_to("/etc/hostname")
    files = {PATH: CI.replace("pytest", "pre-commit run --all-files"), **files}
    verdict = checks_in_pipeline.judge(only(survey(pipelines.observe, tmp_path, files)[Pipelines]))
    assert (verdict.kind, verdict.reason) == (Kind.UNKNOWN, Reason.INCOMPLETE)
    assert ".pre-commit-config.yaml" in verdict.message
    (tmp_path / ".pre-commit-config.yaml").unlink()
    files[".pre-commit-config.yaml"] = "repos: []"
    verdict = checks_in_pipeline.judge(only(survey(pipelines.observe, tmp_path, files)[Pipelines]))
    assert verdict.kind is Kind.BROKEN


def test_a_deploy_script_that_calls_what_cannot_be_read_is_unknown(tmp_path: Path) -> None:
    files = {"deploy.sh": "sh bin/ship.sh\n", "bin/ship.sh": "\0"}
    found = seen(survey(pipelines.observe, tmp_path, files)[DeployScript])
    verdict = no_ssh_deploys.judge_script(found["deploy.sh"])
    assert (verdict.kind, verdict.reason) == (Kind.UNKNOWN, Reason.INCOMPLETE)
