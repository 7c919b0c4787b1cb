"""A real restore was done within the last three months and its data was right.

Risk: Nobody has backups; people have restores. An untested one fails on the day that matters.
Verified: The drill `restore` brings each data store's newest backup back into a scratch of its own, and compares:
objects, counts and keyed digests of rows with what they were when the backup was made, sequences, foreign keys, pages,
files and the rows that name them, the newest heartbeat, the team's invariants, the application on the copy if one is
declared. Each difference is a finding. That the source has moved on is none; where nothing says whether it has, the
answer is unknown. Invariants stand in for a comparison where there is nothing to compare with. How old the data are
is judged by recovery.objectives-met. Unlogged tables of PostgreSQL are named and not compared. Stores of the kind
`cache` are left out: nothing in them is meant to last.
Mend: Restore the newest backup into scratch every quarter at least (`prodproof drill run restore`), and mend how
backups are made until nothing differs.
"""

from collections.abc import Iterator
from dataclasses import replace

from prodproof.facts import Reason
from prodproof.facts.restores import (
    ComparedWith,
    Difference,
    DifferenceKind,
    MomentBy,
    RestoreTested,
    Undecided,
)
from prodproof.verdicts import Example, Finding, Verdict, broken, guarantee, holds, unknown
from prodproof.verdicts.example import NOON

_LEFT_OUT = "back it up too: look at what the backup's command leaves out, and at the rights of who makes it"
_TORN = "make the backup from one snapshot (one pg_dump, a physical backup), not piece by piece"
_OTHER = "find out since when the copy differs, and restore an older backup; then mend how it is made"
_TOGETHER = "back up the files after the database, and keep a file for as long as a backup names it"

MENDS = {
    DifferenceKind.MISSING_TABLE: _LEFT_OUT,
    DifferenceKind.MISSING_SEQUENCE: _LEFT_OUT,
    DifferenceKind.MISSING_OBJECT: _LEFT_OUT,
    DifferenceKind.CHANGED_OBJECT: "dump and load with the same major version, and let no other step rewrite the dump",
    DifferenceKind.EMPTY_TABLE: "do not leave its data out (--schema-only, --exclude-table-data, row security)",
    DifferenceKind.MISSING_ROWS: _TORN,
    DifferenceKind.CHANGED_ROWS: _OTHER,
    DifferenceKind.EXTRA_ROWS: _OTHER,
    DifferenceKind.SEQUENCE_BEHIND: _TORN,
    DifferenceKind.BROKEN_KEY: _TORN,
    DifferenceKind.DAMAGED_PAGE: "look for damage at the source now (pg_amcheck, data checksums), and at its disk",
    DifferenceKind.NOT_LOADED: "load the dump by hand, and mend what its own commands fail on",
    DifferenceKind.ROW_WITHOUT_FILE: _TOGETHER,
    DifferenceKind.FILE_WITHOUT_ROW: _TOGETHER,
    DifferenceKind.MISSING_FILE: _LEFT_OUT,
    DifferenceKind.CHANGED_FILE: _OTHER,
    DifferenceKind.INVARIANT: "ask the same at the source: if it is not so there either, the data are wrong already",
    DifferenceKind.APPLICATION: "start it on a restored copy by hand, and mend what it lacks there",
}


@guarantee("recovery.restore-tested", seeds="M-B5 H-7 K-7", proof="drill", severity="critical")
def judge(fact: RestoreTested) -> Verdict:
    """One data store, restored."""
    if findings := list(_findings(fact)):
        return broken(*findings)
    if fact.undecided:
        first, more = fact.undecided[0], _more(len(fact.undecided))
        return unknown(Reason.INCOMPLETE, f"nobody can decide whether it was damaged: {first.what}{more}: {first.says}")
    if fact.uncompared:
        return unknown(Reason.INCOMPLETE, f"not compared{_more(len(fact.uncompared))}: {fact.uncompared[0]}")
    if fact.unheld and not fact.invariants:
        return unknown(Reason.INCOMPLETE, f"held against nothing, nor to invariants: {fact.unheld[0]}")
    if fact.compared_with is ComparedWith.NOTHING and not fact.invariants:
        return unknown(Reason.INCOMPLETE, "it was held against nothing, and no invariants say what is always so")
    return holds(_said(fact))


def _findings(fact: RestoreTested) -> Iterator[Finding]:
    if not fact.failure and not fact.differences:
        yield from _nothing(fact)
    if fact.failure:
        yield Finding(
            fact.damage or "not-restored",
            f"{fact.backup or 'no backup'}: {fact.failure}",
            key=fact.backup,
            mend="make a new backup now, restore it, and look why this one cannot be",
        )
    for item in fact.differences:
        yield Finding(item.kind.value, f"{item.what}: {item.says}", key=item.what, mend=MENDS[item.kind])


def _nothing(fact: RestoreTested) -> Iterator[Finding]:
    if not fact.tables:
        yield Finding("nothing", "nothing came back: there is no table and no file", key="tables", mend=_LEFT_OUT)
    elif fact.of_rows and not fact.rows and not fact.uncompared:
        yield Finding("nothing", f"nothing came back: all {fact.tables} tables are empty", key="rows", mend=_LEFT_OUT)
    elif fact.recovered_by is MomentBy.HEARTBEAT and fact.recovered_to is None:
        yield Finding("no-heartbeat", "the heartbeat's table came back empty", key="heartbeat", mend=_LEFT_OUT)


def _said(fact: RestoreTested) -> str:
    what = f"{fact.tables} tables with {fact.rows} rows" if fact.of_rows else f"{fact.tables} files"
    how = {
        ComparedWith.REFERENCE: "as they were when the backup was made",
        ComparedWith.SOURCE: "as at the source, as far as it has not moved on",
        ComparedWith.NOTHING: f"held to {fact.invariants} invariants, for there is nothing to compare with",
    }
    part = f"; in part: {', '.join(fact.sampled[:3])}" if fact.sampled else ""
    unlogged = f"; unlogged, and so left out: {', '.join(fact.unlogged[:3])}" if fact.unlogged else ""
    return f"{fact.backup}, {what}: {how[fact.compared_with]}{part}{unlogged}"


def _more(number: int) -> str:
    return f" (and {number - 1} more)" if number > 1 else ""


_DATABASE = RestoreTested(
    backup="nightly",
    tool="dump",
    point="shop.dump",
    made=NOON,
    size=1_000_000,
    compared_with=ComparedWith.SOURCE,
    tables=8,
    rows=1200,
    of_rows=True,
    invariants=1,
    recovered_by=MomentBy.HEARTBEAT,
    recovered_to=NOON,
    loss=40.0,
)
_FILES = replace(
    _DATABASE, of_rows=False, rows=0, invariants=0, tables=300, recovered_by=MomentBy.BACKUP, recovered_to=None
)
_TABLE = Difference(kind=DifferenceKind.MISSING_TABLE, what="table public.line", says="is not in the copy")
_MOVED = Undecided(what="public.event", says="3 rows differ; nothing says when they were changed")

EXAMPLES = (
    Example("all as at the source", _DATABASE, holds, says="8 tables with 1200 rows: as at the source"),
    Example(
        "all as when it was made", replace(_DATABASE, compared_with=ComparedWith.REFERENCE), holds, says="as they were"
    ),
    Example("files", _FILES, holds, says="300 files: as at the source"),
    Example("large tables in part", replace(_DATABASE, sampled=("public.event",)), holds, says="in part: public.event"),
    Example(
        "an unlogged table, which a restore may bring back empty",
        replace(_DATABASE, unlogged=("public.basket",)),
        holds,
        says="unlogged, and so left out: public.basket",
    ),
    Example("one table is missing", replace(_DATABASE, differences=(_TABLE,)), broken, says="line: is not in"),
    *(
        Example(
            f"a difference: {kind.value}",
            replace(_DATABASE, differences=(Difference(kind=kind, what="public.line", says="differs"),)),
            broken,
            says="public.line: differs",
        )
        for kind in DifferenceKind
    ),
    Example(
        "the only table is empty, and was not",
        replace(_DATABASE, rows=0, differences=(replace(_TABLE, kind=DifferenceKind.EMPTY_TABLE),)),
        broken,
        says="table public.line: is not",
    ),
    Example(
        "two differences",
        replace(_DATABASE, differences=(_TABLE, replace(_TABLE, what="table public.event"))),
        broken,
        says="(and 1 more)",
    ),
    Example(
        "a truncated backup",
        RestoreTested(backup="nightly", tool="dump", failure="it ends early", damage="truncated", of_rows=True),
        broken,
        says="nightly: it ends early",
    ),
    Example(
        "no backup at all",
        RestoreTested(backup="", tool="", failure="choose-backup: there is no backup of shop at all"),
        broken,
        says="no backup: choose-backup",
    ),
    Example(
        "it does not end, and before that a table was missing",
        replace(_DATABASE, failure="conclude: it broke down", differences=(_TABLE,)),
        broken,
        says="broke down (and 1 more)",
    ),
    Example("no table came back", replace(_DATABASE, tables=0, rows=0), broken, says="no table and no file"),
    Example("no file came back", replace(_FILES, tables=0), broken, says="no table and no file"),
    Example("all tables are empty", replace(_DATABASE, rows=0), broken, says="all 8 tables are empty"),
    Example(
        "tables whose rows nobody could count",
        replace(_DATABASE, rows=0, uncompared=("public.line: it took too long",)),
        unknown,
        says="not compared: public.line",
        reason=Reason.INCOMPLETE,
    ),
    Example("the heartbeat is not there", replace(_DATABASE, recovered_to=None, loss=None), broken, says="heartbeat"),
    Example(
        "of no heartbeat, and nobody knows how old it is",
        replace(_DATABASE, recovered_by=MomentBy.BACKUP, recovered_to=None),
        holds,
    ),
    Example(
        "the source may have moved on, or not",
        replace(_DATABASE, undecided=(_MOVED,)),
        unknown,
        says="public.event: 3 rows differ",
        reason=Reason.INCOMPLETE,
    ),
    Example(
        "in two tables",
        replace(_DATABASE, undecided=(_MOVED, _MOVED)),
        unknown,
        says="public.event (and 1 more): 3 rows",
        reason=Reason.INCOMPLETE,
    ),
    Example(
        "a table that could not be compared, whatever the invariants say",
        replace(_DATABASE, uncompared=("public.line: its columns differ",)),
        unknown,
        says="not compared: public.line",
        reason=Reason.INCOMPLETE,
    ),
    Example(
        "the source is gone, and the invariants hold",
        replace(_DATABASE, compared_with=ComparedWith.NOTHING, unheld=("the source: refused",)),
        holds,
        says="held to 1 invariants",
    ),
    Example(
        "the source is gone, and nothing is said to be always so",
        replace(_DATABASE, compared_with=ComparedWith.NOTHING, unheld=("the source: refused",), invariants=0),
        unknown,
        says="the source: refused",
        reason=Reason.INCOMPLETE,
    ),
    Example(
        "a table that the reference does not tell of, without invariants",
        replace(_DATABASE, compared_with=ComparedWith.REFERENCE, unheld=("public.line: new",), invariants=0),
        unknown,
        says="public.line: new",
        reason=Reason.INCOMPLETE,
    ),
    Example(
        "held against nothing",
        replace(_FILES, compared_with=ComparedWith.NOTHING),
        unknown,
        says="held against nothing",
        reason=Reason.INCOMPLETE,
    ),
)
