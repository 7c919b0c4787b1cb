"""A drill's timeline as people read it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from prodproof.facts import Reason, Subject
from prodproof.facts.drills import DrillOutcome, DrillRun, EntryKind, Happened, TimelineEntry
from prodproof.reports.drill import as_markdown, lines, seconds

AT = datetime(2026, 3, 1, 2, 0, tzinfo=UTC)


def entry(name: str, second: int, happened: Happened = Happened.DONE, **changes: object) -> TimelineEntry:
    made = TimelineEntry(
        name=name,
        kind=EntryKind.STEP,
        by="ana",
        started=AT + timedelta(seconds=second),
        ended=AT + timedelta(seconds=second + 5),
        happened=happened,
        took=5.25,
    )
    return replace(made, **changes)  # type: ignore[arg-type]  # the fields of the caller


RUN = DrillRun(
    id="restore-0301-9f3c21",
    drill="restore",
    target=Subject("store", "db"),
    plan="a" * 64,
    ordered_by="ana",
    approved_by="ben",
    started=AT,
    ended=AT + timedelta(seconds=700),
    outcome=DrillOutcome.FAILED,
    reason=None,
    detail="compare: orders has 3 rows fewer",
    timeline=(
        entry("site, before", 0, kind=EntryKind.STEADY, detail="it answers"),
        entry("fetch", 1, digest="b" * 64, objective=5.0, detail="1.2 GB"),
        entry("call-lead", 20, kind=EntryKind.PERSON, by="eve", took=90.0, objective=600.0),
        entry("compare", 120, Happened.FAILED, detail="orders has 3 rows fewer \x1b[31m<b>|"),
        entry("fetch", 130, Happened.UNDONE, kind=EntryKind.UNDO, detail="remove the folder"),
        entry("scratch", 140, Happened.LEFT, kind=EntryKind.UNDO, detail="busy", took=None),
    ),
    left=("scratch: busy",),
    interruptions=1,
    objective=600,
)


def test_the_timeline_reads_from_the_top_and_ends_with_the_answer() -> None:
    assert "\n".join(lines(RUN)) == (
        "02:00:00  ✓ site, before                    5.2 s  it answers\n"
        "02:00:01  ✓ fetch                           5.2 s  over its objective of 5.0 s, 1.2 GB\n"
        "02:00:20  ✓ call-lead                        90 s\n"
        "02:02:00  ✗ compare                         5.2 s  orders has 3 rows fewer \\x1b[31m<b>|\n"
        "02:02:10  ↩ undo fetch                      5.2 s  remove the folder\n"
        "02:02:20  ! undo scratch                           busy\n"
        "\n"
        "failed: compare: orders has 3 rows fewer\n"
        "objective 10 min: not measured\n"
        "interrupted once, and gone on with\n"
        "left behind: scratch: busy"
    )


def test_the_page_names_who_and_when_and_is_inert() -> None:
    page = as_markdown(RUN)
    assert page.startswith("# Drill restore on store:db: failed\n")
    assert "Ordered by ana, approved by ben. From 2026-03-01 02:00:00 to 02:11:40 UTC." in page
    assert "| 02:00:20 | eve | call-lead | ✓ done and proved | 90 s | 10 min |  |  |" in page
    assert "| 02:00:01 | ana | fetch | ✓ done and proved | 5.2 s | 5.0 s missed | 1.2 GB | `bbbbbbbbbbbb` |" in page
    assert "\x1b" not in page and "<b>" not in page and "fewer \\\\x1b\\[31m\\<b\\>\\|" in page


def test_what_was_not_proven_says_why() -> None:
    run = replace(
        RUN, outcome=DrillOutcome.NOT_PROVEN, reason=Reason.DENIED, detail="no right", left=(), interruptions=0
    )
    assert list(lines(run))[-2:] == ["not proven (denied): no right", "objective 10 min: not measured"]
    proven = replace(run, outcome=DrillOutcome.PROVEN, reason=None, took=300.0)
    assert list(lines(proven))[-1] == "objective 10 min: met, it took 5 min"
    assert list(lines(replace(proven, took=601.0)))[-1] == "objective 10 min: missed, it took 10 min"
    assert list(lines(replace(proven, objective=None)))[-1] == "proven: no right"


def test_durations_are_said_as_people_say_them() -> None:
    assert [seconds(value) for value in (0.04, 9.94, 61, 600, 7200, 90000)] == [
        "0.0 s", "9.9 s", "61 s", "10 min", "2.0 h", "25.0 h",
    ]  # fmt: skip


def test_an_objective_counts_only_where_something_was_done_and_measured() -> None:
    assert entry("x", 0, objective=6.0).objective_met is True
    assert entry("x", 0, objective=5.0).objective_met is False
    assert entry("x", 0, objective=6.0, took=None).objective_met is None
    assert entry("x", 0, Happened.ALREADY, objective=6.0).objective_met is None
    assert entry("x", 0).objective_met is None
    assert replace(RUN, took=10.0).objective_met is None, "a drill that failed met nothing"
