"""The terminal report: areas worst first, one line per guarantee, then why it matters and what to do."""

import re
from collections.abc import Iterable

from rich.console import Console
from rich.text import Text

from prodproof.gate import Decision, Standing, State, Verification
from prodproof.reports.inert import plain
from prodproof.reports.view import (
    SYMBOLS,
    Area,
    areas,
    counts,
    first_sentence,
    headline,
    mend_line,
    next_line,
    rows_of,
    running_waivers,
)

STYLES = {
    State.BROKEN: "red",
    State.UNKNOWN: "yellow",
    State.WAIVED: "bright_black",
    State.HOLDS: "green",
    State.NOT_APPLICABLE: "bright_black",
}
_WORDS = re.compile(r"\+\d+ more\b|[^ ]+")
"""What stays together on a line."""

WIDEST_NAME = 36
WIDEST = 118


def print_report(
    console: Console,
    verification: Verification,
    decision: Decision | None,
    *,
    verbose: bool = False,
    files: Iterable[str] = (),
) -> None:
    """Print a run.

    Args:
        console: where to; its width is respected, its colour settings too (`NO_COLOR`).
        decision: the gate's answer for the default scope, if it is to be shown.
        verbose: list what holds too, and every subject of what does not.
        files: lines about files that were written.
    """
    width = min(console.width, WIDEST)
    _print(console, Text(heading(verification)))
    for note in (*verification.notes, *running_waivers(verification)):
        _print(console, Text(f"note: {plain(note)}", style="yellow"))
    for area in areas(verification):
        if area.attention or verbose:
            _print(console, Text())
            _area(console, area, width, verbose)
    quiet = [area for area in areas(verification) if not area.attention]
    if quiet and not verbose:
        _print(console, Text())
        for area in quiet:
            _print(console, _area_line(area, width))
    not_yet = sum(len(area.not_yet) for area in areas(verification))
    _print(console, Text())
    seconds = (verification.finished_at - verification.started_at).total_seconds()
    _print(console, Text(f"{counts(verification.summary)}{seconds:>14.1f} s"))
    if not_yet:
        _print(console, Text(f"{not_yet} of the unknown are beyond this version: prodproof guarantees --not-yet"))
    if decision is not None:
        _print(console, gate_line(decision))
    for line in files:
        _print(console, Text(line))


def heading(verification: Verification) -> str:
    """`prodproof 0.1.0   shop · production · commit 3f2a9c1 · inside, outside (lab)`."""
    parts = [plain(verification.system), plain(verification.environment)]
    if verification.commit:
        dirty = " + local changes" if verification.commit.endswith("-dirty") else ""
        parts.append(f"commit {verification.commit[:7]}{dirty}")
    if verification.vantages:
        parts.append(", ".join(verification.vantages))
    return f"prodproof {verification.tool_version}   " + " · ".join(parts)


def gate_line(decision: Decision) -> Text:
    """Go or no-go in one line."""
    name = decision.scope.scope
    if decision.go:
        return Text(f"go for {name}: nothing of {len(decision.inside)} stands in the way", style="green")
    if not decision.inside:
        return Text(f"no-go for {name}: nothing is in its scope", style="red")
    return Text(
        f"no-go for {name}: {decision.broken} broken and {decision.unknown} unknown stand in the way     prodproof gate"
    )


def _area(console: Console, area: Area, width: int, verbose: bool) -> None:
    _print(console, _area_line(area, width))
    listed = area.standings if verbose else area.attention
    name_width = min(WIDEST_NAME, max((len(item.entry.guarantee.name) + 2 for item in listed), default=0))
    for item in listed:
        _standing(console, item, width, name_width, verbose)
    if area.not_yet and not verbose:
        _print(console, Text(f"  ? {len(area.not_yet)} more that this version cannot verify yet", style="bright_black"))


def _area_line(area: Area, width: int) -> Text:
    numbers = f"{area.summary.holds:>3} hold {area.summary.broken:>3} broken {area.summary.unknown:>3} unknown"
    return Text(f"{area.name:<{max(1, width - len(numbers))}}{numbers}", style="bold")


def _standing(console: Console, item: Standing, width: int, name_width: int, verbose: bool) -> None:
    severity = item.entry.guarantee.severity.value
    room = max(20, width - name_width - len(severity) - 6)
    name = item.entry.guarantee.name
    text = plain(headline(item))
    if item.state is State.UNKNOWN and item.reason:
        text = f"{text} ({item.reason})"
    wrapped = _wrap(text, room)
    line = Text(f"  {SYMBOLS[item.state]} ", style=STYLES[item.state])
    line.append(f"{name:<{name_width}}", style="bold" if item.state is State.BROKEN else "")
    line.append(f"{wrapped[0]:<{room}}  ", style="")
    line.append(severity, style="bright_black")
    _print(console, line)
    for rest in wrapped[1:]:
        _print(console, Text(" " * (name_width + 4) + rest))
    if verbose:
        for row in rows_of(item)[1:]:
            where = f" ({row.row.finding.location})" if row.row.finding and row.row.finding.location else ""
            _indented(console, "", f"{row.row.subject.name}: {row.row.verdict.message}{where}", width)
    if item.state is State.BROKEN:
        _indented(console, "risk", first_sentence(item.entry.risk), width)
        _indented(console, "mend", mend_line(item), width)
    elif item.state is State.UNKNOWN:
        _indented(console, "next", next_line(item), width)


def _indented(console: Console, label: str, text: str, width: int) -> None:
    lines = _wrap(plain(text), max(20, width - 12))
    for number, line in enumerate(lines):
        shown = Text("      ")
        shown.append(f"{label if number == 0 else '':<6}", style="bright_black")
        shown.append(line)
        _print(console, shown)


def _wrap(text: str, width: int) -> list[str]:
    """Cut a line at blanks; words longer than the width (paths, URLs) stay whole."""
    lines, current = [], ""
    for word in _WORDS.findall(text):
        if current and len(current) + 1 + len(word) > width:
            lines.append(current)
            current = word
        else:
            current = f"{current} {word}" if current else word
    return [*lines, current]


def _print(console: Console, text: Text) -> None:
    console.print(text, no_wrap=True, overflow="ignore", crop=False, highlight=False, soft_wrap=True)
