"""Static analysis, dependency scanning, secret detection and vulnerability scanning run on every change and can fail
it.

Risk: A password in a commit, or a library with a published hole, goes live like any other change, because nobody looks
and nothing stops it.
Verified: GitHub Actions and GitLab CI are parsed, with local reusable workflows, composite actions, includes, make
targets, package scripts and pre-commit hooks: which scanner runs, on which trigger, and whether its failure fails the
run. A vulnerability scan is asked for where images are built. Not seen yet: what the forge does without a workflow
(CodeQL's default set-up, push protection), and whether the check is required.
Mend: On `pull_request` run one of each, without `continue-on-error` or `|| true`: CodeQL, Semgrep or Bandit; pip-audit,
OSV-Scanner or dependency-review; Gitleaks or TruffleHog (`--fail`); Trivy with `exit-code: 1` on the image that you
build. Then require the checks on the production branch.
"""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from prodproof.facts import Location, Reason
from prodproof.facts.pipeline import Activity, Forge, Job, Pipeline, Pipelines, Role, Trigger
from prodproof.guarantees._pipelines import never_runs, runs_on_change
from prodproof.verdicts import Example, Finding, Verdict, broken, guarantee, holds, unknown

_ASKED = (Role.STATIC_ANALYSIS, Role.DEPENDENCY_SCAN, Role.SECRET_DETECTION, Role.VULNERABILITY_SCAN)


@guarantee("supply.checks-in-pipeline", seeds="L-3", proof="inside", severity="medium", verifiable=False)
def judge(pipelines: Pipelines) -> Verdict:
    """For each kind of check, the best place in which it runs."""
    findings, missing = [], []
    for role in _ASKED:
        if role is Role.VULNERABILITY_SCAN and not pipelines.builds_images:
            continue
        flaws = list(_flaws(pipelines, role))
        if None in flaws:
            continue
        known = [flaw for flaw in flaws if flaw]
        if known:
            findings.append(
                min(known, key=lambda flaw: flaw.rule)
            )  # the nearest miss: it runs on changes, but cannot fail
        else:
            missing.append(role)
    if (findings or missing) and (elsewhere := _unseen_places(pipelines)):
        what = (
            findings[0].message
            if findings
            else f"no {' and no '.join(role.value for role in missing)} in what was read"
        )
        return unknown(Reason.INCOMPLETE, f"{what}; {elsewhere} was not read and may run it")
    findings += [
        Finding("check-missing", f"no pipeline runs any {role.value}", key=role.name.lower()) for role in missing
    ]
    if findings:
        return broken(*findings)
    return holds("every kind of check runs on every change and can fail it")


def _flaws(pipelines: Pipelines, role: Role) -> Iterable[Finding | None]:
    """None for a run of the check that is as it must be; what is wrong with it otherwise."""
    for pipeline in pipelines.files:
        for job in pipeline.jobs:
            for item in job.activities:
                if item.role is role:
                    yield _flaw(pipeline, job, item)


def _flaw(pipeline: Pipeline, job: Job, item: Activity) -> Finding | None:
    weak = item.weak or ("its job may fail (continue-on-error or allow_failure)" if job.allow_failure else "")
    weak = weak or ("its job never runs" if never_runs(job) else "")
    location = Location(pipeline.location.path, item.line)
    key = f"{item.role.name.lower()}:{job.id}"
    if weak:
        message = f"the {item.role.value} ({item.tool}) cannot fail the run: {weak}"
        return Finding("check-cannot-fail", message, location, key)
    if not runs_on_change(pipeline, job, item.condition):
        events = ", ".join(sorted(pipeline.events())) if pipeline.forge is Forge.GITHUB else "some pipelines only"
        message = (
            f"the {item.role.value} ({item.tool}) does not run on every change before it is merged, but on: {events}"
        )
        return Finding("check-not-on-change", message, location, key)
    return None


def _unseen_places(pipelines: Pipelines) -> str:
    if pipelines.unread:
        return pipelines.unread[0]
    for pipeline in pipelines.files:
        if pipeline.opaque:
            return pipeline.opaque[0]
        for job in pipeline.jobs:
            if job.opaque and runs_on_change(pipeline, job):
                return job.opaque[0]
    return ""


def _job(*activities: Activity, **changes: Any) -> Job:
    return Job("checks", 8, activities=activities, **changes)


_BANDIT = Activity(Role.STATIC_ANALYSIS, "bandit", 10)
_AUDIT = Activity(Role.DEPENDENCY_SCAN, "pip-audit", 11)
_LEAKS = Activity(Role.SECRET_DETECTION, "gitleaks", 12)
_TRIVY = Activity(Role.VULNERABILITY_SCAN, "aquasecurity/trivy-action", 13)
_FILE = Pipeline(
    Location(".github/workflows/checks.yml"),
    Forge.GITHUB,
    "checks",
    (Trigger("pull_request"), Trigger("push", branches=("main",))),
    (_job(_BANDIT, _AUDIT, _LEAKS, _TRIVY),),
)
_WHOLE = Pipelines((_FILE,), builds_images=True)


def _with(**changes: Any) -> Pipelines:
    return replace(_WHOLE, files=(replace(_FILE, **changes),))


def _without(role: Role) -> Pipelines:
    every = (_BANDIT, _AUDIT, _LEAKS, _TRIVY)
    return _with(jobs=(_job(*(item for item in every if item.role is not role)),))


EXAMPLES = (
    Example("all four on pull requests", _WHOLE, holds),
    Example(
        "no images, so no scan of them",
        replace(_with(jobs=(_job(_BANDIT, _AUDIT, _LEAKS),)), builds_images=False),
        holds,
    ),
    Example(
        "images, but no scan of them",
        _with(jobs=(_job(_BANDIT, _AUDIT, _LEAKS),)),
        broken,
        says="no pipeline runs any vulnerability scan",
    ),
    Example(
        "a scanner with continue-on-error",
        _with(jobs=(_job(_BANDIT, replace(_AUDIT, weak="continue-on-error"), _LEAKS, _TRIVY),)),
        broken,
        says="cannot fail the run: continue-on-error",
    ),
    Example("the whole job may fail", _with(jobs=(_job(_BANDIT, _AUDIT, _LEAKS, _TRIVY, allow_failure=True),)), broken),
    Example("once a week only", _with(triggers=(Trigger("schedule"),)), broken, says="not run on every change"),
    Example("only after the merge", _with(triggers=(Trigger("push", branches=("main",)),)), broken),
    Example(
        "one workflow could not be read",
        replace(_with(jobs=()), unread=(".github/workflows/scan.yml",)),
        unknown,
        reason=Reason.INCOMPLETE,
    ),
    Example(
        "a reusable workflow from elsewhere",
        _with(jobs=(Job("scan", 4, opaque=("acme/ci/.github/workflows/scan.yml@v1",)),)),
        unknown,
        reason=Reason.INCOMPLETE,
    ),
    *(
        Example(f"no {role.value}", _without(role), broken, says=f"no pipeline runs any {role.value}")
        for role in (Role.STATIC_ANALYSIS, Role.DEPENDENCY_SCAN, Role.SECRET_DETECTION)
    ),
    Example(
        "no images, but a scan that may fail",
        replace(_with(jobs=(_job(_BANDIT, _AUDIT, _LEAKS, replace(_TRIVY, weak="|| true")),)), builds_images=False),
        holds,
    ),
    Example(
        "one scan runs as it must, another does not",
        _with(jobs=(_job(_BANDIT, _AUDIT, _LEAKS, _TRIVY), _job(replace(_AUDIT, weak="|| true")))),
        holds,
    ),
    Example(
        "the nearer miss is named",
        _with(
            jobs=(
                _job(_BANDIT, _LEAKS, _TRIVY),
                replace(_job(_AUDIT), condition="github.event_name == 'schedule'"),
                _job(replace(_AUDIT, weak="|| true")),
            )
        ),
        broken,
        says="cannot fail the run",
    ),
    Example(
        "a check that cannot fail, and an unread pipeline",
        replace(_with(jobs=(_job(_BANDIT, replace(_AUDIT, weak="|| true"), _LEAKS, _TRIVY),)), unread=("Jenkinsfile",)),
        unknown,
        says="Jenkinsfile",
        reason=Reason.INCOMPLETE,
    ),
    Example("all four, and an unread pipeline", replace(_WHOLE, unread=("Jenkinsfile",)), holds),
    Example(
        "its job never runs",
        _with(jobs=(replace(_job(_BANDIT, _AUDIT, _LEAKS, _TRIVY), condition="false"),)),
        broken,
        says="never runs",
    ),
    Example(
        "an include from elsewhere",
        replace(
            _without(Role.DEPENDENCY_SCAN),
            files=(replace(_without(Role.DEPENDENCY_SCAN).files[0], opaque=("acme/ci-templates",)),),
        ),
        unknown,
        says="acme/ci-templates",
        reason=Reason.INCOMPLETE,
    ),
    Example(
        "a reusable workflow that runs nightly",
        _with(triggers=(Trigger("schedule"),), jobs=(Job("scan", 4, opaque=("acme/ci/scan.yml@v1",)),)),
        broken,
    ),
    Example(
        "no images, and no dependency scan",
        replace(_without(Role.DEPENDENCY_SCAN), builds_images=False),
        broken,
        says="no pipeline runs any dependency scan",
    ),
)
