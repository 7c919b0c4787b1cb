"""Examples: tests, documentation and lesson material in one."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from prodproof.facts import Reason
from prodproof.facts.declared import Declared, Environment
from prodproof.verdicts.verdict import Kind, Verdict, broken, holds, not_applicable, unknown

NOON = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
"""When examples are judged unless they say otherwise."""

SHOP = Declared(system="shop", environment=Environment(name="production"))
"""A system in which nothing is declared, for examples that need a whole `Declared`."""

_KINDS: dict[Callable[..., Verdict], Kind] = {
    holds: Kind.HOLDS,
    broken: Kind.BROKEN,
    unknown: Kind.UNKNOWN,
    not_applicable: Kind.NOT_APPLICABLE,
}


@dataclass(frozen=True)
class Example:
    """A fact and the verdict it must get; one change away from a whole case."""

    name: str
    fact: Any
    expected: Callable[..., Verdict]
    """`holds`, `broken`, `unknown` or `not_applicable`."""

    declared: Any = None
    """What is declared for the subject, where the judge asks for it."""

    at: datetime = NOON
    says: str = ""
    """A part of the message that must be there."""

    reason: Reason | None = None
    """Why it must be unknown, where `expected` is `unknown`."""

    @property
    def kind(self) -> Kind:
        return _KINDS[self.expected]
