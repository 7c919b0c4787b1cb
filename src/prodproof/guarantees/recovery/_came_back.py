"""What a restore shows of `recovery.coverage`: nothing that the source held was left out of the backup."""

from collections.abc import Iterator
from dataclasses import replace

from prodproof.facts import Reason
from prodproof.facts.restores import ComparedWith, Difference, DifferenceKind, MomentBy, RestoreTested, Undecided
from prodproof.verdicts import Example, Finding, Verdict, broken, holds, unknown
from prodproof.verdicts.example import NOON

_LEFT_OUT = (
    DifferenceKind.MISSING_TABLE,
    DifferenceKind.EMPTY_TABLE,
    DifferenceKind.MISSING_FILE,
    DifferenceKind.ROW_WITHOUT_FILE,
)
_MEND = "add it to what the backup copies, and run the restore drill again"


def came_back(fact: RestoreTested) -> Verdict:
    """One data store, restored. The canary is the newest heartbeat; without one, what the source is known to hold."""
    if findings := list(_left_out(fact)):
        return broken(*findings)
    if fact.failure:
        return unknown(Reason.INCOMPLETE, f"what a backup holds shows when it is restored: {fact.failure}")
    if fact.of_rows and not fact.rows:
        return unknown(Reason.INCOMPLETE, f"no row of it could be counted: {fact.uncompared[0]}")
    if maybe := next((item for item in fact.undecided if item.kind in _LEFT_OUT), None):
        return unknown(Reason.INCOMPLETE, f"nobody can decide whether it was left out: {maybe.what}: {maybe.says}")
    what = f"{fact.tables} tables with {fact.rows} rows" if fact.of_rows else f"{fact.tables} files"
    if fact.recovered_by is MomentBy.HEARTBEAT:
        return holds(f"{what} came back, the newest heartbeat among them")
    if fact.compared_with is ComparedWith.NOTHING:
        return unknown(
            Reason.INCOMPLETE,
            f"{what} came back; nothing shows that this is all: no heartbeat, and nothing to compare with",
        )
    return holds(f"{what} came back: all that was there before the backup")


def _left_out(fact: RestoreTested) -> Iterator[Finding]:
    for item in fact.differences:
        if item.kind in _LEFT_OUT:
            yield Finding(item.kind.value, f"{item.what}: {item.says}", key=item.what, mend=_MEND)
    if fact.failure:
        return
    if not fact.tables or (fact.of_rows and not fact.rows and not fact.uncompared):
        yield Finding("nothing", f"nothing of it came back from {fact.backup}", key="nothing", mend=_MEND)
    elif fact.recovered_by is MomentBy.HEARTBEAT and fact.recovered_to is None:
        yield Finding("canary", "the canary row (its heartbeat) did not come back", key="canary", mend=_MEND)


_ROWS = RestoreTested(
    backup="nightly",
    tool="dump",
    compared_with=ComparedWith.SOURCE,
    tables=8,
    rows=1200,
    of_rows=True,
    recovered_by=MomentBy.HEARTBEAT,
    recovered_to=NOON,
)
_FILES = replace(_ROWS, of_rows=False, rows=0, tables=300, recovered_by=MomentBy.BACKUP, recovered_to=None)
_DIFFERENCE = Difference(kind=DifferenceKind.MISSING_TABLE, what="table public.line", says="is not in the copy")
_MAYBE = Undecided(
    what="table public.line",
    says="is at the source and not in the copy; nothing says that it is newer than the backup",
    kind=DifferenceKind.MISSING_TABLE,
)
_DAMAGED = Difference(kind=DifferenceKind.CHANGED_ROWS, what="public.line", says="2 rows differ")

EXAMPLES = (
    Example("rows and the heartbeat came back", _ROWS, holds, says="1200 rows came back, the newest heartbeat"),
    Example(
        "the heartbeat came back, and there is nothing to compare with",
        replace(_ROWS, compared_with=ComparedWith.NOTHING),
        holds,
    ),
    Example("rows as at the source", replace(_ROWS, recovered_by=MomentBy.LOG), holds, says="all that was there"),
    Example("files as at the source", _FILES, holds, says="300 files came back: all that was there"),
    Example(
        "files, and there is nothing to compare with",
        replace(_FILES, compared_with=ComparedWith.NOTHING),
        unknown,
        says="nothing shows that this is all",
        reason=Reason.INCOMPLETE,
    ),
    *(
        Example(
            f"left out: {kind.value}",
            replace(_ROWS, differences=(replace(_DIFFERENCE, kind=kind),)),
            broken,
            says="public.line: is not",
        )
        for kind in _LEFT_OUT
    ),
    Example("what came back is damaged, and all of it is there", replace(_ROWS, differences=(_DAMAGED,)), holds),
    Example(
        "a table that may be newer than the backup",
        replace(_ROWS, undecided=(Undecided(what="public.event", says="3 rows differ"), _MAYBE)),
        unknown,
        says="whether it was left out: table public.line: is at the source",
        reason=Reason.INCOMPLETE,
    ),
    Example(
        "rows and views that may be newer than the backup",
        replace(
            _ROWS,
            undecided=(
                Undecided(what="public.event", says="3 rows differ"),
                replace(_MAYBE, kind=DifferenceKind.MISSING_OBJECT),
            ),
        ),
        holds,
    ),
    Example("no file came back", replace(_FILES, tables=0), broken, says="nothing of it came back from nightly"),
    Example("tables without rows", replace(_ROWS, rows=0), broken, says="nothing of it came back from nightly"),
    Example(
        "tables whose rows nobody could count",
        replace(_ROWS, rows=0, uncompared=("public.line: it took too long",)),
        unknown,
        says="no row of it could be counted: public.line",
        reason=Reason.INCOMPLETE,
    ),
    Example("the canary row is missing", replace(_ROWS, recovered_to=None), broken, says="canary row"),
    Example("the newest moment is not known", replace(_FILES, recovered_to=None), holds),
    Example(
        "it could not be restored",
        replace(_ROWS, failure="restore: it ends early", tables=0),
        unknown,
        says="it ends early",
        reason=Reason.INCOMPLETE,
    ),
    Example(
        "it broke down, and a table was missing before that",
        replace(_ROWS, failure="check-pages: the server broke down", differences=(_DIFFERENCE,)),
        broken,
        says="table public.line",
    ),
)
