"""What a search answers: findings, gaps, and how they are told apart."""

import hashlib
import hmac
from dataclasses import dataclass

from prodproof.facts import Reason
from prodproof.facts.secrets import FINGERPRINT_DIGITS


@dataclass(frozen=True, slots=True)
class Finding:
    """One occurrence of a value that was searched for, or of something that looks like a secret. It holds no value."""

    place: str
    """As it was asked for: `git:.`, `/var/log`, `postgres:main`."""

    path: str
    """Within the place; members of containers are joined by `!`: `backup.tar.gz!etc/.env`, `orders!note` (a column)."""

    offset: int
    """Bytes from the start of the thing at `path`, as read (after decompression)."""

    kind: str
    """What it is, for people: `Stripe secret key`, or the name that the caller gave the value."""

    rule: str
    """Id of the rule; `value` for exact values."""

    encoding: str
    """`plain`, `base64`, `url`, ...: how it was written there."""

    fingerprint: str
    """HMAC-SHA-256 of the decoded value under the system's key, shortened; equal values have equal fingerprints."""

    line: int | None = None
    """From 1; None in what has no lines or is too large to count them."""

    commit: str | None = None
    """The oldest commit that brought it, in git."""

    date: str | None = None
    """Author date of that commit, ISO 8601."""

    is_random: bool = False
    """Whether the value has no meaning, as what a generator makes: it counts where a word would be an example."""

    context: str = ""
    """The line around it, shortened, every secret in it replaced by `…`."""

    @property
    def id(self) -> str:
        """Stable over moved lines and over runs: rule, path, redacted context."""
        text = "\0".join((self.rule, self.path, " ".join(self.context.split())))
        return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:12]


@dataclass(frozen=True, slots=True)
class Gap:
    """A part of a place that was not searched, or not wholly: finding nothing there means nothing."""

    place: str
    path: str
    why: Reason
    detail: str


def fingerprint(key: bytes, value: bytes) -> str:
    """The keyed fingerprint of a value.

    Args:
        key: the system's fingerprint key, 32 bytes.
        value: the decoded value.
    """
    return hmac.new(key, value, hashlib.sha256).hexdigest()[:FINGERPRINT_DIGITS]
