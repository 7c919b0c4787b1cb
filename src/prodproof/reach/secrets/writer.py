"""The writing side of the stores of secrets: new values, and a note beside them that survives a crash."""

from abc import ABC, abstractmethod
from collections.abc import Mapping

from prodproof.facts import Unseen
from prodproof.reach.secret import Secret


class SecretWriter(ABC):
    """Writes to one store. No method raises for what lies outside; none puts a value into a message.

    All references that are handed to it lie in one place (one file, one path), so that they change in one act.
    """

    @abstractmethod
    def write(self, values: Mapping[str, Secret]) -> Unseen | None:
        """Replace values, all or none; what lies in the same place beside them stays. None when it is done.

        Args:
            values: by their references, at least one.
        """

    @abstractmethod
    def note(self, beside: str) -> Secret | Unseen:
        """The note that was put beside a secret; not-configured where there is none."""

    @abstractmethod
    def put_note(self, beside: str, text: Secret) -> Unseen | None:
        """Put a note beside a secret, as well protected as the secret itself, in place of an earlier one."""

    @abstractmethod
    def drop_note(self, beside: str) -> Unseen | None:
        """Take the note away for good; None also when there is none."""
