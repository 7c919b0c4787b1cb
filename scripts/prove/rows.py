"""One row of the matrix: what was done to the range, what had to follow, what did."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from prodproof.facts import Reason
from prodproof.range import Fault
from prodproof.range.fault import words
from prodproof.verdicts import Guarantee, Kind, Result


class State(StrEnum):
    """The three states in which every guarantee is shown."""

    HEALTHY = "healthy"
    BROKEN = "broken"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True)
class Row:
    """The outcome of one switch, as JSON keeps it."""

    guarantee: str
    state: State
    variant: str
    """What was done, in a few words."""

    verdict: str
    reason: str | None
    message: str
    wrong: tuple[str, ...]
    """What is not as it must be; empty for a row that is right."""

    touched: tuple[str, ...] = ()
    """Other guarantees whose verdict changed, as declared beside the fault."""

    @property
    def right(self) -> bool:
        return not self.wrong


def healthy(guarantee: Guarantee, result: Result) -> Row:
    """The row of a guarantee on the healthy range: it holds, or says that its proof does not suffice to hold."""
    wrong = []
    if guarantee.verifiable and result.kind is not Kind.HOLDS:
        wrong.append("it does not hold")
    if not guarantee.verifiable and (result.kind, result.reason) != (Kind.UNKNOWN, Reason.INSUFFICIENT_PROOF):
        wrong.append("it must be unknown (insufficient-proof)")
    return _row(guarantee.id, State.HEALTHY, "", result, wrong)


def broken(fault: Fault, variant: int, before: Mapping[str, Result], after: Mapping[str, Result]) -> Row:
    """The row of a fault: its guarantee is broken, with the right subject and cause, and nothing else has changed."""
    result = after[fault.guarantee]
    wrong = []
    if result.kind is not Kind.BROKEN:
        wrong.append("it is not broken")
    else:
        subjects = {str(row.subject) for row in result.rows if row.verdict.kind is Kind.BROKEN}
        if variant == 0 and not any(subject.startswith(fault.subject) for subject in subjects):
            wrong.append(f"the broken subject is {', '.join(sorted(subjects))}, not {fault.subject}")
        messages = [result.message, *(row.finding.message for row in result.rows if row.finding)]
        if variant == 0 and not any(fault.says in message for message in messages):
            wrong.append(f'no message says "{fault.says}"')
    changed = [id for id in after if id != fault.guarantee and _answer(before[id]) != _answer(after[id])]
    wrong += [f"{id} changed too: {_said(after[id])}" for id in changed if id not in fault.touches]
    touched = tuple(id for id in changed if id in fault.touches)
    return _row(fault.guarantee, State.BROKEN, words(fault.ways[variant]), result, wrong, touched)


def withdrawn(fault: Fault, result: Result) -> Row:
    """The row of withdrawn access: unknown, for the right reason."""
    wrong = []
    if result.kind is not Kind.UNKNOWN:
        wrong.append("it must be unknown")
    elif result.reason is not fault.reason:
        wrong.append(f"it must be unknown ({fault.reason})")
    variant = words(fault.withdraws)
    return _row(fault.guarantee, State.WITHDRAWN, variant, result, wrong)


def _answer(result: Result) -> tuple[Kind, Reason | None]:
    return result.kind, result.reason


def _said(result: Result) -> str:
    reason = f" ({result.reason})" if result.reason else ""
    return f"{result.kind}{reason}: {result.message[:160]}"


def _row(
    guarantee: str,
    state: State,
    variant: str,
    result: Result,
    wrong: list[str],
    touched: tuple[str, ...] = (),
) -> Row:
    return Row(
        guarantee=guarantee,
        state=state,
        variant=variant,
        verdict=str(result.kind),
        reason=str(result.reason) if result.reason else None,
        message=result.message[:300],
        wrong=tuple(wrong),
        touched=touched,
    )
