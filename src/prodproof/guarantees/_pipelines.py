"""What the pipeline guarantees share: does a job run for every change, deploy, or run tests that can stop it? Pure."""

import re

from prodproof.facts.pipeline import Activity, Forge, Job, Pipeline, Role

_CHANGE_EVENTS = {"pull_request", "pull_request_target", "merge_group"}
_ALWAYS = re.compile(r"\balways\(\)|!\s*cancelled\(\)|(?<!!)(?<!!\s)\bfailure\(\)|^always$|^on_failure$")
_CHECKED_RESULT = re.compile(r"needs\.[\w*.-]+\.result\s*==\s*'success'|!contains\(needs\.\*\.result,\s*'failure'\)")
_EVENT = re.compile(r"github\.event_name\s*==\s*['\"](\w+)['\"]")
_NEVER = re.compile(r"^(never|false|\$\{\{\s*false\s*\}\})$")
_OTHER_PLACE = re.compile(
    r"(^|[^a-z])(test\w*|ci|dev\w*|staging|stage|stg|qa|uat|preview\w*|review\w*|sandbox|demo|nightly|docs?|documentation"
    r"|website-preview|github-pages|gh-pages|pages|pypi|npm|coverage|benchmarks?|storybook|canary-docs|dry-?run|artifacts?"
    r"|packages?|maven|nuget|crates)($|[^a-z])"
)
_PRODUCTION = re.compile(r"(^|[^a-z])(prod|prd|production|live)($|[^a-z])|\$\{\{|\$\w")
_DEPLOYS_BY_NAME = re.compile(r"(^|[^a-z])(deploy|deployment|rollout)($|[^a-z])")


def runs_on_change(pipeline: Pipeline, job: Job, condition: str = "") -> bool:
    """Whether a job runs for each proposed change, before it is accepted."""
    if pipeline.forge is Forge.GITLAB:
        return job.on_change
    if never_runs(job) or _excludes_changes(job.condition) or _excludes_changes(condition):
        return False
    for trigger in pipeline.triggers:
        if trigger.event in _CHANGE_EVENTS and (not trigger.types or "synchronize" in trigger.types):
            return True
        everywhere = not trigger.branches or bool({"**", "*"} & set(trigger.branches))
        if trigger.event == "push" and everywhere and not trigger.tags_only:
            return True
    return False


def _excludes_changes(condition: str) -> bool:
    events = set(_EVENT.findall(condition))
    return bool(events) and not events & (_CHANGE_EVENTS | {"push"}) and "||" not in condition


def never_runs(job: Job) -> bool:
    """Whether a job's own condition is false for ever."""
    return bool(_NEVER.match(job.condition.strip()))


def runs_regardless(job: Job) -> bool:
    """Whether a job runs even though what it needs has failed: `always()`, `!cancelled()`."""
    return bool(_ALWAYS.search(job.condition)) and not _CHECKED_RESULT.search(job.condition)


def deployment(pipeline: Pipeline, job: Job) -> Activity | None:
    """The activity by which a job changes production; None for a job that does not deploy there.

    Throw-away clusters, previews, documentation, packages and environments whose name says that they are something
    else are no production.
    """
    name = job.id.rpartition("/")[2].lower()
    place = job.environment.lower()
    roles = {item.role for item in job.activities if not item.weak.startswith(("if: false", "when: never"))}
    if Role.LOCAL_CLUSTER in roles or never_runs(job):
        return None
    if pipeline.forge is Forge.GITHUB and pipeline.events() <= {"pull_request", "pull_request_target", "workflow_call"}:
        return None
    if not _PRODUCTION.search(place) and (_OTHER_PLACE.search(place) or _OTHER_PLACE.search(name)):
        return None
    deploys = [item for item in job.activities if item.role is Role.DEPLOY]
    named = bool(_DEPLOYS_BY_NAME.search(name))
    if deploys:
        return deploys[0]
    remote = [item for item in job.activities if item.role is Role.SSH]
    if remote and (named or place):
        return remote[0]
    if named or (place and _PRODUCTION.search(place)):
        return Activity(Role.DEPLOY, f"environment {job.environment}" if place else "its name", job.line, 1_000_000)
    return None


def gating_tests(job: Job) -> Activity | None:
    """Tests in a job that fail it, and so what needs it."""
    if job.allow_failure or never_runs(job):
        return None
    return next((item for item in job.activities if is_gating_test(item)), None)


def is_gating_test(item: Activity) -> bool:
    """Whether a step runs tests that can fail its job, whatever started it."""
    return item.role is Role.TESTS and not item.weak and not set(_EVENT.findall(item.condition)) & {"pull_request"}
