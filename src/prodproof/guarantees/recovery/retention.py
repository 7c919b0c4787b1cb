"""Backups are kept as long as declared and no longer; a declaration exists for hot and cold copies (the handbook
suggests 30 days hot, seven years cold where the law asks for it).

Risk: Corruption is often found weeks later, when every copy that is left has it too.
Verified: The restore points of every [[backup]] against its `keep`, and the settings that take copies away:
pgBackRest's `repo-retention-full`, Barman's `retention_policy`, lifecycle rules of a bucket, RDS's retention period.
restic, borg and plain files have no such setting: there the oldest copy says it, compared with the oldest one that any
earlier look saw.
Copies that are locked for longer count as kept for longer. Where nothing is old enough yet to tell, and no setting says
it, it is unknown. Hot and cold copies are two backups, each with its own `keep`.
Mend: Keep backups as long as you declared, hot and cold, and let lifecycle rules remove what is older.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise

from prodproof.facts import Reason, Unseen
from prodproof.facts.backups import BackupInventory, RetentionSet
from prodproof.facts.restore_points import PointKind, RestorePoint
from prodproof.guarantees._spans import span
from prodproof.verdicts import Example, Finding, Verdict, broken, guarantee, holds, unknown
from prodproof.verdicts.example import NOON

_DAY = timedelta(days=1)
_HOUR = timedelta(hours=1)


@guarantee("recovery.retention", seeds="H-7 M-text", proof="inside", severity="medium")
def judge(fact: BackupInventory, at: datetime) -> Verdict:
    """One declared backup."""
    if fact.keep is None:
        return unknown(Reason.NOT_DECLARED, "for how long its copies are kept is not declared: keep of [[backup]]")
    keep, looked = timedelta(seconds=fact.keep), fact.looked or at
    if not all(_made(point) for point in fact.points):
        return unknown(Reason.INCOMPLETE, "when its copies were made is not known")
    # What cannot be restored is kept in vain, and all the same it is kept.
    usable = replace(fact, points=tuple(point for point in fact.points if not point.trouble))
    if not usable.points:
        return unknown(Reason.INCOMPLETE, "there is no restore point in it that can be used")
    short, long = list(_too_short(usable, keep, looked)), list(_too_long(fact, usable.points, keep, looked))
    if short or long:
        return broken(*short, *long)
    setting = fact.retention_set
    oldest = _oldest(usable.points)
    age = span(looked - oldest)
    if isinstance(setting, RetentionSet) and _spans(setting, usable.points) is not None:
        return holds(f"{setting.says}, {span(keep)} declared; the oldest is {age} old")
    if oldest <= looked - keep + _interval(usable.points) + _HOUR:
        return holds(f"the oldest is {age} old, of {span(keep)}")
    if isinstance(setting, Unseen):
        return unknown(setting.why, setting.detail)
    return unknown(
        Reason.INSUFFICIENT_PROOF,
        f"the oldest is {age} old, of {span(keep)}, and no earlier look saw an older one: time will show it",
    )


def _too_short(fact: BackupInventory, keep: timedelta, looked: datetime) -> Iterator[Finding]:
    setting, oldest = fact.retention_set, _oldest(fact.points)
    declared = f"{span(keep)} are declared"
    if isinstance(setting, RetentionSet):
        spans = _spans(setting, fact.points)
        if spans is not None and spans < keep:
            yield Finding("set-too-short", f"copies are kept for {span(spans)} ({setting.says}); {declared}", key="set")
    begun = fact.begun or oldest
    if oldest > max(begun, looked - keep) + _interval(fact.points) + _HOUR:
        message = f"the oldest copy is {span(looked - oldest)} old, and there were some on {begun:%Y-%m-%d}; {declared}"
        yield Finding("too-short", message, key="short")


def _too_long(
    fact: BackupInventory, usable: Sequence[RestorePoint], keep: timedelta, looked: datetime
) -> Iterator[Finding]:
    setting, oldest = fact.retention_set, _oldest(fact.points)
    # One that was left behind long ago says nothing of how often copies are made.
    young = [point for point in usable if looked - _oldest([point]) <= keep]
    # What takes copies away comes after the next one was made, and once a day.
    bound = keep + _interval(young if len(_whole(young)) > 1 else usable) + _DAY
    mend = "let a lifecycle rule, or the tool's retention, take away what is older"
    if isinstance(setting, RetentionSet):
        spans = _spans(setting, usable)
        if spans is not None and spans > bound:
            message = f"copies are kept for {span(spans)} ({setting.says}); {span(keep)} are declared"
            yield Finding("set-too-long", message, key="set-long", mend=mend)
    # The newest one stays, however old: better than none.
    if len(fact.points) > 1 and looked - oldest > bound:
        message = f"the oldest copy is {span(looked - oldest)} old; {span(keep)} are declared"
        yield Finding("too-long", message, key="long", mend=mend)
    locked = [point for point in fact.points if _locked_for(point) > bound]
    if locked:
        message = f"{locked[0].id} is locked until {locked[0].keep_until:%Y-%m-%d}; {span(keep)} are declared"
        yield Finding("locked-too-long", message, key="lock", mend="lock for as long as is declared")


def _locked_for(point: RestorePoint) -> timedelta:
    made = _made(point)
    assert made is not None
    return (point.keep_until or made) - made


def _oldest(points: Sequence[RestorePoint]) -> datetime:
    return min(when for point in points if (when := _made(point)))


def _made(point: RestorePoint) -> datetime | None:
    return point.completed or point.started


def _interval(points: Sequence[RestorePoint]) -> timedelta:
    """The longest time between two whole copies: smaller ones go with the whole one that they need."""
    gaps = (later - earlier for earlier, later in pairwise(_whole(points)))
    return max(gaps, default=timedelta())


def _spans(setting: RetentionSet, points: Sequence[RestorePoint]) -> timedelta | None:
    """How far back it keeps copies; None where it counts them, and they have no pace yet."""
    if setting.seconds is not None:
        return timedelta(seconds=setting.seconds)
    assert setting.count is not None
    whole = _whole(points)
    if len(whole) < 2:
        return None
    return (whole[-1] - whole[0]) / (len(whole) - 1) * setting.count


def _whole(points: Sequence[RestorePoint]) -> list[datetime]:
    kinds = (PointKind.FULL, PointKind.SNAPSHOT)
    return sorted(when for point in points if point.kind in kinds and (when := _made(point)))


def _point(days: float, kind: PointKind = PointKind.FULL) -> RestorePoint:
    return RestorePoint(id=f"{days:g} days old", completed=NOON - timedelta(days=days), kind=kind)


_KEEP = 30 * 86400
_FACT = BackupInventory(
    kind="dump",
    points=tuple(_point(days) for days in range(31)),
    keep=_KEEP,
    looked=NOON,
    begun=NOON - timedelta(days=90),
)
_YOUNG = replace(_FACT, points=tuple(_point(days) for days in range(3)), begun=NOON - timedelta(days=2))
_TIMED = replace(
    _YOUNG, kind="pgbackrest", retention_set=RetentionSet(says="repo1-retention-full=30 days", seconds=_KEEP)
)
_COUNTED = replace(_TIMED, retention_set=RetentionSet(says="repo1-retention-full=30", count=30))
_SHORT = RetentionSet(says="repo1-retention-full=3 days", seconds=3 * 86400)

EXAMPLES = (
    Example("a copy of each of 30 days", _FACT, holds, says="the oldest is 30 d old, of 30 d"),
    Example(
        "copies of three days, of many that were there",
        replace(_YOUNG, begun=NOON - timedelta(days=90)),
        broken,
        says="the oldest copy is 2 d old, and there were some on 2026-03-03; 30 d are declared",
    ),
    Example(
        "one that was ten days old is gone",
        replace(_YOUNG, begun=NOON - timedelta(days=10)),
        broken,
        says="there were some on 2026-05-22",
    ),
    Example("a retention of three days", replace(_TIMED, retention_set=_SHORT), broken, says="kept for 3 d (repo1-"),
    Example(
        "three copies, one a day",
        replace(_COUNTED, retention_set=RetentionSet(says="REDUNDANCY 3", count=3)),
        broken,
        says="kept for 3 d (REDUNDANCY 3)",
    ),
    Example("young, and the setting says 30 days", _TIMED, holds, says="30 d declared; the oldest is 2 d old"),
    Example("young, and the setting says 30 copies", _COUNTED, holds, says="repo1-retention-full=30, 30 d declared"),
    Example(
        "a count, and one copy",
        replace(_COUNTED, points=(_point(0),), begun=None),
        unknown,
        reason=Reason.INSUFFICIENT_PROOF,
    ),
    Example(
        "a count of whole copies, with smaller ones between them",
        replace(
            _COUNTED,
            points=tuple(_point(days, PointKind.FULL if days % 7 == 0 else PointKind.INCREMENTAL) for days in range(8)),
            begun=NOON - timedelta(days=7),
            retention_set=RetentionSet(says="repo1-retention-full=5", count=5),
        ),
        holds,
        says="repo1-retention-full=5",
    ),
    Example(
        "young",
        _YOUNG,
        unknown,
        says="the oldest is 2 d old, of 30 d",
        reason=Reason.INSUFFICIENT_PROOF,
    ),
    Example("young, and nothing was seen before", replace(_YOUNG, begun=None), unknown, says="no earlier look"),
    Example(
        "young, and the settings may not be read",
        replace(_YOUNG, retention_set=Unseen(Reason.DENIED, "the settings may not be read")),
        unknown,
        reason=Reason.DENIED,
    ),
    Example(
        "old enough, and the settings may not be read",
        replace(_FACT, retention_set=Unseen(Reason.DENIED, "the settings may not be read")),
        holds,
    ),
    Example(
        "one day and one hour less than declared",
        replace(_FACT, points=tuple(_point(days - 1 / 24) for days in range(1, 30))),
        holds,
    ),
    Example(
        "a minute less than that",
        replace(_FACT, points=tuple(_point(days - 61 / 1440) for days in range(1, 30))),
        broken,
        says="the oldest copy is 28 d 22 h old",
    ),
    Example(
        "two days less, and one of them was never made",
        replace(_FACT, points=tuple(_point(days) for days in (*range(27), 28))),
        holds,
        says="28 d old",
    ),
    Example("one day less than declared", replace(_FACT, points=_FACT.points[:-1]), holds, says="29 d old"),
    Example(
        "two days less than declared",
        replace(_FACT, points=_FACT.points[:-2]),
        broken,
        says="the oldest copy is 28 d old",
    ),
    Example(
        "kept for a year",
        replace(_FACT, points=(*_FACT.points, _point(60), _point(90))),
        broken,
        says="the oldest copy is 90 d old; 30 d are declared",
    ),
    Example(
        "one that was left behind",
        replace(_FACT, points=(*_FACT.points, _point(90))),
        broken,
        says="the oldest copy is 90 d old; 30 d are declared",
    ),
    Example(
        "one a month, and the last but one until the next is a week old",
        replace(_FACT, points=(_point(5), _point(35)), keep=7 * 86400),
        holds,
        says="the oldest is 35 d old",
    ),
    Example(
        "two young ones, and one that was left behind",
        replace(_FACT, points=tuple(map(_point, (0, 1, 60)))),
        broken,
        says="the oldest copy is 60 d old",
    ),
    Example("seldom, up to the last day that counts", replace(_FACT, points=tuple(map(_point, (0, 1, 30, 45)))), holds),
    Example("two days more than declared", replace(_FACT, points=tuple(_point(days) for days in range(33))), holds),
    Example(
        "three days more than declared",
        replace(_FACT, points=tuple(_point(days) for days in range(34))),
        broken,
        says="the oldest copy is 33 d old",
    ),
    Example("two, and both are old", replace(_FACT, points=(_point(60), _point(61))), broken, says="61 d old"),
    Example("the only one, and old", replace(_FACT, points=(_point(90),)), holds, says="90 d old"),
    Example(
        "set to a year",
        replace(_TIMED, retention_set=RetentionSet(says="lifecycle rule: 365 d", seconds=365 * 86400)),
        broken,
        says="kept for 365 d (lifecycle rule: 365 d); 30 d are declared",
    ),
    Example(
        "set to two days more",
        replace(_TIMED, retention_set=RetentionSet(says="lifecycle rule: 32 d", seconds=32 * 86400)),
        holds,
    ),
    Example(
        "locked for a year",
        replace(_FACT, points=(replace(_point(0), keep_until=NOON + timedelta(days=365)), *_FACT.points[1:])),
        broken,
        says="is locked until 2027-06-01",
    ),
    Example(
        "locked for 32 days",
        replace(_FACT, points=(replace(_point(0), keep_until=NOON + timedelta(days=32)), *_FACT.points[1:])),
        holds,
    ),
    Example("judged a week later", replace(_FACT, looked=NOON), holds, at=NOON + timedelta(days=7)),
    Example("nothing says when it was seen", replace(_FACT, looked=None), holds),
    Example("nothing is declared", replace(_FACT, keep=None), unknown, reason=Reason.NOT_DECLARED),
    Example(
        "times that are not known",
        replace(_FACT, points=(*_FACT.points, RestorePoint(id="a"))),
        unknown,
        says="when its copies were made",
        reason=Reason.INCOMPLETE,
    ),
    Example(
        "the older ones cannot be restored",
        replace(
            _FACT,
            points=tuple(
                replace(point, trouble="it failed" * (number > 2)) for number, point in enumerate(_FACT.points)
            ),
        ),
        broken,
        says="the oldest copy is 2 d old",
    ),
    Example(
        "what cannot be restored is kept for too long",
        replace(_FACT, points=(*_FACT.points, replace(_point(60), trouble="it failed"))),
        broken,
        says="the oldest copy is 60 d old",
    ),
    Example(
        "none can be restored",
        replace(_FACT, points=(replace(_point(0), trouble="it failed"),)),
        unknown,
        says="that can be used",
        reason=Reason.INCOMPLETE,
    ),
    Example("there is none", replace(_FACT, points=()), unknown, says="no restore point", reason=Reason.INCOMPLETE),
    Example(
        "a tool that says when they were begun",
        replace(_FACT, points=tuple(replace(point, started=point.completed, completed=None) for point in _FACT.points)),
        holds,
    ),
    Example(
        "a few hours, of a week",
        replace(_YOUNG, points=(_point(0), _point(0.25)), keep=7 * 86400, begun=NOON - timedelta(days=1)),
        broken,
        says="the oldest copy is 6 h old",
    ),
)
