"""What every kind of credential that is rotated answers."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from secrets import token_urlsafe

from prodproof.facts import Unseen
from prodproof.reach.rotation.material import Material

RANDOM_BYTES = 32


class Outcome(StrEnum):
    """What came of an attempt to use a credential. A time-out and an error are neither."""

    ACCEPTED = "accepted"
    REFUSED = "refused"


@dataclass(frozen=True)
class Attempt:
    """One attempt, with how it was answered."""

    outcome: Outcome
    says: str
    """The service's own code or word for it: `28P01`, `WRONGPASS`. Never a value."""

    @property
    def accepted(self) -> bool:
        return self.outcome is Outcome.ACCEPTED


@dataclass(frozen=True)
class Use:
    """What is seen of a credential's use by others than prodproof."""

    sessions: frozenset[str]
    """Each session that is open now, by a name that no other session has, had or will have."""

    count: int | None = None
    """How often it was used so far, where the service counts; None: sessions are all that is seen."""

    who: frozenset[str] = frozenset()
    """Who has the sessions, as far as the service knows: names of programs, addresses."""


class Credential(ABC):
    """One kind of credential at one service. No method raises for what lies outside; none puts a value into a message.

    Everything may be done twice: what is there already is left, what is gone already is no error.
    """

    kind: str
    look_seconds: float = 0.02
    """How long to wait between two looks at its use. Where there are sessions only, short ones must not be missed."""

    can_restore: bool = True
    """Whether a retired one can be made good again."""

    @abstractmethod
    def name(self, material: Material) -> str:
        """What it is called, without its secret: a user, a key's id, a fingerprint."""

    @abstractmethod
    def problems(self, old: Material) -> Sequence[str] | Unseen:
        """Why it cannot be rotated as things are, each with what to do; looks only."""

    @abstractmethod
    def wrong(self, material: Material) -> Material:
        """One of the same form and name that is known to be wrong."""

    @abstractmethod
    def proposed(self, old: Material) -> Material | Unseen | None:
        """The new one, before it is made; None where the service chooses it."""

    @abstractmethod
    def create(self, old: Material, new: Material | None) -> Material | Unseen:
        """Make the new one valid, beside the old one; returns it. Done twice in one rotation, it leaves one.

        Args:
            new: as proposed, or as an earlier attempt made it; None where the service chooses, and nobody knows yet.
        """

    @abstractmethod
    def missing(self, old: Material, new: Material) -> Sequence[str] | Unseen:
        """What the old one may do and the new one may not, one line each; empty if nothing."""

    @abstractmethod
    def attempt(self, material: Material) -> Attempt | Unseen:
        """Log in with it, or use it in the least way that shows whether it is good."""

    @abstractmethod
    def use(self, material: Material) -> Use | Unseen:
        """Who uses it now."""

    @abstractmethod
    def retire(self, material: Material) -> Unseen | None:
        """Make it useless; sessions that it opened live on."""

    def discard(self, material: Material) -> Unseen | None:
        """Take back one that this rotation made and nobody uses; as `retire`, where nothing else is needed."""
        return self.retire(material)

    @abstractmethod
    def restore(self, material: Material) -> Unseen | None:
        """Make a retired one good again."""

    @abstractmethod
    def end_sessions(self, material: Material, *, busy: bool) -> int | Unseen:
        """End the sessions that it opened; returns how many.

        Args:
            busy: those as well in which something is being done at this moment.
        """

    def close(self) -> None:  # noqa: B027 - most have nothing to give back
        """Give connections back."""


def random_text() -> str:
    """A new password, token or key: 256 bits, in letters that need no quoting anywhere."""
    return token_urlsafe(RANDOM_BYTES)
