"""An observation of one subject, and a survey of all subjects of one kind of fact."""

from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

from prodproof.facts.proof import Proof
from prodproof.facts.reason import Reason
from prodproof.facts.subject import Subject
from prodproof.facts.unseen import Unseen

Fact = TypeVar("Fact", covariant=True)
Kind = TypeVar("Kind")


@dataclass(frozen=True)
class Observation(Generic[Fact]):
    """What was seen of one subject, or why it was not."""

    subject: Subject
    seen: Fact | Unseen
    at: datetime
    """When it was observed; timezone-aware, UTC."""

    vantage: str
    """From where: `inside`, `outside`, `outside (lab)` for loopback, or a declared name."""

    proof: Proof
    commit: str | None = None
    """For repository facts, the commit they were read at; `<hash>-dirty` when the work tree differs from it."""

    digest: str | None = None
    """Content digest of `seen`, once the ledger holds it."""


@dataclass(frozen=True)
class Survey(Generic[Fact]):
    """All that one probe saw of one type of fact: an enumeration with its completeness.

    A subject that could not be read is an `Observation` whose `seen` is `Unseen`, never an absent one.
    """

    fact: type[Fact]
    observations: tuple[Observation[Fact], ...]
    gaps: tuple[Unseen, ...] = ()
    """Why there may be subjects that this survey does not list; empty means that the list is complete."""

    listed: tuple[Subject, ...] = ()
    """Every subject that was enumerated; filled from the observations if left out.

    A later loss of an observation (a pruned payload, a dropped page) leaves its subject listed, and so unknown.
    """

    commit: str | None = None
    """The commit that all of it was read at, where the answer depends on the commit alone; set by the runner.

    Without it, a complete look that found nothing could not be told to be about a certain commit.
    """

    about: object = None
    """The declared thing that was looked at, for what is declared may share its subject with another: `/shop` and
    `/admin` of one host. Set from the plan where evidence is gathered, and not stored."""

    def __post_init__(self) -> None:
        observed = {observation.subject for observation in self.observations}
        object.__setattr__(self, "listed", tuple(sorted(observed | set(self.listed))))

    @property
    def complete(self) -> bool:
        """Whether no subject can be missing from the list."""
        return not self.gaps


def lost(fact: type[Kind], why: Reason, detail: str) -> Survey[Kind]:
    """A survey in which nothing could be listed."""
    return Survey(fact, (), (Unseen(why, detail),))
