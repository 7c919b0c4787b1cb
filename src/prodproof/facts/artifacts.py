"""What is built into images, manifests and packages."""

from dataclasses import dataclass
from enum import StrEnum

from prodproof.facts.location import Location
from prodproof.facts.traced import Traced


class Baking(StrEnum):
    """How something secret gets into what is built."""

    IMAGE_VARIABLE = "image-variable"
    """`ENV NAME=literal`, or `ARG` with a default."""

    BUILD_ARGUMENT = "build-argument"
    """`ARG NAME` without a value: whoever builds gives it, and the image's history keeps it."""

    COMMAND = "command"
    """A literal in a `RUN` line: `RUN NAME=literal command`."""

    COPY = "copy"
    """A file for credentials is copied into the image."""

    CONFIG_MAP = "config-map"
    SECRET_MANIFEST = "secret-manifest"
    """A literal in a Kubernetes Secret, base64 or not."""

    CONTAINER_VARIABLE = "container-variable"
    """A literal in the environment of a container: Kubernetes, compose."""


@dataclass(frozen=True, kw_only=True)
class Baked:
    """One name that stands for a secret, and that is given a literal value (or a file) where things are built."""

    how: Baking
    name: str
    """Of the variable, key or file; never a value."""

    location: Location
    object: str = ""
    """The Kubernetes object or compose service: `ConfigMap shop`."""


@dataclass(frozen=True, kw_only=True)
class BuildFiles:
    """The Dockerfiles, Kubernetes manifests and compose files of a repository."""

    files: int
    baked: tuple[Baked, ...] = ()
    traced: Traced


@dataclass(frozen=True, kw_only=True)
class ArtifactSearch:
    """The files of one declared artifact, searched through."""

    kind: str
    files: tuple[str, ...]
    """Relative to the system file."""

    traced: Traced
