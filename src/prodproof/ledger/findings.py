"""What verification can find, and how it says so."""

from dataclasses import dataclass
from enum import StrEnum


class Damage(StrEnum):
    """What verification can find."""

    ALTERED = "altered"
    MISSING = "missing"
    REORDERED = "reordered"
    TRUNCATED = "truncated"
    REWRITTEN = "rewritten"
    """The chain is whole, but it is not the one that a checkpoint was signed for."""

    FORGED = "forged"
    """A signature is wrong, or by nobody who is trusted."""

    MISFILED = "misfiled"
    """The database's index says something else than the entry."""

    PAYLOAD_ALTERED = "payload altered"
    PAYLOAD_MISSING = "payload missing"
    PAYLOAD_KEPT = "payload kept"
    """A payload is there although a signed entry says that it was removed."""


@dataclass(frozen=True)
class Problem:
    """The first thing that is wrong."""

    damage: Damage
    sequence: int | None
    """The entry's number; None where it is about no single entry."""

    detail: str

    def __str__(self) -> str:
        return f"{self.damage.value}: {self.detail}"


@dataclass(frozen=True)
class Verification:
    """What verification found."""

    system: str
    entries: int
    """How many entries were verified, from the first on without a break."""

    head: str
    """Hash of the last of them."""

    problem: Problem | None
    trusted: bool
    """Whether there was a public key to check signatures against; if not, they only prove that one key made them."""

    checkpoints: int = 0
    """Checkpoints in the chain that were signed by a trusted key (by any key, if none was given)."""

    foreign: int = 0
    """Checkpoints by other keys; they prove nothing here."""

    signed_through: int = 0
    """Number of the last entry that a trusted checkpoint covers; those after it could still be rewritten."""

    payloads: int = 0
    removed: int = 0
    """Payloads that signed entries removed and nothing brought back."""

    joined: int = 0
    """Segments that were written elsewhere and joined."""

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong."""
        return self.problem is None
