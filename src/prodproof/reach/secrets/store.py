"""What every store of secrets answers."""

from abc import ABC, abstractmethod
from dataclasses import dataclass

from prodproof.facts import Reason, Unseen
from prodproof.facts.secrets import ComponentPrint, ManagerPosture, SecretDescription, SecretListing
from prodproof.reach.secret import MAX_SECRET, Secret
from prodproof.reach.secrets.components import prints_of
from prodproof.reach.secrets.writer import SecretWriter

MAX_NAMES = 20_000
MAX_EARLIER = 5
MAX_ANSWER = 16 * 1024 * 1024
"""Bytes of one answer of a store."""


@dataclass(frozen=True)
class Limits:
    """For how long a store may take."""

    connect: float = 5.0
    """Seconds until a connection stands."""

    total: float = 20.0
    """Seconds for one answer, however slowly it drips."""


@dataclass(frozen=True)
class ReadMark:
    """One read of a secret, by what a store's audit trail tells it from all others."""

    request: str
    """The store's own id of the request."""

    path: str
    """As the trail has it."""


class SecretStore(ABC):
    """A place that keeps secrets. No method raises for what lies outside; none puts a value into a message.

    `Unseen` has the true reason: denied, unreachable, timed-out, tool-missing; incomplete for what is too large or not
    readable; not-configured for what is not there.
    """

    kind: str

    @abstractmethod
    def read(self, reference: str) -> Secret | Unseen:
        """The current version of a secret.

        Args:
            reference: as the system file has it, with its scheme.
        """

    @abstractmethod
    def describe(self, reference: str) -> SecretDescription | Unseen:
        """What is known of a secret, never its value. Where there is none, `found` is false."""

    @abstractmethod
    def names(self) -> SecretListing:
        """What there is in the store."""

    @abstractmethod
    def posture(self) -> ManagerPosture | Unseen:
        """How the store is set up; `Unseen` for what is no manager."""

    def fingerprints(self, reference: str, key: bytes) -> tuple[ComponentPrint, ...] | Unseen:
        """The parts of the current version, each by its fingerprint.

        Args:
            key: the system's fingerprint key.
        """
        found = self.read(reference)
        return found if isinstance(found, Unseen) else prints_of(found, key)

    def marked_read(self, reference: str) -> ReadMark | Unseen:
        """Read a secret, throw its value away, and keep by what the trail knows the request."""
        return Unseen(Reason.NOT_VERIFIABLE_YET, f"a read of {reference} cannot be told from others in its trail")

    def earlier(self, reference: str) -> tuple[Secret, ...]:
        """Versions before the current one that the store still hands out, the newest first; at most MAX_EARLIER.

        None where the store keeps none, or does not let them be read: what they are used for does without.
        """
        return ()

    def writer(self) -> SecretWriter | Unseen:
        """What writes to it."""
        return Unseen(Reason.NOT_CONFIGURED, f"prodproof cannot write secrets of the kind {self.kind}")

    def close(self) -> None:  # noqa: B027 - most have nothing to give back
        """Give connections and tokens back."""


def value_of(reference: str, value: bytes | str) -> Secret | Unseen:
    """A value as a store has it, as long as it can be one: text of 1 byte to 64 KB. Line ends around it are no part."""
    if isinstance(value, str):
        try:
            value = value.encode("utf-8")
        except UnicodeEncodeError:
            return Unseen(Reason.INCOMPLETE, f"{reference} is no text")
    if len(value) > MAX_SECRET:
        return Unseen(Reason.INCOMPLETE, f"{reference} is longer than {MAX_SECRET // 1024} KB")
    try:
        text = value.decode("utf-8").strip()
    except UnicodeDecodeError:
        return Unseen(Reason.INCOMPLETE, f"{reference} is no text")
    if "\0" in text:
        return Unseen(Reason.INCOMPLETE, f"{reference} is no text")
    return Secret(text) if text else Unseen(Reason.NOT_CONFIGURED, f"{reference} is empty")


def rest(reference: str) -> str:
    """A reference without its scheme."""
    return reference.partition(":")[2]
