"""When a job runs, deploys or tests, as GitHub and GitLab decide it."""

from dataclasses import replace

import pytest

from prodproof.facts import Location
from prodproof.facts.pipeline import Activity, Forge, Job, Pipeline, Role, Trigger
from prodproof.guarantees._pipelines import (
    deployment,
    gating_tests,
    is_gating_test,
    never_runs,
    runs_on_change,
    runs_regardless,
)

JOB = Job(id="build", line=1)
PUSH = Pipeline(Location("ci.yml"), Forge.GITHUB, "ci", (Trigger("push"),), (JOB,))
GITLAB = replace(PUSH, forge=Forge.GITLAB, triggers=())


def on(*triggers: Trigger, condition: str = "", of_file: str = "") -> bool:
    return runs_on_change(replace(PUSH, triggers=triggers), replace(JOB, condition=condition), of_file)


@pytest.mark.parametrize(
    ("trigger", "runs"),
    [
        (Trigger("push"), True),
        (Trigger("push", branches=("**",)), True),
        (Trigger("push", branches=("*", "main")), True),
        (Trigger("push", branches=("main",)), False),
        (Trigger("push", tags_only=True), False),
        (Trigger("pull_request"), True),
        (Trigger("pull_request_target"), True),
        (Trigger("merge_group"), True),
        (Trigger("pull_request", types=("opened", "synchronize")), True),
        (Trigger("pull_request", types=("closed",)), False),
        (Trigger("schedule"), False),
    ],
)
def test_events_that_every_change_brings(trigger: Trigger, runs: bool) -> None:
    assert on(trigger) is runs
    assert on(Trigger("workflow_dispatch"), trigger) is runs


@pytest.mark.parametrize(
    ("condition", "runs"),
    [
        ("github.ref == 'refs/heads/main'", True),
        ("github.event_name == 'push'", True),
        ("github.event_name=='pull_request'", True),
        ('github.event_name  ==  "schedule"', False),
        ("github.event_name == 'schedule'", False),
        ("github.event_name=='schedule'", False),
        ("github.event_name == 'schedule' || github.event_name == 'push'", True),
        ("github.event_name == 'schedule' || inputs.all", True),
        ("github.event_name == ''", True),
        ("false", False),
    ],
)
def test_conditions_that_leave_changes_out(condition: str, runs: bool) -> None:
    assert on(Trigger("push"), condition=condition) is runs


def test_the_condition_of_the_file_counts_too() -> None:
    assert not on(Trigger("push"), of_file="github.event_name == 'schedule'")


def test_gitlab_says_by_its_rules() -> None:
    assert runs_on_change(GITLAB, JOB)
    assert not runs_on_change(GITLAB, replace(JOB, on_change=False))


@pytest.mark.parametrize("condition", ["never", "false", "${{ false }}", "${{false}}", " false "])
def test_never(condition: str) -> None:
    assert never_runs(replace(JOB, condition=condition))


@pytest.mark.parametrize(
    "condition", ["", "always", "false || true", "nevermore", "x == false", "${{ false }} || a", "not never", "a false"]
)
def test_not_never(condition: str) -> None:
    assert not never_runs(replace(JOB, condition=condition))


@pytest.mark.parametrize(
    ("condition", "regardless"),
    [
        ("", False),
        ("success()", False),
        ("always()", True),
        ("${{ always() }}", True),
        ("!cancelled()", True),
        ("! cancelled()", True),
        ("cancelled()", False),
        ("failure()", True),
        ("!failure()", False),
        ("! failure()", False),
        ("is_failure()", False),
        ("is_always()", False),
        ("always", True),
        ("not always", False),
        ("always so", False),
        ("on_failure", True),
        ("on_failure_of", False),
        ("run on_failure", False),
        ("always() && needs.test.result == 'success'", False),
        ("always() && needs.test.result=='success'", False),
        ("always() && needs..result == 'success'", True),
        ("always() && needs.test.result == 'skipped'", True),
        ("always() && !contains(needs.*.result, 'failure')", False),
        ("always() && !contains(needs.*.result,'failure')", False),
    ],
)
def test_jobs_that_run_after_a_failure(condition: str, regardless: bool) -> None:
    assert runs_regardless(replace(JOB, condition=condition)) is regardless


DEPLOY = Activity(Role.DEPLOY, "kubectl apply", 5)
SSH = Activity(Role.SSH, "appleboy/ssh-action", 5)
TESTS = Activity(Role.TESTS, "pytest", 4)


def place(id: str, environment: str = "", *activities: Activity, pipeline: Pipeline = PUSH, condition: str = "") -> str:
    job = Job(id=id, line=3, environment=environment, activities=activities, condition=condition)
    found = deployment(pipeline, job)
    return found.tool if found else ""


@pytest.mark.parametrize(
    "id",
    [
        "test", "tests", "ci", "dev", "develop", "staging", "stage", "stg", "qa", "uat", "preview", "previews",
        "review", "reviews",
        "review-app", "sandbox", "demo", "nightly", "doc", "docs", "documentation", "website-preview",
        "github-pages", "gh-pages", "pages", "pypi", "npm", "coverage", "benchmark", "benchmarks", "storybook",
        "canary-docs", "dryrun", "dry-run", "artifact", "artifacts", "package", "packages", "maven", "nuget",
        "crates", "deploy-to-qa", "qa-deploy", "Deploy-QA", "caller/qa",
    ],
)  # fmt: skip
def test_places_that_are_no_production(id: str) -> None:
    assert place(id, "", DEPLOY) == ""
    assert place("ship", id, DEPLOY) == ""


@pytest.mark.parametrize("id", ["ship", "squad", "equation", "latest", "qaz", "qa/ship", "release"])
def test_other_names_may_be_production(id: str) -> None:
    assert place(id, "", DEPLOY) == "kubectl apply"


@pytest.mark.parametrize(
    "environment", ["prod", "prd", "production", "live", "qa-live", "live-qa", "PROD", "${{ inputs.x }}", "$TARGET"]
)
def test_environments_that_are_production(environment: str) -> None:
    assert place("test", environment, DEPLOY) == "kubectl apply"
    assert place("test", environment) == f"environment {environment}"


@pytest.mark.parametrize("environment", ["products", "alive-docs", "docs-lively", "docs-$"])
def test_environments_that_only_sound_like_it(environment: str) -> None:
    assert place("ship", environment) == ""


def test_what_deploys() -> None:
    assert place("build") == ""
    assert place("build", "", SSH) == ""
    assert place("build", "eu-1", SSH) == "appleboy/ssh-action"
    assert place("deploy", "", SSH) == "appleboy/ssh-action"
    assert place("deploy") == "its name"
    assert place("deploy-shop") == place("shop-deployment") == place("rollout") == "its name"
    assert place("deployer") == place("redeploy") == ""
    assert place("deploy", "eu-1") == "environment eu-1"
    assert place("ship", "eu-1") == ""
    assert place("deploy", "", SSH, DEPLOY) == "kubectl apply"
    assert place("deploy", "", TESTS, SSH) == "appleboy/ssh-action"
    assert place("deploy", "", TESTS) == "its name"
    assert place("deploy", "", DEPLOY, condition="false") == ""
    found = deployment(PUSH, Job(id="deploy", line=3))
    assert found is not None
    assert (found.line, found.step > 1000) == (3, True)


def test_throw_away_clusters_are_no_production() -> None:
    kind = Activity(Role.LOCAL_CLUSTER, "kind", 4)
    assert place("deploy", "", kind, DEPLOY) == ""
    assert place("deploy", "", replace(kind, weak="if: false"), DEPLOY) == "kubectl apply"
    assert place("deploy", "", replace(kind, weak="when: never"), DEPLOY) == "kubectl apply"
    assert place("deploy", "", replace(kind, weak="|| true"), DEPLOY) == ""
    assert place("deploy", "", replace(kind, weak="if: false (of the job)"), DEPLOY) == "kubectl apply"


@pytest.mark.parametrize("event", ["pull_request", "pull_request_target", "workflow_call"])
def test_what_runs_before_the_merge_alone_does_not_deploy(event: str) -> None:
    early = replace(PUSH, triggers=(Trigger(event),))
    assert place("deploy", "", DEPLOY, pipeline=early) == ""
    assert place("deploy", "", DEPLOY, pipeline=replace(early, triggers=(Trigger(event), Trigger("push")))) != ""
    every = tuple(Trigger(name) for name in ("pull_request", "pull_request_target", "workflow_call"))
    assert place("deploy", "", DEPLOY, pipeline=replace(early, triggers=every)) == ""
    assert place("deploy", "", DEPLOY, pipeline=replace(early, forge=Forge.GITLAB)) != ""


def test_tests_that_can_stop_a_job() -> None:
    assert is_gating_test(TESTS)
    assert not is_gating_test(DEPLOY)
    assert not is_gating_test(replace(TESTS, weak="|| true"))
    assert not is_gating_test(replace(TESTS, condition="github.event_name == 'pull_request'"))
    assert is_gating_test(replace(TESTS, condition="github.event_name == 'push'"))
    job = replace(JOB, activities=(DEPLOY, TESTS))
    assert gating_tests(job) is TESTS
    assert gating_tests(JOB) is None
    assert gating_tests(replace(job, allow_failure=True)) is None
    assert gating_tests(replace(job, condition="never")) is None
