"""What scanners and our own reading say about files that describe infrastructure."""

from dataclasses import dataclass
from enum import StrEnum

from prodproof.facts.location import Location


class InfrastructureKind(StrEnum):
    """The language of an infrastructure file."""

    TERRAFORM = "terraform"
    CLOUDFORMATION = "cloudformation"
    KUBERNETES = "kubernetes"
    COMPOSE = "compose"
    NGINX = "nginx"


@dataclass(frozen=True, kw_only=True)
class Flaw:
    """One misconfiguration, as the scanner names it."""

    check: str
    """The scanner's own id: `CKV_AWS_20`; `nginx-ssrf` for our own reading."""

    title: str
    about: str
    """The resource or directive: `aws_s3_bucket.logs`."""

    severe: bool = True
    """False for advice: shown in the raw results, not a finding of ours."""

    line: int | None = None


@dataclass(frozen=True, kw_only=True)
class InfrastructureFile:
    """One file of infrastructure as code and what was found in it."""

    kind: InfrastructureKind
    scanner: str
    """Name and version: `checkov 3.3.8`, `prodproof` for nginx."""

    flaws: tuple[Flaw, ...] = ()
    unjudged: str = ""
    """What in it could not be evaluated; empty when all of it was."""

    location: Location
