"""What a repository depends on by manifest, and which bot proposes updates for it."""

from dataclasses import dataclass

from prodproof.facts.location import Location


@dataclass(frozen=True)
class Manifest:
    """A folder with dependencies of one ecosystem."""

    ecosystem: str
    """As Dependabot names it: `pip`, `uv`, `npm`, `docker`, `github-actions` ..."""

    directory: str
    """From the repository's root, `/` or `/app`."""

    path: str


@dataclass(frozen=True)
class UpdateRule:
    """One entry of a bot's configuration."""

    bot: str
    """`dependabot` or `renovate`."""

    ecosystems: tuple[str, ...]
    """`*` for all."""

    directories: tuple[str, ...]
    """Folders or globs of folders; `**` for all."""

    excluded: tuple[str, ...] = ()
    """Globs of paths that are left out."""

    disabled: bool = False
    """Proposes no version updates (a limit of 0 open pull requests, `enabled: false`)."""

    location: Location | None = None


@dataclass(frozen=True)
class UpdateBots:
    """Manifests, and the bots' rules."""

    manifests: tuple[Manifest, ...]
    rules: tuple[UpdateRule, ...]
    configuration: tuple[str, ...] = ()
    """Configuration files that were found."""
