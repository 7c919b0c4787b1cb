"""GitLab CI configurations, worked out."""

import json

from hypothesis import given
from hypothesis import strategies as st

from prodproof.facts import Unseen
from prodproof.facts.codec import decode, encode
from prodproof.facts.pipeline import Job, Pipeline, Role
from prodproof.reach.pipelines import gitlab_ci
from prodproof.reach.pipelines.scripts import ScriptReader

PATH = ".gitlab-ci.yml"


def read(text: str, files: dict[str, str] | None = None) -> Pipeline | Unseen:
    known = files or {}
    scripts = ScriptReader(lambda path: known[path], known.__contains__)
    return gitlab_ci.read(PATH, text, scripts, lambda pattern: [path for path in known if path == pattern])


def pipeline(text: str, files: dict[str, str] | None = None) -> Pipeline:
    found = read(text, files)
    assert isinstance(found, Pipeline), found
    assert decode(Pipeline, encode(found)) == found
    return found


def job(found: Pipeline, id: str) -> Job:
    return next(item for item in found.jobs if item.id == id)


WHOLE = """
stages: [test, build, deploy]
default:
  before_script: [pip install .]
include:
  - local: /ci/deploy.yml
.setup:
  script: [bandit -r .]
.base:
  variables: {A: b}
  rules:
    - if: $CI_PIPELINE_SOURCE == "merge_request_event"
unit:
  extends: .base
  stage: test
  script:
    - !reference [.setup, script]
    - pytest
lint:
  stage: test
  needs: []
  allow_failure: true
  script: ruff check
build:
  stage: build
  script: docker build .
"""
DEPLOY = """
deploy:
  stage: deploy
  environment: {name: production}
  script: [kubectl apply -f k8s]
stop:
  stage: deploy
  environment: {name: production, action: stop}
  script: kubectl delete -f k8s
"""


def test_stages_extends_references_and_includes() -> None:
    found = pipeline(WHOLE, {"ci/deploy.yml": DEPLOY})
    unit = job(found, "unit")
    assert {item.role for item in unit.activities} == {Role.TESTS, Role.STATIC_ANALYSIS}
    assert unit.on_change
    assert job(found, "lint").allow_failure
    assert set(job(found, "deploy").needs) == {"unit", "lint", "build"}
    assert (job(found, "deploy").environment, job(found, "stop").environment) == ("production", "")
    assert found.opaque == ()


def test_rules() -> None:
    def runs(rules: str) -> bool:
        return job(pipeline(f"a:\n  script: pytest\n  {rules}\n"), "a").on_change

    assert runs("tags: [x]")
    assert runs("rules: [{if: $CI_MERGE_REQUEST_IID}]")
    assert runs("only: [merge_requests]")
    assert runs("rules: [{if: $CI_COMMIT_TAG, when: never}, {when: on_success}]")
    assert not runs("rules: [{if: '$CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH'}]")
    assert not runs("only: [main]")
    assert not runs("rules: [{if: '$CI_PIPELINE_SOURCE == \"schedule\"'}]")
    assert not runs("when: never")


def test_includes_from_elsewhere() -> None:
    text = (
        "include:\n  - remote: https://user:pw@ci.example/x.yml?token=1\n  - project: acme/ci\n    file: "
        "a.yml\n  - template: Jobs/SAST.gitlab-ci.yml\n"
    )
    found = pipeline(text)
    assert found.opaque == ("remote include (https://ci.example/x.yml)", "acme/ci")
    assert "pw" not in str(found)
    assert [item.rule for item in found.hazards] == ["unpinned-remote-include"]
    assert [item.role for entry in found.jobs for item in entry.activities] == [Role.STATIC_ANALYSIS]
    assert found.jobs[0].allow_failure
    assert pipeline("include: {remote: 'https://ci.example/x.yml', integrity: sha256-x}\n").hazards == ()


def test_hazards() -> None:
    text = (
        'a:\n  services: ["docker:27-dind"]\n  variables: {CI_DEBUG_TRACE: "true"}\n'
        '  script:\n    - bash -c "echo $CI_COMMIT_TITLE"\n    - echo "$CI_COMMIT_TITLE"\n'
    )
    assert [item.rule for item in pipeline(text).hazards] == ["untrusted-input", "privileged-runner", "debug-trace"]
    assert pipeline("a:\n  script: ['echo \"$CI_COMMIT_TITLE\"']\n").hazards == ()


def test_stored_keys() -> None:
    text = (
        'a:\n  script:\n    - docker login -p "$DOCKERHUB_TOKEN"\n'
        '    - docker login -p "$CI_REGISTRY_PASSWORD" $CI_REGISTRY\n'
    )
    assert [item.name for item in pipeline(text).credentials] == ["DOCKERHUB_TOKEN"]


def test_what_includes_or_extends_itself_ends() -> None:
    text = "include: {local: a.yml}\na: {extends: a, script: !reference [a, script]}\n"
    assert isinstance(read(text, {"a.yml": "include: {local: a.yml}\n"}), Unseen)
    assert isinstance(read(text), Pipeline)
    assert isinstance(read("- a\n"), Unseen)


_KEYS = st.sampled_from(
    [
        "include",
        "stages",
        "default",
        "script",
        "extends",
        "rules",
        "needs",
        "a",
        ".b",
        "environment",
        "image",
        "services",
        "variables",
        "if",
        "only",
    ]
)
_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=12)
    | st.sampled_from(["a", ".b", "pytest", "docker:dind", "$AWS_SECRET_ACCESS_KEY"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_KEYS, inner, max_size=5),
    max_leaves=30,
)


@given(st.dictionaries(_KEYS, _VALUES, max_size=6))
def test_any_structure_is_read_or_unseen(data: dict[str, object]) -> None:
    found = read(json.dumps(data))
    if isinstance(found, Pipeline):
        assert decode(Pipeline, encode(found)) == found


def test_anchors_and_parents_that_multiply_are_bounded() -> None:
    layers = "\n".join(f"a{number}: &a{number} [{', '.join([f'*a{number - 1}'] * 9)}]" for number in range(1, 30))
    parents = "\n".join(f".p{number}: {{extends: [{', '.join([f'.p{number + 1}'] * 9)}]}}" for number in range(30))
    assert isinstance(read(f"a0: &a0 []\n{layers}\n{parents}\njob: {{script: *a29, extends: .p0}}\n"), Pipeline)
