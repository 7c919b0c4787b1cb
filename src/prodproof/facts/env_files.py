"""Files with a process's environment (`.env` and its like) in a repository and its history."""

from dataclasses import dataclass

from prodproof.facts.location import Location


@dataclass(frozen=True, kw_only=True)
class IgnoreAnswer:
    """What git's own rules say of a name that need not exist."""

    path: str
    ignored: bool
    why: str = ""
    """Why the name was asked for, when it is not one of the usual ones: `compose.yml reads it`."""


@dataclass(frozen=True, kw_only=True)
class CommittedFile:
    """A path that a commit added."""

    path: str
    commit: str
    """The oldest commit that added it, as far as the history goes."""

    commits: int = 1
    """How many commits added it (again)."""


@dataclass(frozen=True, kw_only=True)
class EnvFiles:
    """Ignore rules, tracked files and history of one repository."""

    asked: tuple[IgnoreAnswer, ...]
    tracked: tuple[Location, ...] = ()
    """Such files that are tracked now; templates (`.env.example`) are left out."""

    history: tuple[CommittedFile, ...] = ()
    """Such paths over all refs, those that were deleted later too."""

    aside: tuple[str, ...] = ()
    """Tracked or once committed, but in a folder of fixtures or vendored code."""

    refs: int = 0
    """How many branches, tags and other refs were searched."""

    shallow: bool = False
    narrow: bool = False
    """The clone was made with some of the remote's branches only."""
