"""What a pipeline calls and cannot be read may do anything: it is named, never taken for empty."""

import pytest

from prodproof.facts import Reason, Unseen
from prodproof.facts.pipeline import Pipeline, Role
from prodproof.reach.pipelines import gitlab_ci
from prodproof.reach.pipelines.github_workflows import WorkflowReader
from prodproof.reach.pipelines.scripts import MAX_DEPTH, MAX_FOLLOWED, Followed, ScriptReader

PATH = ".github/workflows/ci.yml"
DENIED = Unseen(Reason.DENIED, "may not be read")
Files = dict[str, str | Unseen]


def followed(script: str, files: Files) -> Followed:
    return ScriptReader(files.__getitem__, files.__contains__).activities(script, 1, 0)


def opaque(step: str, files: Files) -> tuple[str, ...]:
    scripts = ScriptReader(files.__getitem__, files.__contains__)
    text = f"on: push\njobs:\n  checks:\n    steps:\n      - {step}\n"
    found = WorkflowReader(scripts).read(PATH, PATH, text)
    assert isinstance(found, Pipeline)
    return found.jobs[0].opaque


@pytest.mark.parametrize(
    ("script", "files", "said"),
    [
        ("pre-commit run", {".pre-commit-config.yaml": DENIED}, ".pre-commit-config.yaml (may not be read)"),
        ("pre-commit run", {".pre-commit-config.yaml": "repos: ["}, ".pre-commit-config.yaml (is not YAML (line 2))"),
        ("pre-commit run", {".pre-commit-config.yaml": "gitleaks"}, ".pre-commit-config.yaml (is no mapping)"),
        ("npm run scan", {"package.json": DENIED}, "package.json (may not be read)"),
        ("npm run scan", {"package.json": '{"scripts"'}, "package.json (is not JSON)"),
        ("npm run scan", {"package.json": "[]"}, "package.json (is no package description)"),
        ("npm run scan", {"package.json": '{"scripts": []}'}, "package.json (is no package description)"),
        ("npm run scan", {"package.json": '{"scripts": {"scan": 3}}'}, "package.json (its script scan is no text)"),
        ("make scan", {"Makefile": DENIED}, "Makefile (may not be read)"),
        ("make scan", {"Makefile": "#" * 500_001}, "Makefile (is larger than 500 KB)"),
        ("tox", {"tox.ini": DENIED}, "tox.ini (may not be read)"),
        ("nox", {"noxfile.py": DENIED}, "noxfile.py (may not be read)"),
        ("ruff check .", {"pyproject.toml": DENIED}, "pyproject.toml (may not be read)"),
        ("bash ci/scan.sh", {"ci/scan.sh": DENIED}, "ci/scan.sh (may not be read)"),
        ("./scan", {"scan": "\x7fELF\0\0bandit"}, "scan (is no text)"),
        ("./scan", {"scan": "ls\n" * 100_000}, "the end of a script of more than 256 KB"),
    ],
)
def test_what_cannot_be_read_is_named(script: str, files: Files, said: str) -> None:
    assert followed(script, files).opaque == (said,)
    assert opaque(f"run: {script}", files) == (said,)
    job = gitlab_ci.read(
        ".gitlab-ci.yml",
        f"a: {{script: '{script}'}}",
        ScriptReader(files.__getitem__, files.__contains__),
        lambda _: (),
    )
    assert isinstance(job, Pipeline)
    assert job.jobs[0].opaque == (said,)


@pytest.mark.parametrize(
    ("script", "files"),
    [
        ("pre-commit run", {".pre-commit-config.yaml": "repos: []"}),
        ("pre-commit run", {}),
        ("npm ci", {"package.json": '{"name": "shop"}'}),
        ("npm run scan", {}),
        ("make scan", {"Makefile": "test:\n\tls\n"}),
        ("make scan", {}),
        ("./scan.sh", {"scan.sh": ""}),
        ("./not-in-the-repository", {}),
    ],
)
def test_what_is_read_and_does_nothing_is_not_opaque(script: str, files: Files) -> None:
    assert followed(script, files) == Followed(())


def test_what_an_action_runs() -> None:
    assert opaque("uses: pre-commit/action@v3", {".pre-commit-config.yaml": DENIED})
    assert opaque("uses: ./ci/scan", {"ci/scan/action.yml": DENIED}) == ("./ci/scan",)


def test_the_rest_of_a_script_is_still_read() -> None:
    files: Files = {"ci/scan.sh": DENIED, "all.sh": "bandit -r .\nsh ci/scan.sh\npytest\n"}
    found = followed("sh all.sh || true", files)
    assert {item.role for item in found.activities} == {Role.STATIC_ANALYSIS, Role.TESTS}
    assert found.opaque == ("ci/scan.sh (may not be read)",)


def test_bounds_are_named() -> None:
    chain: Files = {f"s{n}.sh": f"sh s{n + 1}.sh\n" for n in range(MAX_DEPTH + 3)}
    assert followed("sh s0.sh", chain).opaque == (f"scripts that call each other more than {MAX_DEPTH} deep",)
    many: Files = {f"s{n}.sh": "ls\n" for n in range(MAX_FOLLOWED + 2)}
    found = followed("\n".join(f"sh {name}" for name in many), many)
    assert [f"more than {MAX_FOLLOWED} scripts are called" in item for item in found.opaque] == [True, True]
    assert followed("sh a.sh", {"a.sh": "sh a.sh\n"}).opaque == (), "what calls itself is read to its end"
