"""A drill's timeline, as lines for a terminal and as a page that reads like the record of an incident."""

from collections.abc import Iterator
from datetime import UTC

from prodproof.facts.drills import DrillOutcome, DrillRun, EntryKind, Happened, TimelineEntry
from prodproof.reports.inert import markdown, plain

SYMBOLS = {
    Happened.DONE: "✓",
    Happened.ALREADY: "–",
    Happened.FAILED: "✗",
    Happened.NOT_DONE: "?",
    Happened.UNDONE: "↩",
    Happened.LEFT: "!",
}
_WORDS = {
    Happened.DONE: "done and proved",
    Happened.ALREADY: "was so before",
    Happened.FAILED: "failed",
    Happened.NOT_DONE: "not carried out",
    Happened.UNDONE: "undone",
    Happened.LEFT: "left behind",
}
_ANSWERS = {DrillOutcome.PROVEN: "proven", DrillOutcome.FAILED: "failed", DrillOutcome.NOT_PROVEN: "not proven"}


def lines(run: DrillRun) -> Iterator[str]:
    """The timeline for a terminal, one line for each thing, then what came of it."""
    for entry in run.timeline:
        yield entry_line(entry)
    yield ""
    yield from answer_lines(run)


def entry_line(entry: TimelineEntry) -> str:
    """One line of the timeline."""
    name = f"undo {entry.name}" if entry.kind is EntryKind.UNDO else entry.name
    facts = ", ".join(part for part in (_objective(entry), plain(entry.detail)) if part)
    what = f"{SYMBOLS[entry.happened]} {plain(name):<28} {_seconds(entry.took):>8}"
    return f"{entry.started:%H:%M:%S}  {what}  {facts}".rstrip()


def answer_lines(run: DrillRun) -> Iterator[str]:
    """What came of it."""
    reason = f" ({run.reason})" if run.reason else ""
    yield f"{_ANSWERS[run.outcome]}{reason}: {plain(run.detail)}"
    if run.moment is not None:
        yield f"asked for {run.moment.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
    if run.objective is not None:
        met = {True: "met", False: "missed", None: "not measured"}[run.objective_met]
        took = "" if run.objective_met is None or run.took is None else f", it took {seconds(run.took)}"
        yield f"objective {seconds(run.objective)}: {met}{took}"
    if run.interruptions:
        times = "once" if run.interruptions == 1 else f"{run.interruptions} times"
        yield f"interrupted {times}, and gone on with"
    for left in run.left:
        yield f"left behind: {plain(left)}"


def as_markdown(run: DrillRun) -> str:
    """The page: the answer first, then who and when, then what happened."""
    approved = f", approved by {markdown(run.approved_by)}" if run.approved_by else ""
    head = [
        f"# Drill {markdown(run.drill)} on {markdown(str(run.target))}: {_ANSWERS[run.outcome]}",
        "",
        *(f"{markdown(line)}  " for line in answer_lines(run)),
        "",
        f"Ordered by {markdown(run.ordered_by)}{approved}. "
        f"From {run.started:%Y-%m-%d %H:%M:%S} to {run.ended:%H:%M:%S} UTC. Run `{run.id}`, plan `{run.plan[:12]}`.",
        "",
        "| time (UTC) | who | what | | took | objective | seen | digest |",
        "| --- | --- | --- | --- | ---: | ---: | --- | --- |",
    ]
    return "\n".join([*head, *(_row(entry) for entry in run.timeline), ""])


def seconds(value: float) -> str:
    """A duration as people say it."""
    if value < 10:
        return f"{value:.1f} s"
    if value < 120:
        return f"{value:.0f} s"
    return f"{value / 60:.0f} min" if value < 7200 else f"{value / 3600:.1f} h"


def _row(entry: TimelineEntry) -> str:
    name = f"undo {entry.name}" if entry.kind is EntryKind.UNDO else entry.name
    cells = (
        f"{entry.started:%H:%M:%S}",
        markdown(entry.by),
        markdown(name),
        f"{SYMBOLS[entry.happened]} {_WORDS[entry.happened]}",
        _seconds(entry.took),
        seconds(entry.objective) + (" missed" if entry.objective_met is False else "") if entry.objective else "",
        markdown(entry.detail),
        f"`{entry.digest[:12]}`" if entry.digest else "",
    )
    return f"| {' | '.join(cells)} |"


def _seconds(took: float | None) -> str:
    return "" if took is None else seconds(took)


def _objective(entry: TimelineEntry) -> str:
    if entry.objective is None or entry.objective_met is not False:
        return ""
    return f"over its objective of {seconds(entry.objective)}"
