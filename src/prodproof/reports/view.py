"""What the human-readable reports share: the order, the symbols, and what to do next."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from prodproof.facts import Reason
from prodproof.gate import Standing, StandingRow, State, Summary, Verification, summarise

SYMBOLS = {
    State.BROKEN: "✗",
    State.UNKNOWN: "?",
    State.WAIVED: "○",
    State.HOLDS: "✓",
    State.NOT_APPLICABLE: "–",
}

EFFORT = (
    Reason.STALE,
    Reason.NEVER_RUN,
    Reason.NOT_PERMITTED,
    Reason.NOT_DECLARED,
    Reason.NOT_CONFIGURED,
    Reason.TOOL_MISSING,
    Reason.DENIED,
    Reason.TIMED_OUT,
    Reason.UNREACHABLE,
    Reason.INCOMPLETE,
    Reason.CRASHED,
    Reason.INSUFFICIENT_PROOF,
    Reason.NOT_VERIFIABLE_YET,
)
"""Reasons of unknown, by how little it takes to know."""

_NEXT = {
    Reason.STALE: "run prodproof verify --only {id} again",
    Reason.NEVER_RUN: "prodproof verify --only {id}",
    Reason.NOT_PERMITTED: "allow it if you mean to: prodproof doctor {id}",
    Reason.NOT_DECLARED: "declare it in prodproof.toml: prodproof doctor {id}",
    Reason.NOT_CONFIGURED: "name the source: prodproof doctor {id}",
    Reason.TOOL_MISSING: "install the tool: prodproof doctor {id}",
    Reason.DENIED: "give the least grant: prodproof doctor {id}",
    Reason.TIMED_OUT: "see whether it answers at all, then prodproof verify --only {id}",
    Reason.UNREACHABLE: "see whether it answers at all, then prodproof verify --only {id}",
    Reason.INCOMPLETE: "see what is missing: prodproof verify --only {id} -v",
    Reason.CRASHED: "please report it, with the file named above",
    Reason.INSUFFICIENT_PROOF: "see what else it takes: prodproof explain {id}",
    Reason.NOT_VERIFIABLE_YET: "check it by hand: prodproof explain {id}",
}


@dataclass(frozen=True)
class Area:
    """The guarantees of one area, worst first."""

    name: str
    standings: tuple[Standing, ...]
    summary: Summary

    @property
    def attention(self) -> tuple[Standing, ...]:
        """What is listed: broken, then unknown that this version can say something about, then waived."""
        return tuple(
            item
            for item in self.standings
            if item.state in (State.BROKEN, State.UNKNOWN, State.WAIVED)
            and item.reason is not Reason.NOT_VERIFIABLE_YET
        )

    @property
    def not_yet(self) -> tuple[Standing, ...]:
        """What this version has no way to verify."""
        return tuple(item for item in self.standings if item.reason is Reason.NOT_VERIFIABLE_YET)


def areas(verification: Verification) -> tuple[Area, ...]:
    """All areas, those with the worst news first."""
    grouped: dict[str, list[Standing]] = {}
    for item in verification.standings:
        grouped.setdefault(item.entry.guarantee.area, []).append(item)
    made = [Area(name, tuple(sorted(items, key=_order)), summarise(items)) for name, items in grouped.items()]
    return tuple(sorted(made, key=lambda area: (*_order(area.standings[0])[:2], -area.summary.broken, area.name)))


def _order(item: Standing) -> tuple[int, int, int, str]:
    rank = (State.BROKEN, State.UNKNOWN, State.WAIVED, State.HOLDS, State.NOT_APPLICABLE).index(item.state)
    effort = EFFORT.index(item.reason) if item.reason else 0
    severity = item.entry.guarantee.severity.rank
    return (
        (rank, severity, effort, item.entry.id)
        if item.state is State.BROKEN
        else (rank, effort, severity, item.entry.id)
    )


def rows_of(standing: Standing) -> tuple[StandingRow, ...]:
    """The rows that explain the state: for broken the broken ones, for unknown the unknown ones, and so on."""
    matching = tuple(row for row in standing.rows if row.state is standing.state)
    return matching or standing.rows


def headline(standing: Standing) -> str:
    """One line: what is so with which subject."""
    if standing.state is State.WAIVED:
        waiver = standing.waiver or next(row.waiver for row in standing.rows if row.waiver)
        return f"waived until {waiver.until} by {waiver.owner}: {waiver.reason}"
    if standing.state in (State.HOLDS, State.NOT_APPLICABLE) or not rows_of(standing):
        return standing.message
    if standing.reason is Reason.INSUFFICIENT_PROOF:
        return standing.message
    shown = rows_of(standing)
    row = shown[0].row
    text = row.verdict.message
    if row.subject.kind != "system" and row.subject.name not in text:
        text = f"{row.subject.name}: {text}"
    if row.finding and row.finding.location and str(row.finding.location) not in text:
        text += f" ({row.finding.location})"
    more = len(shown) - 1
    return text + (f"  +{more} more" if more else "")


def mend_line(standing: Standing) -> str:
    """What to do: the finding's own line, else the first sentence of the guarantee's remedy."""
    for item in rows_of(standing):
        if item.row.finding and item.row.finding.mend:
            return item.row.finding.mend[0].upper() + item.row.finding.mend[1:]
    return brief(first_sentence(standing.entry.remedy))


def next_line(standing: Standing) -> str:
    """What would make an unknown known."""
    reason = standing.reason or Reason.NEVER_RUN
    if reason is Reason.INSUFFICIENT_PROOF and not standing.entry.guarantee.verifiable:
        return f"check the rest by hand: prodproof explain {standing.entry.id}"
    return _NEXT[reason].format(id=standing.entry.id)


def first_sentence(text: str) -> str:
    """Up to the first full stop that ends a sentence."""
    return re.split(r"(?<=[.!?])\s+(?=[A-Z`(])", text, maxsplit=1)[0]


def brief(text: str, length: int = 160) -> str:
    """A sentence cut at a semicolon, so that it fits two lines of a terminal; whole where it has none in reach."""
    if len(text) <= length:
        return text
    # Marks within quoted text (a header, a line of configuration) are its own.
    quoted = re.sub(r"`[^`]*`?|\"[^\"]*\"?", lambda found: "-" * len(found[0]), text)
    kept = text[: quoted.rfind(";", 0, length)] if ";" in quoted[:length] else ""
    return f"{kept}." if kept else text


def counts(summary: Summary) -> str:
    """`61 hold · 9 broken · 73 unknown · 5 waived · 2 not applicable   of 150`."""
    parts = (
        f"{summary.holds} hold",
        f"{summary.broken} broken",
        f"{summary.unknown} unknown",
        f"{summary.waived} waived",
        f"{summary.not_applicable} not applicable",
    )
    return " · ".join(parts) + f"   of {summary.total}"


def age(at: datetime, now: datetime) -> str:
    """`just now`, `4 minutes ago`, `3 days ago`."""
    passed = max(now - at, timedelta(0))
    for unit, size in (("day", timedelta(days=1)), ("hour", timedelta(hours=1)), ("minute", timedelta(minutes=1))):
        number = passed // size
        if number:
            return f"{number} {unit}{'s' if number > 1 else ''} ago"
    return "just now"


def running_waivers(verification: Verification) -> Iterable[str]:
    """Lines about waivers that ran out, will soon, or cover nothing."""
    for waiver in verification.expired_waivers:
        yield f"the waiver of {waiver.guarantee} by {waiver.owner} ran out on {waiver.until}: it is open again"
    for waiver in verification.ending_waivers:
        yield f"the waiver of {waiver.guarantee} by {waiver.owner} runs out on {waiver.until}"
    for waiver in verification.unused_waivers:
        yield f"the waiver of {waiver.guarantee} by {waiver.owner} covers nothing now: it can be removed"
