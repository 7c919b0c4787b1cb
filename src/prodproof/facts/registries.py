"""Where a repository's settings say that packages come from."""

from dataclasses import dataclass
from enum import StrEnum

from prodproof.facts.dependencies import Ecosystem, Purpose


class RegistryUse(StrEnum):
    """How a registry stands beside the others."""

    DEFAULT = "default"
    """The only one, in place of the public one."""

    EXTRA = "extra"
    """Beside another, and the highest version of either wins: a public namesake can take a private name over."""

    FIRST = "first"
    """Beside another, asked before it; a name that it has is taken from nowhere else."""

    SCOPED = "scoped"
    """For named packages or one scope only."""


@dataclass(frozen=True, kw_only=True)
class RegistrySource:
    """One registry in one file."""

    use: RegistryUse
    host: str
    written: str
    """Without credentials."""

    insecure: bool = False
    """Plain HTTP, or its certificate is not checked."""

    line: int | None = None


@dataclass(frozen=True, kw_only=True)
class RegistrySettings:
    """What one file says about registries."""

    path: str
    ecosystem: Ecosystem
    purpose: Purpose
    sources: tuple[RegistrySource, ...]
    unhashed: tuple[str, ...] = ()
    """Names of packages of this ecosystem, in the whole repository, that are installed without a hash."""
