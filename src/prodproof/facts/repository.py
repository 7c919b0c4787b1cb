"""A repository's tree, for discovery: which files there are, and the text of those that say how the system is made.

Texts may hold secrets, for people commit them. A tree is worked on and thrown away: no survey carries it, and so
neither ledger nor report ever holds it.
"""

from dataclasses import dataclass, field

from prodproof.facts.unseen import Unseen


@dataclass(frozen=True)
class TreeFile:
    """A file whose text is of interest."""

    path: str
    """Relative to the repository's root, as it may be printed."""

    text: str = field(repr=False)


@dataclass(frozen=True)
class RepositoryTree:
    """One repository as it lay there at one moment."""

    name: str
    """Of its directory."""

    paths: tuple[str, ...]
    """Every file, sorted, as it may be printed."""

    files: tuple[TreeFile, ...] = ()
    """Those with a text of interest, sorted by path."""

    gaps: tuple[Unseen, ...] = ()
    """Why paths or files may lack something."""
