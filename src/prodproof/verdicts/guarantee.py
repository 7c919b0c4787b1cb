"""How a claim is written down: `@guarantee` over its judge, or `planned` where there is none yet."""

import inspect
import types
import typing
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from prodproof.facts import Proof, proof_floor
from prodproof.verdicts.verdict import Kind, Verdict


class Severity(StrEnum):
    """How much stands in the way; critical and high are the gate's baseline."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"

    @property
    def rank(self) -> int:
        """0 is the worst."""
        return list(Severity).index(self)


GOOD_FOR = {
    Proof.INSIDE: timedelta(days=1),
    Proof.OUTSIDE: timedelta(days=1),
    Proof.ACTIVE: timedelta(days=7),
    Proof.DRILL: timedelta(days=90),
    Proof.RECORD: timedelta(days=90),
}

Judge = Callable[..., Verdict]


@dataclass(frozen=True, slots=True)
class BoundJudge:
    """A judge with what it asks for, read from its annotations."""

    fact: type[Any]
    declared: type[Any] | None
    declared_optional: bool
    wants_time: bool
    function: Judge

    def __call__(self, fact: object, declared: object | None, at: datetime) -> Verdict:
        """Judge one subject's fact."""
        arguments: dict[str, object] = {}
        if self.declared is not None:
            arguments["declared"] = declared
        if self.wants_time:
            arguments["at"] = at
        return self.function(fact, **arguments)


@dataclass(eq=False)
class Guarantee:
    """A claim about the system, answerable yes or no."""

    id: str
    seeds: tuple[str, ...]
    proof: frozenset[Proof]
    severity: Severity
    when_none: Kind
    verifiable: bool
    good_for: timedelta
    module: str
    nothing: str = ""
    """What is said where a complete look found nothing to judge and that means unknown; empty: general words."""

    judges: list[BoundJudge] = field(default_factory=list)

    @property
    def area(self) -> str:
        return self.id.partition(".")[0]

    @property
    def name(self) -> str:
        return self.id.partition(".")[2]

    @property
    def can_break(self) -> bool:
        """Whether this version can find it broken."""
        return bool(self.judges)

    def also(self, function: Judge) -> Judge:
        """Decorate a further judge of the same claim, for another type of fact."""
        bound = bind(function)
        if any(judge.fact is bound.fact for judge in self.judges):
            raise TypeError(f"{self.id}: two judges ask for {bound.fact.__name__}; one per fact type")
        self.judges.append(bound)
        return function

    def __call__(self, *arguments: Any, **named: Any) -> Verdict:
        """Call the first judge, as tests and examples do."""
        return self.judges[0].function(*arguments, **named)


def bind(function: Judge) -> BoundJudge:
    """Read from a judge's annotations what it asks for; raises TypeError when they do not say."""
    hints = typing.get_type_hints(function)
    parameters = list(inspect.signature(function).parameters)
    if not parameters or parameters[0] not in hints:
        raise TypeError(f"{function.__module__}: a judge's first parameter is its fact, with its type")
    extra = set(parameters[1:]) - {"declared", "at"}
    if extra:
        raise TypeError(f"{function.__module__}: a judge takes (fact, declared, at), not {', '.join(sorted(extra))}")
    declared, optional = hints.get("declared"), False
    if isinstance(declared, types.UnionType) or typing.get_origin(declared) is typing.Union:
        members = [member for member in typing.get_args(declared) if member is not type(None)]
        declared, optional = members[0], True
    if "declared" in parameters and declared is None:
        raise TypeError(f"{function.__module__}: say the type of `declared`")
    return BoundJudge(hints[parameters[0]], declared, optional, "at" in parameters, function)


def guarantee(
    id: str,
    *,
    seeds: str,
    proof: str,
    severity: str,
    when_none: str = "unknown",
    verifiable: bool = True,
    good_for: timedelta | None = None,
    nothing: str = "",
) -> Callable[[Judge], Guarantee]:
    """Declare a claim by decorating its (first) judge.

    Args:
        id: `area.name`, the same as the file's place `guarantees/<area>/<name>.py` (with `_` for `-`).
        seeds: where the requirement comes from, separated by blanks.
        proof: the floor of evidence, `outside` or `inside+outside`; less can break the claim, not make it hold.
        severity: critical, high, medium or low.
        when_none: what zero subjects mean after a complete look: `unknown` or `not_applicable`.
        verifiable: False where this version can find the claim broken but lacks a part of what would make it hold.
        good_for: for how long evidence is good; the shortest default of the kinds in `proof` if left out.
        nothing: what was looked for in vain, said where zero subjects mean unknown.
    """

    def decorate(function: Judge) -> Guarantee:
        made = _make(id, seeds, proof, severity, when_none, verifiable, good_for, function.__module__, nothing)
        made.also(function)
        return made

    return decorate


def planned(id: str, *, seeds: str, proof: str, severity: str, module: str) -> Guarantee:
    """A claim of the catalogue that this version has no way to verify: always unknown(not-verifiable-yet)."""
    return _make(id, seeds, proof, severity, "unknown", False, None, module)


def _make(
    id: str,
    seeds: str,
    proof: str,
    severity: str,
    when_none: str,
    verifiable: bool,
    good_for: timedelta | None,
    module: str,
    nothing: str = "",
) -> Guarantee:
    floor = proof_floor(proof)
    return Guarantee(
        id=id,
        seeds=tuple(seeds.split()),
        proof=floor,
        severity=Severity(severity),
        when_none=Kind(when_none),
        verifiable=verifiable,
        good_for=good_for or min(GOOD_FOR[kind] for kind in floor),
        module=module,
        nothing=nothing,
    )
