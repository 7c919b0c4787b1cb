"""What a probe answers where it could not look: never an empty result."""

from dataclasses import dataclass

from prodproof.facts.reason import Reason


@dataclass(frozen=True, slots=True)
class Unseen:
    """A subject that could not be observed."""

    why: Reason

    detail: str = ""
    """One plain line for a person: what was tried and what came back. Never holds a secret."""
