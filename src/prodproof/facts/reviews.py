"""What a repository asks of those who write and review changes: templates, owners, threat models."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from prodproof.facts.location import Location


class Topic(StrEnum):
    """The security questions of a review."""

    INPUT = "input"
    SECRETS = "secrets"
    ATTACK_SURFACE = "attack surface"
    PERMISSIONS = "permissions"
    LOGGING = "safe logging"


class Sensitivity(StrEnum):
    """Why code is sensitive."""

    AUTHENTICATION = "authentication"
    PAYMENTS = "payments"
    PERSONAL_DATA = "personal data"
    ADMINISTRATION = "administration"
    SETTINGS = "settings"
    PIPELINE = "the pipeline"
    DECLARED = "declared as sensitive"


@dataclass(frozen=True)
class OwnedPath:
    """A sensitive file or folder, and who must look at its changes."""

    path: str
    kind: Sensitivity
    owned: bool
    """Whether every file of it has an owner."""

    example: str = ""
    """A file without one."""

    line: int | None = None
    """The line of CODEOWNERS that decides about the example."""


@dataclass(frozen=True)
class ReviewQuestions:
    """Pull request template and code owners."""

    template: str | None
    """Path of the template that authors get."""

    topics: tuple[Topic, ...]
    owners_file: str | None
    sensitive: tuple[OwnedPath, ...]


@dataclass(frozen=True)
class StoryTemplate:
    """A template for issues or pull requests."""

    location: Location
    kind: str
    """`story` (feature, task, change), `bug` or `change` (pull or merge request)."""

    asks_security: bool
    """Carries acceptance criteria (a heading, a checkbox or a form field) that speak of security."""


@dataclass(frozen=True)
class StoryTemplates:
    """All templates of a repository."""

    templates: tuple[StoryTemplate, ...]


@dataclass(frozen=True)
class SensitiveModule:
    """Code that needs a threat model."""

    path: str
    kind: Sensitivity
    changed: datetime | None
    """Its last large change since it was made, from the history; None if there was none (or no history)."""


@dataclass(frozen=True)
class ThreatModel:
    """A threat model file."""

    location: Location
    dated: str | None
    """The date that it bears."""

    owner: str | None
    changed: datetime | None
    """When the file was last committed."""

    covers: tuple[str, ...]
    """Paths of the sensitive modules that it names, by path or by topic."""


@dataclass(frozen=True)
class ThreatModelling:
    """Sensitive code and the models of it."""

    modules: tuple[SensitiveModule, ...]
    models: tuple[ThreatModel, ...]
    history: str = ""
    """Why the history cannot tell when code changed; empty if it can."""
