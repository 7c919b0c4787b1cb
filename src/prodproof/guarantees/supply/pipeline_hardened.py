"""Build runners are isolated, tokens carry the least permissions, and no untrusted input reaches a script.

Risk: A stranger opens a pull request with a clever title or branch name, and your build machine runs it, with your
secrets and the right to change your releases.
Verified: GitHub workflows and actions are audited with zizmor, offline; what a repository writes to silence it is not
heeded. A finding counts from medium severity and medium confidence; pinning is judged by `supply.versions-pinned`.
File names of a change that are pasted into a script are looked for as well. GitLab: untrusted variables that a shell
evaluates, remote includes without a hash, docker-in-docker, debug traces. Whether self-hosted runners are thrown away
after each job only the forge knows, so they are unknown.
Mend: Hand untrusted values over as `env:` and quote them; `permissions: {}` at the top and the least per job;
`pull_request` in place of `pull_request_target`; never check a fork's head out where there are secrets;
ephemeral runners. GitLab: `integrity:` on remote includes, kaniko or buildah in place of docker-in-docker.
"""

from dataclasses import replace

from prodproof.facts import Location, Reason
from prodproof.facts.pipeline import AuditFinding, Forge, Hazard, Pipeline, Trigger, WorkflowAudit
from prodproof.verdicts import Example, Finding, Verdict, broken, guarantee, holds, not_applicable, unknown

_COUNTS = {"medium", "high"}
_ELSEWHERE = {
    "unpinned-uses", "unpinned-images", "stale-action-refs", "ref-version-mismatch", "unpinned-tools",
    "dependabot-cooldown", "dependabot-execution",
    "use-trusted-publishing",
}  # fmt: skip
"""Audits that other guarantees answer for, or that are about other things."""

_PER_JOB = "excessive-permissions"


@guarantee(
    "supply.pipeline-hardened",
    seeds="L-3 H-guide-SLSA",
    proof="inside",
    severity="high",
    nothing="no pipeline of GitHub Actions or GitLab CI was found in the repositories",
)
def judge(audit: WorkflowAudit) -> Verdict:
    """The audit's findings that are likely and weighty."""
    counted = [
        item
        for item in audit.findings
        if item.rule not in _ELSEWHERE and item.severity in _COUNTS and item.confidence in _COUNTS
    ]
    findings = [
        Finding(item.rule, item.message, Location(audit.location.path, item.line), item.key)
        for item in counted
        if item.rule != _PER_JOB
    ]
    broad = [item for item in counted if item.rule == _PER_JOB]
    if broad:  # said of the workflow and of each of its jobs; one line mends them all
        findings.append(Finding(_PER_JOB, broad[0].message, Location(audit.location.path, broad[0].line)))
    if findings:
        return broken(*findings)
    if audit.self_hosted:
        jobs = ", ".join(audit.self_hosted[:3])
        return unknown(
            Reason.NOT_CONFIGURED,
            f"runs on self-hosted runners ({jobs}); whether they are thrown away after each job only the forge knows",
        )
    return holds(f"{audit.tool} finds nothing")


@judge.also
def judge_pipeline(pipeline: Pipeline) -> Verdict:
    """What the audit does not know: the few things that weaken a GitLab pipeline, file names in a GitHub script."""
    if pipeline.hazards:
        return broken(
            *(
                Finding(item.rule, item.what, Location(pipeline.location.path, item.line), item.key)
                for item in pipeline.hazards
            )
        )
    if pipeline.forge is Forge.GITHUB:
        return not_applicable("GitHub workflows are audited file by file")
    if pipeline.opaque:
        return unknown(Reason.INCOMPLETE, f"{pipeline.opaque[0]} is included and cannot be read from here")
    return holds("no hazard in the GitLab pipeline")


_WHOLE = WorkflowAudit(Location(".github/workflows/ci.yml"), "zizmor 1.32.0", ())
_FINDING = AuditFinding(
    "template-injection",
    "high",
    "high",
    "template-injection: may expand into attacker-controllable code",
    12,
    "jobs.build.steps",
)
_GITLAB = Pipeline(Location(".gitlab-ci.yml"), Forge.GITLAB, ".gitlab-ci.yml", (Trigger("pipeline"),), ())

EXAMPLES = (
    Example("nothing found", _WHOLE, holds),
    Example("a title in a script", replace(_WHOLE, findings=(_FINDING,)), broken, says="attacker-controllable"),
    Example("a remark of low severity", replace(_WHOLE, findings=(replace(_FINDING, severity="low"),)), holds),
    Example("a guess", replace(_WHOLE, findings=(replace(_FINDING, confidence="low"),)), holds),
    Example(
        "an unpinned action, judged elsewhere",
        replace(_WHOLE, findings=(replace(_FINDING, rule="unpinned-uses"),)),
        holds,
    ),
    Example("self-hosted runners", replace(_WHOLE, self_hosted=("build",)), unknown, reason=Reason.NOT_CONFIGURED),
    Example("a plain GitLab pipeline", _GITLAB, holds),
    Example(
        "docker-in-docker",
        replace(_GITLAB, hazards=(Hazard("privileged-runner", "job build runs docker-in-docker", 4, "build"),)),
        broken,
    ),
    Example(
        "an include from another project",
        replace(_GITLAB, opaque=("acme/ci-templates",)),
        unknown,
        reason=Reason.INCOMPLETE,
    ),
    Example(
        "names of changed files in a script",
        replace(
            _GITLAB, forge=Forge.GITHUB, hazards=(Hazard("untrusted-input", "pastes file names", 9, "test:files"),)
        ),
        broken,
    ),
    Example("a GitHub workflow", replace(_GITLAB, forge=Forge.GITHUB), not_applicable),
    Example("a remark of medium severity", replace(_WHOLE, findings=(replace(_FINDING, severity="medium"),)), broken),
    *(
        Example(f"{rule}, judged elsewhere", replace(_WHOLE, findings=(replace(_FINDING, rule=rule),)), holds)
        for rule in (
            "unpinned-images",
            "stale-action-refs",
            "ref-version-mismatch",
            "unpinned-tools",
            "dependabot-cooldown",
            "dependabot-execution",
            "use-trusted-publishing",
        )
    ),
    Example(
        "broad permissions are one finding",
        replace(
            _WHOLE,
            findings=(
                replace(_FINDING, rule="excessive-permissions"),
                replace(_FINDING, rule="excessive-permissions"),
                _FINDING,
            ),
        ),
        broken,
        says="(and 1 more)",
    ),
    Example(
        "broad permissions alone",
        replace(_WHOLE, findings=(replace(_FINDING, rule="excessive-permissions", message="permissions: write-all"),)),
        broken,
        says="write-all",
    ),
)
