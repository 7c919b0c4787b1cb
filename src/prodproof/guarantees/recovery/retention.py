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
    made = sorted(moment for point in fact.points if (moment := _made(point)))
    if len(made) < len(fact.points) or not made:
        what = "when its copies were made is not known" if fact.points else "there is no restore point in it"
        return unknown(Reason.INCOMPLETE, what)
    short, long = list(_too_short(fact, made, keep, looked)), list(_too_long(fact, made, keep, looked))
    if short or long:
        return broken(*short, *long)
    setting = fact.retention_set
    age = _days(looked - made[0])
    if isinstance(setting, RetentionSet) and _spans(setting, fact.points) is not None:
        return holds(f"{setting.says}, {_days(keep)} declared; the oldest is {age} old")
    if made[0] <= looked - keep + _interval(fact.points) + _HOUR:
        return holds(f"the oldest is {age} old, of {_days(keep)}")
    if isinstance(setting, Unseen):
        return unknown(setting.why, setting.detail)
    return unknown(
        Reason.INSUFFICIENT_PROOF,
        f"the oldest is {age} old, of {_days(keep)}, and no earlier look saw an older one: time will show it",
    )


def _too_short(fact: BackupInventory, made: Sequence[datetime], keep: timedelta, looked: datetime) -> Iterator[Finding]:
    setting = fact.retention_set
    declared = f"{_days(keep)} are declared"
    if isinstance(setting, RetentionSet):
        spans = _spans(setting, fact.points)
        if spans is not None and spans < keep:
            yield Finding(
                "set-too-short", f"copies are kept for {_days(spans)} ({setting.says}); {declared}", key="set"
            )
    begun = fact.begun or made[0]
    if made[0] > max(begun, looked - keep) + _interval(fact.points) + _HOUR:
        age = _days(looked - made[0])
        message = f"the oldest copy is {age} old, and there were some on {begun:%Y-%m-%d}; {declared}"
        yield Finding("too-short", message, key="short")


def _too_long(fact: BackupInventory, made: Sequence[datetime], keep: timedelta, looked: datetime) -> Iterator[Finding]:
    setting = fact.retention_set
    # What takes copies away comes after the next one was made, and once a day.
    bound = keep + _interval(fact.points) + _DAY
    mend = "let a lifecycle rule, or the tool's retention, take away what is older"
    if isinstance(setting, RetentionSet):
        spans = _spans(setting, fact.points)
        if spans is not None and spans > bound:
            message = f"copies are kept for {_days(spans)} ({setting.says}); {_days(keep)} are declared"
            yield Finding("set-too-long", message, key="set-long", mend=mend)
    # The newest one stays, however old: better than none.
    if len(made) > 1 and looked - made[0] > bound:
        message = f"the oldest copy is {_days(looked - made[0])} old; {_days(keep)} are declared"
        yield Finding("too-long", message, key="long", mend=mend)
    locked = [point for point in fact.points if _locked_for(point) > bound]
    if locked:
        message = f"{locked[0].id} is locked until {locked[0].keep_until:%Y-%m-%d}; {_days(keep)} are declared"
        yield Finding("locked-too-long", message, key="lock", mend="lock for as long as is declared")


def _locked_for(point: RestorePoint) -> timedelta:
    made = _made(point)
    assert made is not None
    return (point.keep_until or made) - made


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


def _days(span: timedelta) -> str:
    days = span / _DAY
    return f"{days:.0f} days" if days >= 2 else f"{span / _HOUR:.0f} hours"


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
    Example("a copy of each of 30 days", _FACT, holds, says="the oldest is 30 days old, of 30 days"),
    Example(
        "copies of three days, of many that were there",
        replace(_YOUNG, begun=NOON - timedelta(days=90)),
        broken,
        says="the oldest copy is 2 days old, and there were some on 2026-03-03; 30 days are declared",
    ),
    Example(
        "one that was ten days old is gone",
        replace(_YOUNG, begun=NOON - timedelta(days=10)),
        broken,
        says="there were some on 2026-05-22",
    ),
    Example("a retention of three days", replace(_TIMED, retention_set=_SHORT), broken, says="kept for 3 days (repo1-"),
    Example(
        "three copies, one a day",
        replace(_COUNTED, retention_set=RetentionSet(says="REDUNDANCY 3", count=3)),
        broken,
        says="kept for 3 days (REDUNDANCY 3)",
    ),
    Example("young, and the setting says 30 days", _TIMED, holds, says="30 days declared; the oldest is 2 days old"),
    Example("young, and the setting says 30 copies", _COUNTED, holds, says="repo1-retention-full=30, 30 days declared"),
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
        says="the oldest is 2 days old, of 30 days",
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
        "two days less, and one of them was never made",
        replace(_FACT, points=tuple(_point(days) for days in (*range(27), 28))),
        holds,
        says="28 days old",
    ),
    Example("one day less than declared", replace(_FACT, points=_FACT.points[:-1]), holds, says="29 days old"),
    Example(
        "two days less than declared",
        replace(_FACT, points=_FACT.points[:-2]),
        broken,
        says="the oldest copy is 28 days old",
    ),
    Example(
        "kept for a year",
        replace(_FACT, points=(*_FACT.points, _point(60), _point(90))),
        broken,
        says="the oldest copy is 90 days old; 30 days are declared",
    ),
    Example("two days more than declared", replace(_FACT, points=tuple(_point(days) for days in range(33))), holds),
    Example(
        "three days more than declared",
        replace(_FACT, points=tuple(_point(days) for days in range(34))),
        broken,
        says="the oldest copy is 33 days old",
    ),
    Example("two, and both are old", replace(_FACT, points=(_point(60), _point(61))), broken, says="61 days old"),
    Example("the only one, and old", replace(_FACT, points=(_point(90),)), holds, says="90 days old"),
    Example(
        "set to a year",
        replace(_TIMED, retention_set=RetentionSet(says="lifecycle rule: 365 days", seconds=365 * 86400)),
        broken,
        says="kept for 365 days (lifecycle rule: 365 days); 30 days are declared",
    ),
    Example(
        "set to two days more",
        replace(_TIMED, retention_set=RetentionSet(says="lifecycle rule: 32 days", seconds=32 * 86400)),
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
        says="the oldest copy is 6 hours old",
    ),
)
