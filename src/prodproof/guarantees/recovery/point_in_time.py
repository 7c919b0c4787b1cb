"""Databases can be recovered to a point in time within five minutes.

Risk: A wrong UPDATE at noon costs the whole day, if last night's copy is all there is.
Verified: The drill `point-in-time` writes a marker and corrupts it, waits until the log with both lies in the archive,
and recovers a copy to the second between them: the marker must be there as it was, and at most five minutes of work
before the corruption, as of log that is not archived yet, may be lost. A PostgreSQL server that archives no log is
found without a drill. Where the drill had to end a segment of the log
for that, the server must end one by itself within five minutes too (archive_timeout). About databases: SQLite files,
buckets, files, caches, queues and search indexes have no log that leads to a moment, and are left out. This version
recovers PostgreSQL, from pgBackRest or Barman; of other databases the answer is unknown.
Mend: Archive WAL continuously (or turn on the provider's point-in-time recovery), and practise going back to just
before a marker.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

from prodproof.facts import Reason, Unseen
from prodproof.facts.restores import PointInTimeTested
from prodproof.facts.store_backups import Archiving, StoreBackups
from prodproof.guarantees._spans import span
from prodproof.verdicts import Example, Finding, Verdict, broken, guarantee, holds, not_applicable, unknown
from prodproof.verdicts.example import NOON

WITHIN = 300
"""Seconds."""


@guarantee(
    "recovery.point-in-time",
    seeds="H-7",
    proof="drill",
    severity="high",
    nothing="no database is declared that could be recovered to a point in time",
)
def judge(fact: PointInTimeTested) -> Verdict:
    """One database, recovered to just before it was corrupted."""
    if findings := list(_findings(fact)):
        return broken(*findings)
    if fact.loss is None:
        return unknown(Reason.INCOMPLETE, "nothing says how much work before the corruption was lost")
    if fact.wal_lag is None:
        return unknown(Reason.INCOMPLETE, "it was not measured how late the log is archived")
    if fact.forced and fact.archive_timeout is None:
        return unknown(Reason.INCOMPLETE, "nothing says how long a log that is not full waits for its archiving")
    return holds(
        f"the marker came back as it was, {span(fact.loss)} of work lost; the log was archived after "
        f"{span(fact.wal_lag)}"
    )


@judge.also
def archiving(fact: StoreBackups) -> Verdict:
    """One data store, as its server is set: without an archive there is nothing that a drill could recover from."""
    if fact.archiving is None:
        return not_applicable("it is no PostgreSQL")
    if isinstance(fact.archiving, Unseen):
        return unknown(fact.archiving.why, fact.archiving.detail)
    if not fact.archiving.archives and fact.archiving.received is None:
        return broken(
            Finding(
                "no-archive",
                "its log is not archived: archive_mode is off, or nothing is set to archive with",
                key="archive_mode",
                mend="set archive_mode = on and an archive_command (pgBackRest, Barman), or let Barman receive the log",
            )
        )
    return holds("its log is archived")


def _findings(fact: PointInTimeTested) -> Iterator[Finding]:
    if fact.corruption_came_back:
        yield Finding("too-far", "the corruption came back: recovery went past its target", key="marker")
    elif not fact.marker_came_back and not fact.failure:
        yield Finding("too-early", "the marker did not come back: recovery ended before its target", key="marker")
    if fact.loss is not None and fact.loss > WITHIN:
        yield Finding("lost", f"{span(fact.loss)} of work before the corruption did not come back", key="loss")
    if fact.wal_lag is not None and fact.wal_lag > WITHIN:
        yield Finding(
            "late",
            f"the log came to the archive after {span(fact.wal_lag)}",
            key="lag",
            mend="see what slows archive_command down: its target, or how many segments wait (pg_stat_archiver)",
        )
    if fact.forced and fact.archive_timeout is not None and not 0 < fact.archive_timeout <= WITHIN:
        waits = f"for {span(fact.archive_timeout)}" if fact.archive_timeout else "until it is full, however long"
        yield Finding(
            "waits",
            f"a segment of the log waits {waits} (archive_timeout = {fact.archive_timeout})",
            key="timeout",
            mend="set archive_timeout to 60 s, or at most to five minutes",
        )
    if fact.failure:
        yield Finding("not-recovered", fact.failure, key="failure")


_WELL = PointInTimeTested(
    backup="archive",
    tool="pgbackrest",
    marked=NOON,
    corrupted=NOON + timedelta(seconds=4),
    target=NOON + timedelta(seconds=3),
    marker_came_back=True,
    loss=0.0,
    wal_lag=2.0,
    forced=True,
    archive_timeout=60,
)
_SERVER = StoreBackups(looked=NOON, archiving=Archiving(archives=True))
_NOT_LET_IN = Unseen(Reason.DENIED, "the role may not ask")

EXAMPLES = (
    Example("the marker is as it was", _WELL, holds, says="0 s of work lost; the log was archived after 2 s"),
    Example(
        "archive_mode is off",
        PointInTimeTested(backup="", tool="", failure="write-marker: archive_mode is off"),
        broken,
        says="archive_mode is off",
    ),
    Example(
        "the corruption is there",
        replace(_WELL, corruption_came_back=True, marker_came_back=False),
        broken,
        says="recovery went past its target",
    ),
    Example("the marker is not there", replace(_WELL, marker_came_back=False), broken, says="ended before its target"),
    Example("five minutes are lost", replace(_WELL, loss=300.0), holds),
    Example("a second more", replace(_WELL, loss=301.0), broken, says="5 min 1 s of work"),
    Example("nothing says what is lost", replace(_WELL, loss=None), unknown, says="lost", reason=Reason.INCOMPLETE),
    Example("archived after five minutes", replace(_WELL, wal_lag=300.0), holds),
    Example("archived a second later", replace(_WELL, wal_lag=301.0), broken, says="after 5 min 1 s"),
    Example("no lag", replace(_WELL, wal_lag=None), unknown, says="how late", reason=Reason.INCOMPLETE),
    Example("every five minutes", replace(_WELL, archive_timeout=300), holds),
    Example("a second less often", replace(_WELL, archive_timeout=301), broken, says="waits for 5 min 1 s"),
    Example("when it is full", replace(_WELL, archive_timeout=0), broken, says="waits until it is full"),
    Example("every second", replace(_WELL, archive_timeout=1), holds),
    Example("nobody ended a segment for it", replace(_WELL, forced=False, archive_timeout=0), holds),
    Example(
        "an unknown time-out", replace(_WELL, archive_timeout=None), unknown, says="waits", reason=Reason.INCOMPLETE
    ),
    Example("nobody ended a segment, and nothing was read", replace(_WELL, forced=False, archive_timeout=None), holds),
    Example("a server that archives", _SERVER, holds, says="archived"),
    Example(
        "a server that archives nothing",
        replace(_SERVER, archiving=Archiving(archives=False)),
        broken,
        says="archive_mode is off",
    ),
    Example(
        "Barman takes the log as it is written",
        replace(_SERVER, archiving=Archiving(archives=False, received=0.0)),
        holds,
    ),
    Example("a server that lets nobody ask", replace(_SERVER, archiving=_NOT_LET_IN), unknown, reason=Reason.DENIED),
    Example("a bucket", replace(_SERVER, archiving=None), not_applicable),
)
