"""Go or no-go for a declared scope."""

from collections.abc import Collection
from dataclasses import dataclass

from prodproof.facts import Reason
from prodproof.facts.declared import GateScope
from prodproof.gate.standing import Standing, State, Summary, summarise
from prodproof.verdicts import Severity

BASELINE = (Severity.CRITICAL, Severity.HIGH)

REFRESHABLE = (Reason.STALE, Reason.NEVER_RUN, Reason.TIMED_OUT, Reason.UNREACHABLE)
"""Reasons of unknown that running `verify` again may clear."""


@dataclass(frozen=True)
class Decision:
    """The gate's answer, with what it rests on and what it leaves out."""

    go: bool
    scope: GateScope
    inside: tuple[Standing, ...]
    in_the_way: tuple[Standing, ...]
    """Broken and unknown guarantees of the scope, the most severe first."""

    outside: Summary
    """What lies outside the scope, counted so that it is not forgotten."""

    @property
    def broken(self) -> int:
        return sum(item.state is State.BROKEN for item in self.in_the_way)

    @property
    def unknown(self) -> int:
        return sum(item.state is State.UNKNOWN for item in self.in_the_way)

    @property
    def not_yet(self) -> tuple[Standing, ...]:
        """What stands in the way because this version has no way to verify it."""
        return tuple(item for item in self.in_the_way if item.reason is Reason.NOT_VERIFIABLE_YET)

    @property
    def attention(self) -> tuple[Standing, ...]:
        """What stands in the way and can be mended or made known; broken first, the most severe first."""
        known = (item for item in self.in_the_way if item.reason is not Reason.NOT_VERIFIABLE_YET)
        return tuple(sorted(known, key=lambda item: item.state is not State.BROKEN))

    @property
    def refreshable(self) -> tuple[Standing, ...]:
        """What running `verify` again may clear."""
        return tuple(item for item in self.in_the_way if item.reason in REFRESHABLE)


def decide_gate(standings: Collection[Standing], scope: GateScope) -> Decision:
    """Go only if everything in the scope holds, is waived or is not applicable, and the scope is not empty."""
    inside = tuple(item for item in standings if in_scope(item, scope))
    outside = tuple(item for item in standings if not in_scope(item, scope))
    in_the_way = sorted(
        (item for item in inside if item.state.in_the_way),
        key=lambda item: (item.entry.guarantee.severity.rank, item.state is not State.BROKEN, item.entry.id),
    )
    return Decision(
        go=bool(inside) and not in_the_way,
        scope=scope,
        inside=inside,
        in_the_way=tuple(in_the_way),
        outside=summarise(outside),
    )


def in_scope(standing: Standing, scope: GateScope) -> bool:
    """Whether the gate depends on this guarantee."""
    guarantee = standing.entry.guarantee
    if scope.scope == "full":
        return True
    if scope.scope == "listed":
        return guarantee.id in scope.include or guarantee.area in scope.include
    return guarantee.severity in BASELINE
