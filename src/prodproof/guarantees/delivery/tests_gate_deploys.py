"""No code reaches production without passing automated tests.

Risk: A change that breaks the login or the payment is live before anybody notices, because the release did not wait for
the tests, or they could not stop it.
Verified: In each pipeline every path to a job that deploys to production is followed back through `needs`, stages and
`workflow_run`: tests that can fail must lie on it. `if: always()`, `|| true`, `continue-on-error`, empty and skipped
runs do not count. Where tests run only before the merge, whether the branch requires them is the forge's to say.
Mend: Give the deploy job `needs: [test]` and no `always()`; after `workflow_run` ask for
`github.event.workflow_run.conclusion == 'success'`; take `|| true` and `--passWithNoTests` off the tests; require the
test check on the production branch.
"""

import re
from collections.abc import Iterable
from dataclasses import replace

from prodproof.facts import Location, Reason
from prodproof.facts.pipeline import Activity, Forge, Job, Pipeline, Pipelines, Role, Trigger
from prodproof.guarantees._pipelines import (
    deployment,
    gating_tests,
    is_gating_test,
    runs_on_change,
    runs_regardless,
)
from prodproof.verdicts import Example, Finding, Verdict, broken, guarantee, holds, unknown

_ASKS_FOR_SUCCESS = re.compile(r"workflow_run\.conclusion\s*==\s*['\"]success['\"]")
_Answer = Finding | str | None
"""What is wrong, why it cannot be said, or that it is fine."""


@guarantee("delivery.tests-gate-deploys", seeds="M-D2", proof="inside", severity="medium", verifiable=False)
def judge(pipelines: Pipelines) -> Verdict:
    """Each deploy job of each pipeline, and what lies before it."""
    answers = [
        _gate(pipelines, pipeline, job, deploy)
        for pipeline in pipelines.files
        for job in pipeline.jobs
        if (deploy := deployment(pipeline, job))
    ]
    findings = [answer for answer in answers if isinstance(answer, Finding)]
    if findings:
        return broken(*findings)
    if open_questions := [answer for answer in answers if isinstance(answer, str)]:
        return unknown(Reason.INSUFFICIENT_PROOF, open_questions[0])
    if pipelines.unread:
        return unknown(Reason.INCOMPLETE, f"{pipelines.unread[0]} was not read and may deploy")
    if not answers:
        return unknown(Reason.NOT_DECLARED, "no job that deploys to production was recognised in the pipelines")
    return holds("every job that deploys waits for tests that can stop it")


def _gate(pipelines: Pipelines, pipeline: Pipeline, job: Job, deploy: Activity) -> _Answer:
    path = list(_before(pipeline, job))
    if any(gating_tests(earlier) for earlier in path) or _tested_in_job(job, deploy):
        return None
    if "workflow_run" in pipeline.events():
        return _after_workflow(pipelines, pipeline, job, deploy)
    if opaque := next((name for earlier in (job, *path) for name in earlier.opaque), ""):
        return f"{opaque} lies before the deploy job {job.id} and cannot be read from here"
    return _ungated(pipelines, pipeline, job, deploy, path)


def _before(pipeline: Pipeline, job: Job) -> Iterable[Job]:
    """The jobs whose failure keeps this one from running."""
    jobs = {other.id: other for other in pipeline.jobs}
    seen: set[str] = set()
    waiting = [job]
    while waiting:
        at = waiting.pop()
        if runs_regardless(at):
            continue
        for need in at.needs:
            if need in jobs and need not in seen:
                seen.add(need)
                yield jobs[need]
                waiting.append(jobs[need])


def _tested_in_job(job: Job, deploy: Activity) -> bool:
    if re.search(r"\balways\(\)|!\s*cancelled\(\)", deploy.condition):
        return False
    return any(is_gating_test(item) and (item.step, item.line) < (deploy.step, deploy.line) for item in job.activities)


def _after_workflow(pipelines: Pipelines, pipeline: Pipeline, job: Job, deploy: Activity) -> _Answer:
    names = {name for trigger in pipeline.triggers for name in trigger.workflows}
    if not _ASKS_FOR_SUCCESS.search(f"{job.condition} {deploy.condition}"):
        message = (
            f"job {job.id} deploys after {', '.join(sorted(names)) or 'a workflow'} has ended, even when it failed"
        )
        return Finding("runs-after-failure", message, Location(pipeline.location.path, job.line), job.id)
    before = [other for other in pipelines.files if other.name in names]
    if any(gating_tests(earlier) for other in before for earlier in other.jobs):
        return None
    if len(before) < len(names):
        return f"job {job.id} waits for a workflow that was not found"
    return _ungated(pipelines, pipeline, job, deploy, [])


def _ungated(pipelines: Pipelines, pipeline: Pipeline, job: Job, deploy: Activity, path: list[Job]) -> Finding | str:
    location = Location(pipeline.location.path, job.line)
    weak = next(
        (item for earlier in (job, *path) for item in earlier.activities if item.role is Role.TESTS and item.weak), None
    )
    allowed = next((earlier for earlier in path if earlier.allow_failure and _tests(earlier)), None)
    beside = next((other for other in pipeline.jobs if other not in path and other is not job and _tests(other)), None)
    if weak or allowed:
        why = weak.weak if weak else "the test job may fail"
        return Finding(
            "tests-cannot-fail",
            f"job {job.id} deploys ({deploy.tool}) after tests that cannot stop it: {why}",
            location,
            job.id,
        )
    if job.needs and runs_regardless(job):
        return Finding(
            "deploys-regardless",
            f"job {job.id} deploys ({deploy.tool}) even when the jobs before it failed",
            location,
            job.id,
        )
    if beside:
        return Finding(
            "untested-deploy",
            f"job {job.id} deploys ({deploy.tool}) without waiting for the tests in job {beside.id}",
            location,
            job.id,
        )
    if any(
        runs_on_change(other, tested) and gating_tests(tested) for other in pipelines.files for tested in other.jobs
    ):
        return (
            f"job {job.id} deploys without tests of its own; whether the branch requires those before the "
            "merge only the forge knows"
        )
    if pipelines.unread:
        return f"no tests before job {job.id} in what was read; {pipelines.unread[0]} may run them"
    return Finding(
        "untested-deploy", f"job {job.id} deploys ({deploy.tool}), and no tests run before it", location, job.id
    )


def _tests(job: Job) -> bool:
    return any(item.role is Role.TESTS for item in job.activities)


_PYTEST = Activity(Role.TESTS, "pytest", 9)
_TEST = Job("test", 5, activities=(_PYTEST,))
_DEPLOY = Job(
    "deploy", 12, needs=("test",), environment="production", activities=(Activity(Role.DEPLOY, "kubectl set", 18),)
)
_FILE = Pipeline(
    Location(".github/workflows/release.yml"),
    Forge.GITHUB,
    "release",
    (Trigger("push", branches=("main",)),),
    (_TEST, _DEPLOY),
)
_WHOLE = Pipelines((_FILE,))
_CI = Pipeline(Location(".github/workflows/ci.yml"), Forge.GITHUB, "CI", (Trigger("pull_request"),), (_TEST,))


def _jobs(*jobs: Job) -> Pipelines:
    return Pipelines((replace(_FILE, jobs=jobs),))


_CHAINED = replace(
    _FILE,
    triggers=(Trigger("workflow_run", workflows=("CI",)),),
    jobs=(replace(_DEPLOY, needs=(), condition="github.event.workflow_run.conclusion == 'success'"),),
)


def _alone(*activities: Activity) -> Pipelines:
    return _jobs(replace(_DEPLOY, needs=(), activities=activities))


EXAMPLES = (
    Example("deploy needs test", _WHOLE, holds),
    Example(
        "through a build in between",
        _jobs(_TEST, Job("build", 10, needs=("test",)), replace(_DEPLOY, needs=("build",))),
        holds,
    ),
    Example(
        "tests in the same job, before",
        _jobs(replace(_DEPLOY, needs=(), activities=(_PYTEST, *_DEPLOY.activities))),
        holds,
    ),
    Example("after CI has succeeded", Pipelines((_CI, _CHAINED)), holds),
    Example(
        "deploy does not need test",
        _jobs(_TEST, replace(_DEPLOY, needs=())),
        broken,
        says="without waiting for the tests in job test",
    ),
    Example("if: always()", _jobs(_TEST, replace(_DEPLOY, condition="always()")), broken, says="even when"),
    Example(
        "pytest || true",
        _jobs(replace(_TEST, activities=(replace(_PYTEST, weak="its failure is swallowed (|| true)"),)), _DEPLOY),
        broken,
        says="its failure is swallowed",
    ),
    Example("the test job may fail", _jobs(replace(_TEST, allow_failure=True), _DEPLOY), broken, says="may fail"),
    Example(
        "after CI, whatever came of it",
        Pipelines((_CI, replace(_CHAINED, jobs=(replace(_DEPLOY, needs=()),)))),
        broken,
        says="even when it failed",
    ),
    Example("no tests anywhere", _jobs(replace(_DEPLOY, needs=())), broken, says="no tests run before it"),
    Example(
        "tests before the merge only",
        Pipelines((_CI, replace(_FILE, jobs=(replace(_DEPLOY, needs=()),)))),
        unknown,
        reason=Reason.INSUFFICIENT_PROOF,
    ),
    Example("an unread pipeline", replace(_WHOLE, unread=(".circleci/config.yml",)), unknown, reason=Reason.INCOMPLETE),
    Example("nothing deploys", _jobs(_TEST), unknown, reason=Reason.NOT_DECLARED),
    Example(
        "two jobs are needed, one of them runs regardless",
        _jobs(
            _TEST,
            Job("build", 10, needs=("test",)),
            Job("lint", 11, condition="always()"),
            replace(_DEPLOY, needs=("build", "lint")),
        ),
        holds,
    ),
    Example("a needed job that is elsewhere", _jobs(_TEST, replace(_DEPLOY, needs=("test", "elsewhere"))), holds),
    Example(
        "jobs that need each other",
        _jobs(Job("a", 10, needs=("b",)), Job("b", 11, needs=("a",)), replace(_DEPLOY, needs=("a",))),
        broken,
    ),
    Example(
        "a reusable workflow before it",
        _jobs(Job("call", 10, opaque=("acme/ci",)), replace(_DEPLOY, needs=("call",))),
        unknown,
        says="acme/ci",
        reason=Reason.INSUFFICIENT_PROOF,
    ),
    Example(
        "an action of unknown content in it",
        _jobs(replace(_DEPLOY, needs=(), opaque=("acme/ship",))),
        unknown,
        says="acme/ship",
        reason=Reason.INSUFFICIENT_PROOF,
    ),
    Example(
        "tests in the same job, and its deploy step runs always",
        _alone(_PYTEST, replace(_DEPLOY.activities[0], condition="always()")),
        broken,
        says="no tests run before it",
    ),
    Example(
        "tests in the same job, after",
        _alone(*_DEPLOY.activities, replace(_PYTEST, line=30)),
        broken,
        says="no tests run before it",
    ),
    Example("tests and deploy in one line", _alone(*_DEPLOY.activities, replace(_PYTEST, line=18)), broken),
    Example(
        "a build in the same job",
        _alone(Activity(Role.IMAGE_BUILD, "docker build", 9), *_DEPLOY.activities),
        broken,
        says="no tests run before it",
    ),
    Example(
        "a build in the same job that may fail",
        _alone(Activity(Role.IMAGE_BUILD, "docker build", 9, weak="|| true"), *_DEPLOY.activities),
        broken,
        says="no tests run before it",
    ),
    Example(
        "tests in the same job that cannot fail it",
        _alone(replace(_PYTEST, weak="|| true"), *_DEPLOY.activities),
        broken,
        says="cannot stop it",
    ),
    Example(
        "after another workflow than CI",
        Pipelines(
            (
                _CI,
                replace(_CI, name="Lint", jobs=()),
                replace(_CHAINED, triggers=(Trigger("workflow_run", workflows=("Lint",)),)),
            )
        ),
        unknown,
        says="without tests of its own",
        reason=Reason.INSUFFICIENT_PROOF,
    ),
    Example("after CI, which also lints", Pipelines((replace(_CI, jobs=(Job("lint", 4), _TEST)), _CHAINED)), holds),
    Example(
        "after CI and a workflow that is not here",
        Pipelines(
            (replace(_CI, jobs=()), replace(_CHAINED, triggers=(Trigger("workflow_run", workflows=("CI", "E2E")),)))
        ),
        unknown,
        says="was not found",
        reason=Reason.INSUFFICIENT_PROOF,
    ),
    Example(
        "a lint job that may fail",
        _jobs(Job("lint", 4, allow_failure=True), replace(_DEPLOY, needs=("lint",))),
        broken,
        says="no tests run before it",
    ),
    Example(
        "the test job never runs",
        _jobs(replace(_TEST, condition="false"), _DEPLOY),
        broken,
        says="no tests run before it",
    ),
    Example("a lint job beside it", _jobs(Job("lint", 4), replace(_DEPLOY, needs=())), broken, says="no tests"),
    Example(
        "if: always() without needs",
        _jobs(replace(_DEPLOY, needs=(), condition="always()")),
        broken,
        says="no tests run before it",
    ),
    Example(
        "a build before it",
        _jobs(Job("build", 4), replace(_DEPLOY, needs=("build",))),
        broken,
        says="no tests run before it",
    ),
    Example(
        "nightly tests elsewhere",
        Pipelines((replace(_CI, triggers=(Trigger("schedule"),)), replace(_FILE, jobs=(replace(_DEPLOY, needs=()),)))),
        broken,
        says="no tests run before it",
    ),
    Example(
        "only a lint job before the merge",
        Pipelines((replace(_CI, jobs=(Job("lint", 4),)), replace(_FILE, jobs=(replace(_DEPLOY, needs=()),)))),
        broken,
        says="no tests run before it",
    ),
    Example(
        "no tests in what was read",
        replace(_jobs(replace(_DEPLOY, needs=())), unread=("Jenkinsfile",)),
        unknown,
        says="Jenkinsfile may run them",
        reason=Reason.INSUFFICIENT_PROOF,
    ),
    Example(
        "a job beside it that builds and tests",
        _jobs(
            replace(_TEST, activities=(Activity(Role.IMAGE_BUILD, "docker build", 7), _PYTEST)),
            replace(_DEPLOY, needs=()),
        ),
        broken,
        says="without waiting for the tests in job test",
    ),
    Example(
        "after CI has succeeded, written without blanks",
        Pipelines(
            (
                _CI,
                replace(
                    _CHAINED,
                    jobs=(replace(_CHAINED.jobs[0], condition="github.event.workflow_run.conclusion=='success'"),),
                ),
            )
        ),
        holds,
    ),
)
