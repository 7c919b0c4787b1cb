"""What is searched for, and how much of it can be."""

from dataclasses import dataclass

from prodproof.reach.secret import Secret
from prodproof.system.errors import UserError

LEAST = 6
"""Bytes. Anything shorter occurs everywhere by chance."""

MOST = 200_000
"""Wanted values in one search; the index of so many takes about 350 MB."""

MOST_SHORT = 1_000
"""Wanted values under 15 bytes in one search: each takes the slower path."""

MOST_THOROUGH = 10_000
"""Up to so many wanted values, forms that few encoders make are looked for too, and what is broken over lines."""

MOST_SHORT_BROKEN = 100
"""Up to so many wanted values under 15 bytes, these too are found where they are broken over lines."""


class NotSearchableError(UserError):
    """The wanted values cannot be searched for; the message says why, and holds none of them."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """One value to search for, in every encoding."""

    kind: str
    """What it is, for people: the name that the caller gave it."""

    value: Secret
    """It never shows itself; what is searched for are the bytes of its UTF-8 text."""

    ignore_case: bool = False
    """Whether the case of its letters (ASCII) does not matter, as in mail addresses."""

    def octets(self) -> bytes:
        """The bytes to search for.

        Raises:
            NotSearchableError: when there are fewer than 6 of them.
        """
        octets = self.value.reveal().encode("utf-8", "surrogateescape")
        if len(octets) < LEAST:
            raise NotSearchableError(
                f"{self.kind}: a value of fewer than {LEAST} bytes is found everywhere; leave it out"
            )
        return octets
