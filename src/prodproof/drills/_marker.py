"""The marker of the point-in-time drill: rows of its own at the source, corrupted, and looked for in the copy.

Recovery ends before the first transaction that was committed later than its target. So the target lies between two
transactions of ours, with a second on either side, by the clock of the database. Source: PostgreSQL documentation,
"Recovery Target", "The Cumulative Statistics System" (pg_stat_archiver).
"""

import re
import time
from collections.abc import Callable
from datetime import datetime
from typing import TypeVar, cast

import psycopg

from prodproof.drills._restore_server import cluster_of, database_of
from prodproof.drills._restore_state import opened_dsn
from prodproof.drills.drill import Done, Proven, Refuted, Scene, StepError, Todo, Values
from prodproof.facts import Reason, Unseen
from prodproof.facts.declared import DataStore
from prodproof.reach.compare.link import meaning

SCHEMA = "prodproof_drill"
BEFORE, AFTER = "as it was", "corrupted"
ROWS = 10
"""Rows of work that are written before the corruption, a tenth of a second apart."""

CONNECT_SECONDS = 10
_ENDED = re.compile(r"[0-9A-F]{24}")
Connection = psycopg.Connection[tuple[object, ...]]
Answer = TypeVar("Answer")


def written(store: DataStore, scene: Scene) -> Todo | Done | Unseen:
    """Whether the marker is there."""

    def seen(link: Connection) -> Todo | Done | Unseen:
        row = _row(link, scene)
        # An earlier drill that nobody could undo has left its schema: it is ours, and is removed with this one's.
        return Done({"at": row[1], "last": row[2]}) if row else _schema(link)

    return _at_source(store, scene, seen)


def write(store: DataStore, scene: Scene) -> Values | Unseen:
    """Write the marker, and work after it."""

    def made(link: Connection) -> Values | Unseen:
        if _setting(link, "archive_mode") == "off":
            raise StepError("archive_mode is off: this database cannot be recovered to a point in time")
        try:
            link.execute(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}")
            link.execute(
                f"CREATE TABLE IF NOT EXISTS {SCHEMA}.marker (drill text, word text, at timestamptz, number int,"
                " PRIMARY KEY (drill, number))"
            )
            for number in range(ROWS):
                link.execute(
                    f"INSERT INTO {SCHEMA}.marker VALUES (%s, %s, clock_timestamp(), %s) ON CONFLICT DO NOTHING",
                    (scene.drill, BEFORE, number),
                )
                link.execute("SELECT pg_sleep(0.1)")
        except psycopg.errors.InsufficientPrivilege:
            return Unseen(Reason.DENIED, f"the role of {store.name}'s dsn may not make a schema of the drill's own")
        row = _row(link, scene)
        assert row is not None
        return {"at": row[1], "last": row[2]}

    return _at_source(store, scene, made)


def stands(store: DataStore, scene: Scene) -> Proven | Refuted | Unseen:
    """Whether another connection sees it."""
    return _word_is(store, scene, BEFORE)


def corrupted(store: DataStore, scene: Scene) -> Todo | Done | Unseen:
    """Whether the marker is corrupt, and which moment lay before that."""

    def seen(link: Connection) -> Todo | Done:
        row = _row(link, scene)
        return Done(_moments(link, scene)) if row is not None and row[0] == AFTER else Todo()

    return _at_source(store, scene, seen)


def corrupt(store: DataStore, scene: Scene) -> Values | Unseen:
    """Corrupt the marker, a second after the moment that is recovered to."""

    def done(link: Connection) -> Values:
        link.execute("SELECT pg_sleep(1)")
        ((target,),) = link.execute("SELECT clock_timestamp()").fetchall()
        link.execute("SELECT pg_sleep(1)")
        # Both moments stand in rows that the corruption itself writes, so that another attempt can read them.
        with link.transaction():
            link.execute(f"UPDATE {SCHEMA}.marker SET word = %s WHERE drill = %s", (AFTER, scene.drill))
            link.execute(
                f"INSERT INTO {SCHEMA}.marker VALUES (%s, 'target', %s, -1), (%s, 'corruption', now(), -2)",
                (scene.drill, target, scene.drill),
            )
        return _moments(link, scene)

    return _at_source(store, scene, done)


def is_corrupt(store: DataStore, scene: Scene) -> Proven | Refuted | Unseen:
    """Whether another connection sees that."""
    return _word_is(store, scene, AFTER)


def remove(store: DataStore, scene: Scene) -> None:
    """Remove all rows of this drill, and the schema when nobody else's are in it. Raises StepError."""
    link = _source(store, scene)
    if isinstance(link, Unseen):
        raise StepError(f"the marker cannot be removed: {link.detail}")
    try:
        with link:
            if _has_marker(link):
                link.execute(f"DELETE FROM {SCHEMA}.marker WHERE drill = %s", (scene.drill,))
                ((others,),) = link.execute(f"SELECT count(*) FROM {SCHEMA}.marker").fetchall()
                if others:
                    return
                link.execute(f"DROP TABLE {SCHEMA}.marker")
            try:
                link.execute(f"DROP SCHEMA IF EXISTS {SCHEMA} RESTRICT")
            except psycopg.errors.DependentObjectsStillExist:
                return  # what else is in it is somebody else's
    except psycopg.Error as error:
        raise StepError(f"the marker cannot be removed: {meaning(error).detail}") from None


def archived(store: DataStore, scene: Scene, seconds: float) -> Values | Unseen:
    """End the current segment of the log, and measure until it is archived."""
    link = _source(store, scene)
    if isinstance(link, Unseen):
        return link
    try:
        with link:
            ((segment,),) = link.execute("SELECT pg_walfile_name(pg_current_wal_lsn())").fetchall()
            forced = True
            try:
                link.execute("SELECT pg_switch_wal()")
            except psycopg.errors.InsufficientPrivilege:
                forced = False  # it is archived when it is full, or when archive_timeout is over
            begun = time.monotonic()
            while not scene.ending() and time.monotonic() < begun + seconds:
                ((last, failed),) = link.execute(
                    "SELECT last_archived_wal, last_failed_time > coalesce(last_archived_time, '-infinity')"
                    " FROM pg_stat_archiver"
                ).fetchall()
                # Names of backups and timelines come in between.
                if isinstance(last, str) and _ENDED.fullmatch(last[:24]) and last[:24] >= str(segment):
                    timeout = link.execute(
                        "SELECT setting::int FROM pg_settings WHERE name = 'archive_timeout'"
                    ).fetchall()[0][0]
                    assert isinstance(timeout, int)
                    return {"lag": time.monotonic() - begun, "forced": forced, "timeout": timeout}
                if failed and time.monotonic() > begun + min(30, seconds / 2):
                    raise StepError("the database's archive_command fails: its log does not come to the archive")
                time.sleep(0.1)
    except psycopg.Error as error:
        return meaning(error)
    raise StepError(f"the log was not archived within {seconds:.0f} s")


def lag_said(gave: Values) -> Proven:
    """How long that took."""
    lag = gave["lag"]
    assert isinstance(lag, int | float)
    how = "a segment that was ended for it" if gave["forced"] else f"(archive_timeout: {gave['timeout']} s)"
    return Proven(f"{lag:.1f} s until it was archived, {how}")


def came_back(store: DataStore, scene: Scene, marked: Values, corruption: Values) -> Values | Unseen:
    """What the copy holds of the marker."""
    link = cluster_of(scene).connect(database_of(scene))
    if isinstance(link, Unseen):
        return link
    try:
        with link:
            row = _row(link, scene)
    except psycopg.errors.UndefinedTable:
        row = None
    except psycopg.Error as error:
        return meaning(error)
    if row is None:
        return {"marker": False, "corruption": False, "loss": None}
    last = datetime.fromisoformat(str(marked["last"]))
    lost = (last - datetime.fromisoformat(row[2])).total_seconds()
    return {"marker": row[0] == BEFORE, "corruption": row[0] == AFTER, "loss": lost}


def as_before(gave: Values) -> Proven | Refuted:
    """Whether that is what was to come back."""
    if gave["corruption"]:
        return Refuted("the corruption came back: recovery went too far")
    if not gave["marker"]:
        return Refuted("the marker did not come back: recovery ended too early")
    return Proven(f"the marker is as it was; {gave['loss']} s of the work before the corruption are lost")


def _word_is(store: DataStore, scene: Scene, word: str) -> Proven | Refuted | Unseen:
    def seen(link: Connection) -> Proven | Refuted:
        row = _row(link, scene)
        return Proven(f"at the source it is {word}") if row and row[0] == word else Refuted("it is not there")

    return _at_source(store, scene, seen)


def _at_source(store: DataStore, scene: Scene, question: Callable[[Connection], Answer]) -> Answer | Unseen:
    """Ask the source one thing, on a connection of its own."""
    link = _source(store, scene)
    if isinstance(link, Unseen):
        return link
    try:
        with link:
            return question(link)
    except psycopg.Error as error:
        return meaning(error)


def _moments(link: Connection, scene: Scene) -> Values:
    query = f"SELECT number, at::text FROM {SCHEMA}.marker WHERE drill = %s AND number < 0"
    rows = dict(cast(list[tuple[int, str]], link.execute(query, (scene.drill,)).fetchall()))
    return {"target": _iso(rows[-1]), "at": _iso(rows[-2])}


def _row(link: Connection, scene: Scene) -> tuple[str, str, str] | None:
    """Word, first time and last time of this drill's rows."""
    if not _has_marker(link):
        return None
    rows = link.execute(
        f"SELECT min(word), min(at)::text, max(at)::text FROM {SCHEMA}.marker WHERE drill = %s AND number >= 0",
        (scene.drill,),
    ).fetchall()
    word, first, last = rows[0]
    return None if word is None else (str(word), _iso(first), _iso(last))


def _schema(link: Connection) -> Todo | Unseen:
    # A schema of this name that is not ours is left alone.
    found = link.execute(
        "SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
        f" WHERE n.nspname = '{SCHEMA}' AND c.relkind IN ('r', 'v', 'm', 'S', 'f', 'p') AND c.relname <> 'marker'"
    ).fetchall()
    if found != [(0,)]:
        return Unseen(Reason.INCOMPLETE, f"the schema {SCHEMA} at the source holds what is not the drill's")
    return Todo()


def _has_marker(link: Connection) -> bool:
    return link.execute(f"SELECT to_regclass('{SCHEMA}.marker') IS NOT NULL").fetchall() == [(True,)]


def _setting(link: Connection, name: str) -> str:
    return str(link.execute("SELECT current_setting(%s)", (name,)).fetchall()[0][0])


def _iso(value: object) -> str:
    return datetime.fromisoformat(str(value)).isoformat()


def _source(store: DataStore, scene: Scene) -> Connection | Unseen:
    dsn = opened_dsn(store, scene)
    if isinstance(dsn, Unseen):
        return dsn
    try:
        link = psycopg.connect(
            dsn.reveal(), autocommit=True, connect_timeout=CONNECT_SECONDS, application_name="prodproof drill"
        )
        link.execute("SET TimeZone = 'UTC'")
    except (psycopg.Error, ValueError, UnicodeError):
        # libpq's words could quote the connection string.
        return Unseen(Reason.UNREACHABLE, f"{store.name} does not let us in")
    return link
