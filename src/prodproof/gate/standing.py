"""Where each guarantee stands once waivers are counted, and the sum over the catalogue."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from prodproof.facts import Reason, Subject
from prodproof.facts.declared import Waiver
from prodproof.guarantees import Entry
from prodproof.verdicts import Kind, Result, Row

WARN_BEFORE = timedelta(days=14)
"""How long before its end a waiver is announced as running out."""

Seen = tuple[str, Subject]
"""A guarantee's id with a subject."""


class State(StrEnum):
    """A verdict, or waived: accepted for a time by a named owner. Waived is never counted as holding."""

    HOLDS = "holds"
    BROKEN = "broken"
    UNKNOWN = "unknown"
    WAIVED = "waived"
    NOT_APPLICABLE = "not_applicable"

    @property
    def in_the_way(self) -> bool:
        """Broken and unknown stand equally in the way of a go."""
        return self in (State.BROKEN, State.UNKNOWN)


@dataclass(frozen=True)
class StandingRow:
    """One row of a result with the waiver that covers it, if one does."""

    row: Row
    waiver: Waiver | None = None

    @property
    def state(self) -> State:
        return State.WAIVED if self.waiver else State(self.row.verdict.kind)


@dataclass(frozen=True)
class Standing:
    """One guarantee of a run."""

    entry: Entry
    result: Result
    rows: tuple[StandingRow, ...]
    state: State
    waiver: Waiver | None = None
    """The waiver that covers the guarantee as a whole."""

    @property
    def message(self) -> str:
        return self.result.message

    @property
    def reason(self) -> Reason | None:
        return self.result.reason if self.state is State.UNKNOWN else None


@dataclass(frozen=True)
class Summary:
    """How many guarantees are in each state; the parts add up to `total`."""

    holds: int
    broken: int
    unknown: int
    waived: int
    not_applicable: int

    @property
    def total(self) -> int:
        return self.holds + self.broken + self.unknown + self.waived + self.not_applicable


@dataclass(frozen=True)
class Verification:
    """A finished run, as reports read it."""

    system: str
    environment: str
    release: str | None
    commit: str | None
    started_at: datetime
    finished_at: datetime
    tool_version: str
    vantages: tuple[str, ...]
    standings: tuple[Standing, ...]
    expired_waivers: tuple[Waiver, ...] = ()
    """Waivers that ran out: what they covered is open again."""

    ending_waivers: tuple[Waiver, ...] = ()
    """Waivers that will run out within two weeks."""

    unused_waivers: tuple[Waiver, ...] = ()
    """Waivers that cover nothing in this run."""

    inferred: bool = False
    """There is no system file; what is declared was inferred."""

    notes: tuple[str, ...] = ()
    """Lines that a reader should see first: what was narrowed, what was reused."""

    evidence_count: int = 0
    head: str | None = None
    """Hash of the ledger's last entry."""

    @property
    def summary(self) -> Summary:
        return summarise(self.standings)


def summarise(standings: Iterable[Standing]) -> Summary:
    """Count the states; they partition the guarantees."""
    states = [standing.state for standing in standings]
    return Summary(**{state.value: states.count(state) for state in State})


def stand(
    pairs: Iterable[tuple[Entry, Result]],
    waivers: Collection[Waiver],
    environment: str,
    today: date,
    last_broken: Collection[Seen] = frozenset(),
) -> tuple[Standing, ...]:
    """Apply waivers to results.

    Args:
        pairs: each claim with its result.
        waivers: what was accepted; those that have run out cover nothing.
        environment: the environment that the results are about.
        today: the day of the run.
        last_broken: what was broken when it was last seen at all. A waiver of `unknown` does not cover it, or
            withdrawing access would turn a no-go into a go.
    """
    valid = [item for item in waivers if item.until >= today and item.environment in (None, environment)]
    return tuple(_stand_one(entry, result, valid, last_broken) for entry, result in pairs)


def _stand_one(entry: Entry, result: Result, waivers: Collection[Waiver], last_broken: Collection[Seen]) -> Standing:
    mine = [waiver for waiver in waivers if waiver.guarantee == entry.id]
    rows = tuple(StandingRow(row, _cover(entry.id, row, mine, last_broken)) for row in result.rows)
    open_states = {row.state for row in rows}
    state = State(result.kind)
    waiver = None
    if state.in_the_way and any(row.waiver for row in rows):
        left = open_states & {State.BROKEN, State.UNKNOWN}
        if State.BROKEN in left:
            state = State.BROKEN
        elif left or result.reason is Reason.INSUFFICIENT_PROOF:
            state = State.UNKNOWN
        else:
            state = State.WAIVED
            waiver = next(row.waiver for row in rows if row.waiver)
    elif result.reason is Reason.INSUFFICIENT_PROOF:
        # Its rows hold, only the whole does not: a waiver of the guarantee as a whole can cover that.
        if not any(guarantee == entry.id for guarantee, _ in last_broken):
            waiver = next((item for item in mine if item.covers == "unknown" and item.subject is None), None)
        state = State.WAIVED if waiver else State.UNKNOWN
    return Standing(entry, result, rows, state, waiver)


def _cover(guarantee: str, row: Row, waivers: Collection[Waiver], last_broken: Collection[Seen]) -> Waiver | None:
    kind = row.verdict.kind
    if kind not in (Kind.BROKEN, Kind.UNKNOWN):
        return None
    if kind is Kind.UNKNOWN and any(
        id == guarantee and (subject == row.subject or row.subject.kind == "system") for id, subject in last_broken
    ):
        return None
    for waiver in waivers:
        if waiver.covers != kind.value:
            continue
        if waiver.subject is not None and waiver.subject != str(row.subject):
            continue
        if waiver.finding is not None and waiver.finding != row.finding_id:
            continue
        return waiver
    return None


def sort_waivers(
    waivers: Iterable[Waiver], standings: Collection[Standing], environment: str, today: date
) -> tuple[tuple[Waiver, ...], tuple[Waiver, ...], tuple[Waiver, ...]]:
    """Waivers that have run out, that will soon, and that cover nothing (any more)."""
    here = [waiver for waiver in waivers if waiver.environment in (None, environment)]
    used = {row.waiver for standing in standings for row in standing.rows} | {item.waiver for item in standings}
    judged = {standing.entry.id for standing in standings}
    expired = tuple(waiver for waiver in here if waiver.until < today)
    ending = tuple(waiver for waiver in here if today <= waiver.until <= today + WARN_BEFORE)
    unused = tuple(item for item in here if item.until >= today and item not in used and item.guarantee in judged)
    return expired, ending, unused
