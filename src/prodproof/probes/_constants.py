"""What is known of a value that source assigns, without running it; `_expressions` works it out.

Three answers are told apart for each name: its value; that an environment variable decides (with what it is when the
variable is not set); and that it is not known. Anything that is not followed is not known, never guessed.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from prodproof.facts import Location
from prodproof.facts.django import Certainty

MAX_STEPS = 200_000
MAX_MODULES = 60


@dataclass(frozen=True)
class Value:
    """What is known of one expression."""

    certainty: Certainty
    value: Any = None
    variable: str = ""
    location: Location | None = None
    text: bool = False
    """Whether it is an environment variable's raw text, so that any text at all counts as true."""

    @property
    def known(self) -> bool:
        return self.certainty is Certainty.KNOWN

    @property
    def usable(self) -> bool:
        """Whether `value` means something: known, or what it is without the variable."""
        return self.certainty in (Certainty.KNOWN, Certainty.ENVIRONMENT)


UNKNOWN = Value(Certainty.UNKNOWN)
MISSING = object()
"""Stands for an environment variable without a default."""


def known(value: Any) -> Value:
    """A value that is certain."""
    return Value(Certainty.KNOWN, value)


@dataclass(frozen=True)
class Special:
    """A name that stands for a way to read the environment."""

    kind: str
    """`os`, `environ`, `getenv`, `reader` (django-environ, environs, decouple), `module:...`."""

    casts: Mapping[str, tuple[str, Any]] = field(default_factory=dict)
    """What `environ.Env(DEBUG=(bool, False))` declares."""


class _Opaque:
    """A part of a list or dict that is not known."""

    def __repr__(self) -> str:
        return "(not known)"

    def __bool__(self) -> bool:
        raise TypeError("not known")

    def __deepcopy__(self, memo: object) -> "_Opaque":
        return self


class Literal(str):
    """A text that stands in the source itself, within a dict."""


Opaque = _Opaque()


class Context:
    """What the evaluation of one settings module and all that it imports shares."""

    def __init__(self, variables: Mapping[str, str]) -> None:
        self.variables = variables
        """Environment variables that deployment files set."""

        self.steps = MAX_STEPS
        self.modules = MAX_MODULES
        self.poisoned = False
        """Set when something may have changed names in a way that is not followed (`globals()`, `exec`, Dynaconf)."""

        self.unread: list[str] = []
        """Modules that are imported whole and are not in the repository, or not readable."""

    def step(self) -> bool:
        """Whether there is still leave to go on; bounds the work over hostile sources."""
        self.steps -= 1
        return self.steps > 0


def carry(result: Value, *sources: Value) -> Value:
    """The result, no more certain than what it was made from."""
    if result.value is Opaque:
        return UNKNOWN
    for source in sources:
        if source.certainty is Certainty.ENVIRONMENT and result.certainty is Certainty.KNOWN:
            result = replace(result, certainty=Certainty.ENVIRONMENT, variable=source.variable)
        elif source.variable and not result.variable:
            result = replace(result, variable=source.variable)
        if source.text and not result.text and result.value is source.value:
            result = replace(result, text=True)
    return result
