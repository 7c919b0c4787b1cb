"""What a repository's configuration fetches from elsewhere by name: images, actions, modules, hooks."""

from dataclasses import dataclass
from enum import StrEnum

from prodproof.facts.dependencies import Purpose


class ReferenceKind(StrEnum):
    """What is fetched."""

    IMAGE = "image"
    ACTION = "action"
    """A GitHub action or reusable workflow: a tag can be moved by whoever owns it."""

    MODULE = "module"
    """A terraform module, or an included GitLab CI file."""

    PROVIDER = "provider"
    """A terraform provider; the lock file beside it counts."""

    HOOK = "hook"
    """A pre-commit hook's repository."""

    PACKAGE = "package"
    """A package that a command of a Dockerfile installs by name."""


@dataclass(frozen=True, kw_only=True)
class Reference:
    """One thing that is fetched."""

    kind: ReferenceKind
    name: str
    """Without version: `docker.io/library/python`, `actions/checkout`, `git::https://…`."""

    written: str
    version: str | None = None
    """Tag, branch, commit or version constraint; None where there is none."""

    digest: str | None = None
    undecided: bool = False
    """Only the build or the deployment decides (a build argument or variable without a default, a template)."""

    locked: bool = False
    """A lock file in the same folder fixes it."""

    line: int | None = None


@dataclass(frozen=True, kw_only=True)
class ExternalReferences:
    """One configuration file with what it fetches."""

    path: str
    form: str
    """`Dockerfile`, `compose`, `Kubernetes`, `workflow`, `GitLab CI`, `terraform`, `pre-commit`, `Helm values`."""

    purpose: Purpose
    references: tuple[Reference, ...] = ()
