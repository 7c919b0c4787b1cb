"""Workflows with what is called from them."""

import json

from hypothesis import given
from hypothesis import strategies as st

from prodproof.facts import Unseen
from prodproof.facts.codec import decode, encode
from prodproof.facts.pipeline import Activity, Pipeline, Role
from prodproof.reach.pipelines.github_workflows import WorkflowReader
from prodproof.reach.pipelines.scripts import ScriptReader

PATH = ".github/workflows/ci.yml"


def read(text: str, **files: str) -> Pipeline | Unseen:
    named = {name.replace("__", "/"): content for name, content in files.items()}
    return read_with(text, named)


def read_with(text: str, files: dict[str, str]) -> Pipeline | Unseen:
    scripts = ScriptReader(lambda path: files[path], files.__contains__)
    return WorkflowReader(scripts).read(PATH, PATH, text)


def pipeline(text: str, files: dict[str, str] | None = None) -> Pipeline:
    found = read_with(text, files or {})
    assert isinstance(found, Pipeline), found
    assert decode(Pipeline, encode(found)) == found
    return found


def the_tests(found: Pipeline) -> list[Activity]:
    return [item for job in found.jobs for item in job.activities if item.role is Role.TESTS]


STEP = "on: push\njobs:\n  test:\n    runs-on: x\n    steps:\n"


def test_the_key_on_is_text_and_lines_are_kept() -> None:
    found = pipeline(
        "on:\n  push:\n    branches: [main]\n  pull_request:\n"
        "jobs:\n  a:\n    steps:\n      - run: |\n          ls\n          pytest\n"
    )
    assert [(item.event, item.branches) for item in found.triggers] == [("push", ("main",)), ("pull_request", ())]
    assert the_tests(found)[0].line == 10


def test_what_makes_a_step_weak() -> None:
    assert the_tests(pipeline(f"{STEP}      - run: pytest\n"))[0].weak == ""
    assert (
        the_tests(pipeline(f"{STEP}      - run: pytest\n        continue-on-error: true\n"))[0].weak
        == "continue-on-error"
    )
    assert "never" in the_tests(pipeline(f"{STEP}      - run: pytest\n        if: ${{{{ false }}}}\n"))[0].weak
    assert "pipe" in the_tests(pipeline(f"{STEP}      - run: pytest | tee log\n"))[0].weak
    assert the_tests(pipeline(f"{STEP}      - run: pytest | tee log\n        shell: bash\n"))[0].weak == ""
    assert (
        the_tests(pipeline(f"defaults: {{run: {{shell: bash}}}}\n{STEP}      - run: pytest | tee log\n"))[0].weak == ""
    )


def test_a_reusable_workflow_stands_in_its_callers_place() -> None:
    called = (
        "on: workflow_call\njobs:\n  unit:\n    steps: [{run: pytest}]\n  lint:\n    needs: unit\n    "
        "steps: [{run: ruff}]\n"
    )
    caller = (
        "on: push\njobs:\n  prepare: {steps: [{run: ls}]}\n  checks:\n    needs: prepare\n    if: github.ref\n"
        "    uses: ./.github/workflows/checks.yml\n  deploy:\n    needs: [checks]\n    steps: [{run: ls}]\n"
    )
    found = pipeline(caller, {".github/workflows/checks.yml": called})
    jobs = {job.id: job for job in found.jobs}
    assert jobs["deploy"].needs == ("checks/unit", "checks/lint")
    assert jobs["checks/unit"].needs == ("prepare",)
    assert jobs["checks/lint"].needs == ("checks/unit",)
    assert jobs["checks/unit"].condition == "github.ref"
    assert the_tests(found)[0].line == 4


def test_a_workflow_that_calls_itself_ends() -> None:
    text = "on: workflow_call\njobs:\n  again:\n    uses: ./.github/workflows/ci.yml\n"
    assert pipeline(text, {PATH: text}).jobs[0].opaque == ("./.github/workflows/ci.yml",)


def test_workflows_from_elsewhere_are_opaque() -> None:
    found = pipeline(
        "on: push\njobs:\n  a:\n    uses: acme/ci/.github/workflows/x.yml@v1\n  b:\n    uses: ./gone.yml\n"
    )
    assert [job.opaque for job in found.jobs] == [("acme/ci/.github/workflows/x.yml@v1",), ("./gone.yml",)]


def test_local_actions_make_targets_and_package_scripts_are_followed() -> None:
    files = {
        ".github/actions/test/action.yml": (
            "runs:\n  using: composite\n  steps:\n    - run: make verify\n      shell: bash\n"
        ),
        "Makefile": "verify: unit\n\t@bandit -r .\nunit:\n\t-npm run quality\n",
        "package.json": '{"scripts": {"quality": "vitest run", "test": "echo no test && exit 0"}}',
    }
    found = pipeline(f"{STEP}      - uses: ./.github/actions/test\n", files)
    assert {(item.role, item.tool, bool(item.weak)) for item in found.jobs[0].activities} == {
        (Role.STATIC_ANALYSIS, "bandit", False),
        (Role.TESTS, "vitest", True),
    }
    empty = the_tests(pipeline(f"{STEP}      - run: npm test\n", files))
    assert [bool(item.weak) for item in empty] == [True]


def test_pre_commit_hooks_and_ruff_rules_are_looked_up() -> None:
    files = {
        ".pre-commit-config.yaml": "repos:\n- repo: x\n  hooks:\n  - id: gitleaks\n  - id: ruff\n",
        "pyproject.toml": '[tool.ruff.lint]\nselect = ["E", "S"]\n',
    }
    found = pipeline(f"{STEP}      - uses: pre-commit/action@v3\n", files)
    assert {item.role for item in found.jobs[0].activities} == {Role.SECRET_DETECTION, Role.STATIC_ANALYSIS}


def test_stored_keys_are_named_and_the_forges_own_token_is_not() -> None:
    text = (
        "on: push\nenv:\n  AWS_SECRET_ACCESS_KEY: ${{ secrets.KEY }}\njobs:\n  a:\n    steps:\n"
        "      - uses: docker/login-action@v3\n"
        "        with: {registry: ghcr.io, password: '${{ secrets.GITHUB_TOKEN }}'}\n"
        "      - uses: pypa/gh-action-pypi-publish@v1\n        with: {password: '${{ secrets.UPLOAD }}'}\n"
        "      - run: echo ${{ secrets.CODECOV_TOKEN }}\n        env: {AWS_SECRET_ACCESS_KEY: test}\n"
        "      - uses: google-github-actions/auth@v2\n        with: {workload_identity_provider: x}\n"
    )
    assert [(item.provider, item.name, item.line) for item in pipeline(text).credentials] == [
        ("AWS", "KEY", 3),
        ("PyPI", "UPLOAD", 9),
    ]


def test_names_of_changed_files_in_a_script() -> None:
    steps = (
        "    steps:\n      - {id: files, uses: tj-actions/changed-files@v40}\n      - run: echo ${{ "
        "steps.files.outputs.all_changed_files }}\n"
    )
    assert [item.rule for item in pipeline(f"on: pull_request\njobs:\n  a:\n{steps}").hazards] == ["untrusted-input"]
    assert pipeline(f"on: push\njobs:\n  a:\n{steps}").hazards == ()


def test_what_is_no_workflow_is_unseen() -> None:
    for text in ("", "[]", "on: push", "jobs: {}", "on: push\njobs: 3", "a: [", "x: ${{ y", "- a\n---\n- b"):
        assert isinstance(read(text), Unseen), text


_KEYS = st.sampled_from(
    ["on", "jobs", "steps", "run", "uses", "with", "env", "needs", "if", "name", "a", "runs-on", "environment"]
)
_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=20)
    | st.sampled_from(["pytest || true", "./x", "push", "${{ secrets.A }}"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_KEYS, inner, max_size=5),
    max_leaves=30,
)


@given(st.dictionaries(_KEYS, _VALUES, max_size=6))
def test_any_structure_is_read_or_unseen(data: dict[str, object]) -> None:
    found = read(json.dumps(data))
    if isinstance(found, Pipeline):
        assert decode(Pipeline, encode(found)) == found


@given(st.text(alphabet="on:jbs \n-[]{}&*!|>'\"#a\t", max_size=120))
def test_any_text_is_read_or_unseen(text: str) -> None:
    assert isinstance(read(text), Pipeline | Unseen)


def test_a_billion_laughs_are_bounded() -> None:
    layers = "\n".join(f"a{number}: &a{number} [{', '.join([f'*a{number - 1}'] * 9)}]" for number in range(1, 30))
    text = f"a0: &a0 {{run: pytest}}\n{layers}\non: push\njobs:\n  a:\n    steps: *a29\n"
    found = read(text)
    assert isinstance(found, Pipeline | Unseen)


def test_the_newer_name_of_the_own_repository() -> None:
    called = "on: workflow_call\njobs:\n  unit:\n    steps: [{run: pytest}]\n"
    found = pipeline(
        "on: push\njobs:\n  checks:\n    uses: $/.github/workflows/c.yml\n", {".github/workflows/c.yml": called}
    )
    assert [job.id for job in found.jobs] == ["checks/unit"]
