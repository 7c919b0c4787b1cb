"""What a pipeline does: GitHub Actions workflows and GitLab CI configurations in one form.

Scripts and variables are kept only as what was recognised in them, for a script can hold a secret.
"""

from dataclasses import dataclass
from enum import StrEnum

from prodproof.facts.location import Location


class Forge(StrEnum):
    """Whose pipeline it is."""

    GITHUB = "github"
    GITLAB = "gitlab"


class Role(StrEnum):
    """What a step was recognised to do."""

    STATIC_ANALYSIS = "static analysis"
    DEPENDENCY_SCAN = "dependency scan"
    SECRET_DETECTION = "secret detection"
    VULNERABILITY_SCAN = "vulnerability scan"
    TESTS = "tests"
    DEPLOY = "deploy"
    SSH = "ssh"
    LOCAL_CLUSTER = "local cluster"
    """Starts a throw-away cluster, so that what is applied afterwards is no deployment."""

    IMAGE_BUILD = "image build"


@dataclass(frozen=True)
class Activity:
    """One recognised thing that a step does."""

    role: Role
    tool: str
    """The action or the program, without its arguments: `appleboy/ssh-action`, `kubectl apply`."""

    line: int
    step: int = 0
    """Place of its step within the job, from 0."""

    weak: str = ""
    """Why its failure does not fail the job, or why it may do nothing; empty if it can fail the job."""

    condition: str = ""
    """The step's own condition."""


@dataclass(frozen=True)
class LongLivedCredential:
    """A login that uses a stored key where a short-lived one could be had."""

    provider: str
    """`AWS`, `Google Cloud`, `a container registry` ..."""

    name: str
    """Name of the secret or input; never its value."""

    line: int


@dataclass(frozen=True)
class Hazard:
    """A thing in a GitLab CI file that weakens the pipeline itself."""

    rule: str
    what: str
    line: int
    key: str


@dataclass(frozen=True)
class Job:
    """One job; jobs of local reusable workflows and includes stand among their caller's."""

    id: str
    """`caller/job` for a job of a reusable workflow."""

    line: int
    needs: tuple[str, ...] = ()
    condition: str = ""
    """The `if:` of the job and of its callers, joined with `&&`; GitLab: `never`, `always` or empty."""

    allow_failure: bool = False
    manual: bool = False
    environment: str = ""
    activities: tuple[Activity, ...] = ()
    opaque: tuple[str, ...] = ()
    """What may do anything: reusable workflows, actions and templates that live elsewhere, and what it calls in the
    repository that could not be read, with the reason."""

    on_change: bool = True
    """Whether it runs for every change (GitLab: by its rules; GitHub: by the workflow's triggers alone)."""

    self_hosted: bool = False
    """Runs on a runner of the team's own (GitHub label `self-hosted`)."""


@dataclass(frozen=True)
class Trigger:
    """An event that starts a pipeline."""

    event: str
    branches: tuple[str, ...] = ()
    """Branches that it is limited to; empty: all."""

    tags_only: bool = False
    types: tuple[str, ...] = ()
    workflows: tuple[str, ...] = ()
    """For `workflow_run`: names of the workflows that start it."""


@dataclass(frozen=True)
class Pipeline:
    """One workflow file, or the whole of a GitLab CI configuration with its local includes."""

    location: Location
    forge: Forge
    name: str
    triggers: tuple[Trigger, ...]
    jobs: tuple[Job, ...]
    credentials: tuple[LongLivedCredential, ...] = ()
    hazards: tuple[Hazard, ...] = ()
    opaque: tuple[str, ...] = ()
    """Includes that live elsewhere."""

    def events(self) -> frozenset[str]:
        """Names of the events that start it."""
        return frozenset(trigger.event for trigger in self.triggers)


@dataclass(frozen=True)
class Pipelines:
    """All pipelines of one repository: what claims about the whole are judged on."""

    files: tuple[Pipeline, ...]
    unread: tuple[str, ...] = ()
    """Pipeline files that could not be read or parsed, and those of other systems (CircleCI, Jenkins ...)."""

    builds_images: bool = False
    """Whether the repository has a Dockerfile or a pipeline that builds an image."""


@dataclass(frozen=True)
class DeployScript:
    """A script of the repository that deploys, read for remote shells."""

    location: Location
    activities: tuple[Activity, ...]
    opaque: tuple[str, ...] = ()
    """What it calls and could not be read, with the reason."""


@dataclass(frozen=True)
class AuditFinding:
    """One finding of a workflow audit."""

    rule: str
    """The audit's identifier: `template-injection`."""

    severity: str
    """informational, low, medium or high."""

    confidence: str
    message: str
    line: int
    key: str
    """Place in the file that survives edits elsewhere: `jobs.build.steps`."""


@dataclass(frozen=True)
class WorkflowAudit:
    """What the auditor said about one workflow or action file."""

    location: Location
    tool: str
    """Name and version."""

    findings: tuple[AuditFinding, ...]
    self_hosted: tuple[str, ...] = ()
    """Jobs that run on the team's own runners."""
