"""Kinds of evidence, and the floor of them that a claim needs before it can hold."""

from enum import StrEnum


class Proof(StrEnum):
    """How something came to be known."""

    RECORD = "record"
    """A dated, owned statement whose artifact was checked."""

    INSIDE = "inside"
    """Read from the repository, a host, a database or an API."""

    OUTSIDE = "outside"
    """Seen from an external vantage."""

    ACTIVE = "active"
    """Test traffic or a canary was sent."""

    DRILL = "drill"
    """An exercise was carried out and timed."""


def proof_floor(text: str) -> frozenset[Proof]:
    """Read a floor such as `inside+outside`; all kinds named are needed. Raises ValueError for unknown kinds."""
    return frozenset(Proof(part) for part in text.split("+"))
