"""Which entry points answer, declared or not."""

from dataclasses import dataclass
from enum import StrEnum


class Response(StrEnum):
    """What came back from an entry point."""

    ANSWERS = "answers"
    REFUSED = "refused"
    NO_NAME = "no-name"
    """Its name does not resolve."""

    SILENT = "silent"
    OTHER = "other"
    """It could not be told from here."""


@dataclass(frozen=True, kw_only=True)
class EntryPointSeen:
    """One URL that might be an entry point."""

    url: str
    source: str
    """`declared`, or where its name was found: `the certificate of shop.example`, `the zone shop.example`."""

    response: Response
    detail: str = ""
    status: int | None = None
    control: bool = False
    """Whether another declared entry point answered in the same look, so that this vantage gets through."""
