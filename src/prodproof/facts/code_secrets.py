"""What a search of a repository for secrets covered and found."""

from dataclasses import dataclass

from prodproof.facts.traced import Traced


@dataclass(frozen=True, kw_only=True)
class CodeSearch:
    """Every object of a repository that is here, and what lies uncommitted in its work tree."""

    traced: Traced
    history: bool = True
    """Whether there is a git history; False for a plain folder, whose files alone were searched."""

    uncommitted: int = 0
    """Files that were searched as they lie, since they are new or differ from what is committed or staged."""

    absent: tuple[str, ...] = ()
    """Parts of the history that this clone was not asked to have: `pull requests of origin (git fetch ...)`."""
