"""Continuous archiving of PostgreSQL's log against what may be lost."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from prodproof.facts import Reason, Unseen
from prodproof.facts.declared import DataStore
from prodproof.facts.store_backups import Archiving, BackupMoments, Moment, StoreBackups
from prodproof.guarantees.recovery._intervals import span
from prodproof.verdicts import Example, Finding, Verdict, broken, holds, unknown
from prodproof.verdicts.example import NOON


def hands_on(archiving: Archiving) -> bool:
    """Whether the log leaves the server all the time."""
    return archiving.archives or archiving.received is not None


def by_log(archiving: Archiving, logged: Sequence[BackupMoments], rpo: timedelta, looked: datetime) -> Verdict:
    """A data store whose log is handed on, and lies beside copies of it."""
    allowed = span(rpo)
    if archiving.received is not None:
        lag = timedelta(seconds=archiving.received)
        if lag <= rpo:
            return holds(f"its log is taken as it is written, {span(lag)} behind, of {allowed}")
        return broken(Finding("lag", f"what takes its log is {span(lag)} behind; {allowed} may be lost", key="lag"))
    findings = list(_of_archive(archiving, logged, rpo, looked))
    if findings:
        return broken(*findings)
    return holds(f"its log is archived at least every {span(timedelta(seconds=archiving.timeout))}, of {allowed}")


def _of_archive(
    archiving: Archiving, logged: Sequence[BackupMoments], rpo: timedelta, looked: datetime
) -> Iterator[Finding]:
    allowed = f"{span(rpo)} may be lost"
    if not 0 < archiving.timeout <= rpo.total_seconds():
        every = f"is {span(timedelta(seconds=archiving.timeout))}" if archiving.timeout else "is off"
        message = f"archive_timeout {every}, so that a segment that is not full waits; {allowed}"
        yield Finding("timeout", message, key="timeout", mend="set archive_timeout to less than the objective")
    if archiving.waiting_since is not None and looked - archiving.waiting_since > rpo:
        message = f"full segments of its log have waited for {span(looked - archiving.waiting_since)}; {allowed}"
        yield Finding("waiting", message, key="waiting", mend="read what archive_command writes to the server's log")
    until = max(item.log_until[8:] for item in logged)
    settled = archiving.last_at is None or looked - archiving.last_at > rpo
    if archiving.last[8:] > until and settled:
        message = f"segment {archiving.last} counts as archived, and does not lie beside any copy of it; {allowed}"
        yield Finding("not-there", message, key="not-there", mend="look where archive_command puts the log")


_LAST = "0000000100000002000000A3"
_LOGGED = BackupMoments(
    backup="physical",
    kind="pgbackrest",
    moments=(Moment(started=NOON - timedelta(hours=80.5), completed=NOON - timedelta(hours=80)),),
    log_until=_LAST,
)
_ARCHIVED = StoreBackups(
    looked=NOON,
    backups=(_LOGGED,),
    archiving=Archiving(archives=True, timeout=60, last=_LAST, last_at=NOON - timedelta(minutes=30)),
)
MINUTES = DataStore(name="database", kind="postgres", rto=4 * 3600, rpo=300)
REFUSED = Unseen(Reason.DENIED, "the server does not accept the user and password")


def _archiving(**changed: object) -> StoreBackups:
    assert isinstance(_ARCHIVED.archiving, Archiving)
    return replace(_ARCHIVED, archiving=replace(_ARCHIVED.archiving, **changed))  # type: ignore[arg-type]  # its fields


EXAMPLES = (
    Example("the log is archived", _ARCHIVED, holds, MINUTES, says="archived at least every 60 seconds, of 5 minutes"),
    Example("at least as often as is allowed", _archiving(timeout=300), holds, MINUTES),
    Example(
        "segments that are not full wait",
        _archiving(timeout=0),
        broken,
        MINUTES,
        says="archive_timeout is off, so that a segment that is not full waits; 5 minutes may be lost",
    ),
    Example("they wait for too long", _archiving(timeout=301), broken, MINUTES, says="archive_timeout is 5 minutes"),
    Example("archived every second", _archiving(timeout=1), holds, MINUTES),
    Example(
        "archiving fails",
        _archiving(waiting_since=NOON - timedelta(minutes=31)),
        broken,
        MINUTES,
        says="full segments of its log have waited for 31 minutes",
    ),
    Example("a segment waits", _archiving(waiting_since=NOON - timedelta(minutes=5)), holds, MINUTES),
    Example(
        "what is archived goes nowhere",
        _archiving(last="0000000100000002000000A4"),
        broken,
        MINUTES,
        says="segment 0000000100000002000000A4 counts as archived, and does not lie beside any copy of it",
    ),
    Example(
        "it has just been archived",
        _archiving(last="0000000100000002000000A4", last_at=NOON - timedelta(minutes=5)),
        holds,
        MINUTES,
    ),
    Example("another server took over", _archiving(last="0000000200000002000000A3"), holds, MINUTES),
    Example("nothing was archived since the statistics began", _archiving(last="", last_at=None), holds, MINUTES),
    Example(
        "archive_mode = off",
        _archiving(archives=False),
        broken,
        MINUTES,
        says="the newest copy was begun 3.4 days ago; 5 minutes may be lost",
    ),
    Example(
        "the log is taken as it is written",
        _archiving(archives=False, received=300.0),
        holds,
        MINUTES,
        says="5 minutes",
    ),
    Example(
        "what takes the log is behind",
        _archiving(received=301.0),
        broken,
        MINUTES,
        says="what takes its log is 5 minutes behind",
    ),
    Example(
        "the log is archived, and no copy of it has a log",
        replace(_ARCHIVED, backups=(replace(_LOGGED, log_until=""),)),
        broken,
        MINUTES,
        says="the newest copy",
    ),
    Example(
        "the log of one of two backups",
        replace(_ARCHIVED, backups=(replace(_LOGGED, log_until="0000000100000002000000A1"), _LOGGED)),
        holds,
        MINUTES,
    ),
    Example(
        "the server cannot be asked",
        replace(_ARCHIVED, archiving=REFUSED),
        unknown,
        MINUTES,
        says="does not accept",
        reason=Reason.DENIED,
    ),
)
