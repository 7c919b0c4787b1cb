"""Continuous archiving of PostgreSQL's log against what may be lost."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from prodproof.facts import Reason, Unseen
from prodproof.facts.declared import DataStore
from prodproof.facts.store_backups import Archiving, BackupMoments, Moment, StoreBackups
from prodproof.guarantees._spans import span
from prodproof.verdicts import Example, Finding, Verdict, broken, holds, unknown
from prodproof.verdicts.example import NOON

RECEIVING = "barman"
"""The kind of backup whose own program takes the log as it is written; beside all others lies only what is archived."""


def by_log(
    archiving: Archiving, logged: Sequence[BackupMoments], rpo: timedelta, looked: datetime
) -> Iterator[Verdict]:
    """One verdict for each way on which the log leaves the server all the time, to lie beside these copies."""
    if archiving.received is not None and any(item.kind == RECEIVING for item in logged):
        yield _as_written(timedelta(seconds=archiving.received), rpo)
    if archiving.archives:
        yield _archived(archiving, logged, rpo, looked)


def _as_written(lag: timedelta, rpo: timedelta) -> Verdict:
    if lag <= rpo:
        return holds(f"its log is taken as it is written, {span(lag)} behind, of {span(rpo)}")
    return broken(Finding("lag", f"what takes its log is {span(lag)} behind; {span(rpo)} may be lost", key="lag"))


def _archived(archiving: Archiving, logged: Sequence[BackupMoments], rpo: timedelta, looked: datetime) -> Verdict:
    if findings := list(_of_archive(archiving, logged, rpo, looked)):
        return broken(*findings)
    if not _lies_there(archiving, logged) and not _follows(archiving.last[-16:], _until(logged)):
        return unknown(
            Reason.INSUFFICIENT_PROOF,
            f"{archiving.last} was archived just now, and several segments before it do not lie beside any copy of it "
            "yet: look again in a while",
        )
    return holds(f"its log is archived at least every {span(archiving.timeout)}, of {span(rpo)}")


def _of_archive(
    archiving: Archiving, logged: Sequence[BackupMoments], rpo: timedelta, looked: datetime
) -> Iterator[Finding]:
    allowed = f"{span(rpo)} may be lost"
    if not 0 < archiving.timeout <= rpo.total_seconds():
        every = f"is {span(archiving.timeout)}" if archiving.timeout else "is off"
        message = f"archive_timeout {every}, so that a segment that is not full waits; {allowed}"
        yield Finding("timeout", message, key="timeout", mend="set archive_timeout to less than the objective")
    if archiving.waiting_since is not None and looked - archiving.waiting_since > rpo:
        message = f"full segments of its log have waited for {span(looked - archiving.waiting_since)}; {allowed}"
        yield Finding("waiting", message, key="waiting", mend="read what archive_command writes to the server's log")
    settled = archiving.last_at is None or looked - archiving.last_at > rpo
    if settled and not _lies_there(archiving, logged):
        message = f"segment {archiving.last} counts as archived, and does not lie beside any copy of it; {allowed}"
        yield Finding("not-there", message, key="not-there", mend="look where archive_command puts the log")


def _lies_there(archiving: Archiving, logged: Sequence[BackupMoments]) -> bool:
    """Whether the segment that was archived last lies beside a copy."""
    return archiving.last[-16:] <= _until(logged)


def _until(logged: Sequence[BackupMoments]) -> str:
    """The newest segment that lies beside a copy, without its timeline."""
    return max(item.log_until[-16:] for item in logged)


def _follows(segment: str, until: str) -> bool:
    """Whether a segment is the very next one; both without their timelines.

    The second half of a name begins anew after 4 GiB of log, so after a power of two of segments, however large.
    """
    number, before = int(segment, 16), int(until, 16)
    high, low = divmod(before, 1 << 32)
    return number == before + 1 or (number == (high + 1) << 32 and (low + 1).bit_count() == 1)


_HOUR = timedelta(hours=1)
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
_STREAMED = replace(_LOGGED, kind=RECEIVING)
_HOURLY = replace(
    _LOGGED, moments=tuple(Moment(started=NOON - hour * _HOUR, completed=NOON - hour * _HOUR) for hour in range(9))
)
MINUTES = DataStore(name="database", kind="postgres", rto=4 * 3600, rpo=300)
REFUSED = Unseen(Reason.DENIED, "the server does not accept the user and password")


def _archiving(*logged: BackupMoments, **changes: Any) -> StoreBackups:
    assert isinstance(_ARCHIVED.archiving, Archiving)
    return replace(_ARCHIVED, backups=logged or (_LOGGED,), archiving=replace(_ARCHIVED.archiving, **changes))


def _until_at(segment: str) -> BackupMoments:
    return replace(_LOGGED, log_until=segment)


EXAMPLES = (
    Example("the log is archived", _ARCHIVED, holds, MINUTES, says="archived at least every 1 min, of 5 min"),
    Example("at least as often as is allowed", _archiving(timeout=300), holds, MINUTES),
    Example(
        "segments that are not full wait",
        _archiving(timeout=0),
        broken,
        MINUTES,
        says="archive_timeout is off, so that a segment that is not full waits; 5 min may be lost",
    ),
    Example("they wait for too long", _archiving(timeout=301), broken, MINUTES, says="archive_timeout is 5 min 1 s"),
    Example("archived every second", _archiving(timeout=1), holds, MINUTES),
    Example(
        "archiving fails",
        _archiving(waiting_since=NOON - timedelta(minutes=31)),
        broken,
        MINUTES,
        says="full segments of its log have waited for 31 min",
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
    Example(
        "a busy server, of which nothing arrives",
        _archiving(last="0000000100000002000000A5", last_at=NOON),
        unknown,
        MINUTES,
        says="several segments before it do not lie",
        reason=Reason.INSUFFICIENT_PROOF,
    ),
    Example(
        "the next segment has the next number",
        _archiving(_until_at("000000010000000F000000FF"), last="000000010000001000000000", last_at=NOON),
        holds,
        MINUTES,
    ),
    Example(
        "the next number, and not the next segment",
        _archiving(_until_at("000000010000000F000000FE"), last="000000010000001000000000", last_at=NOON),
        unknown,
        MINUTES,
        reason=Reason.INSUFFICIENT_PROOF,
    ),
    Example(
        "many numbers later",
        _archiving(_until_at("000000010000000F000000FF"), last="000000010000001100000000", last_at=NOON),
        unknown,
        MINUTES,
        reason=Reason.INSUFFICIENT_PROOF,
    ),
    Example(
        "copies each hour are enough, whatever becomes of the log",
        _archiving(_HOURLY, timeout=0),
        holds,
        replace(MINUTES, rpo=7200),
        says="at most 1 h lay between copies",
    ),
    Example("another server took over", _archiving(last="0000000200000002000000A3"), holds, MINUTES),
    Example("nothing was archived since the statistics began", _archiving(last="", last_at=None), holds, MINUTES),
    Example(
        "archive_mode = off",
        _archiving(archives=False),
        broken,
        MINUTES,
        says="the newest copy was begun 3 d 8 h ago; 5 min may be lost",
    ),
    Example(
        "the log is taken as it is written",
        _archiving(_STREAMED, archives=False, received=300.0),
        holds,
        MINUTES,
        says="taken as it is written, 5 min behind",
    ),
    Example(
        "the log is taken as it is written, and not to where its copies lie",
        _archiving(archives=False, received=0.0),
        broken,
        MINUTES,
        says="the newest copy",
    ),
    Example(
        "taken as it is written, and archived without ever filling a segment",
        _archiving(_STREAMED, received=0.0, timeout=0),
        holds,
        MINUTES,
    ),
    Example(
        "Barman, and it takes nothing", _archiving(_STREAMED, archives=False), broken, MINUTES, says="the newest copy"
    ),
    Example("one of two is Barman's", _archiving(_STREAMED, _LOGGED, archives=False, received=0.0), holds, MINUTES),
    Example("archived, and what also takes it is behind", _archiving(_STREAMED, received=301.0), holds, MINUTES),
    Example(
        "what takes the log is behind",
        _archiving(_STREAMED, archives=False, received=301.0),
        broken,
        MINUTES,
        says="what takes its log is 5 min 1 s behind",
    ),
    Example(
        "the log is archived, and no copy of it has a log",
        _archiving(_until_at("")),
        broken,
        MINUTES,
        says="the newest copy",
    ),
    Example(
        "the log of one of two backups", _archiving(_until_at("0000000100000002000000A1"), _LOGGED), holds, MINUTES
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
