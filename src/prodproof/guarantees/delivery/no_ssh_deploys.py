"""Deployments need no SSH to servers in normal conditions.

Risk: A pipeline that may log in to the server may do anything there: whoever takes the pipeline owns the machine, and
what was typed on it is nowhere written down.
Verified: Workflow steps, GitLab scripts and deploy scripts (deploy.sh, make targets, fabfile.py) are read for ssh, scp,
rsync, Fabric, Capistrano and ad hoc Ansible towards other hosts. An `ssh` without a command of its own is no finding:
its key can be bound to one forced command. The host's log of logins is not read yet.
Mend: Let the server fetch what it runs: push an image and update the service (ECS, Kubernetes, `docker service`), or a
pull agent (Argo CD, Flux, a systemd timer). As a step on the way bind the machine key to one command:
`restrict,command="/usr/local/bin/deploy"` in authorized_keys.
"""

from dataclasses import replace

from prodproof.facts import Location, Reason
from prodproof.facts.pipeline import Activity, DeployScript, Forge, Job, Pipeline, Role, Trigger
from prodproof.guarantees._pipelines import never_runs
from prodproof.verdicts import Example, Finding, Verdict, broken, guarantee, holds, unknown


@guarantee(
    "delivery.no-ssh-deploys",
    seeds="M-D6",
    proof="inside",
    severity="medium",
    verifiable=False,
    nothing="no pipeline and no deploy script was found in the repositories",
)
def judge(pipeline: Pipeline) -> Verdict:
    """Steps that reach a server's shell."""
    findings = [
        _finding(pipeline.location, item, f"job {job.id}", f"{job.id}:{item.tool}")
        for job in pipeline.jobs
        if not never_runs(job)
        for item in job.activities
        if item.role is Role.SSH and not item.weak.startswith(("if: false", "when: never"))
    ]
    return broken(*findings) if findings else holds("no step logs in to a server")


@judge.also
def judge_script(script: DeployScript) -> Verdict:
    """The same in a script that is run by hand."""
    findings = [
        _finding(script.location, item, "the deploy script", item.tool)
        for item in script.activities
        if item.role is Role.SSH
    ]
    if findings:
        return broken(*findings)
    if script.opaque:
        return unknown(Reason.INCOMPLETE, f"{script.opaque[0]}: it may log in to a server")
    return holds("the deploy script logs in to no server")


def _finding(location: Location, item: Activity, who: str, key: str) -> Finding:
    return Finding("ssh-deploy", f"{who} reaches a server by {item.tool}", Location(location.path, item.line), key)


_IMAGE = Activity(Role.DEPLOY, "kubectl set", 14)
_SSH = Activity(Role.SSH, "ssh", 14)
_WHOLE = Pipeline(
    Location(".github/workflows/deploy.yml"),
    Forge.GITHUB,
    "deploy",
    (Trigger("push"),),
    (Job("deploy", 8, activities=(_IMAGE,)),),
)
_SCRIPT = DeployScript(Location("deploy.sh"), (_IMAGE,))

EXAMPLES = (
    Example("an image is rolled out", _WHOLE, holds),
    Example("ssh and git pull", replace(_WHOLE, jobs=(Job("deploy", 8, activities=(_SSH,)),)), broken, says="by ssh"),
    Example(
        "a job that never runs", replace(_WHOLE, jobs=(Job("deploy", 8, condition="false", activities=(_SSH,)),)), holds
    ),
    Example("a deploy script without a remote shell", _SCRIPT, holds),
    Example(
        "a deploy script that calls what cannot be read",
        replace(_SCRIPT, opaque=("bin/ship.sh may not be read",)),
        unknown,
        reason=Reason.INCOMPLETE,
    ),
    Example(
        "rsync to the server", replace(_SCRIPT, activities=(replace(_SSH, tool="rsync"),)), broken, says="by rsync"
    ),
    Example(
        "a step that never runs",
        replace(_WHOLE, jobs=(Job("deploy", 8, activities=(replace(_SSH, weak="if: false in this step"),)),)),
        holds,
    ),
    Example(
        "a rule that never runs",
        replace(_WHOLE, jobs=(Job("deploy", 8, activities=(replace(_SSH, weak="when: never in its rules"),)),)),
        holds,
    ),
    Example(
        "a step whose failure is swallowed",
        replace(_WHOLE, jobs=(Job("deploy", 8, activities=(replace(_SSH, weak="|| true"),)),)),
        broken,
    ),
    Example(
        "a step that sets an image, never run",
        replace(_WHOLE, jobs=(Job("deploy", 8, activities=(replace(_IMAGE, weak="|| true"),)),)),
        holds,
    ),
)
