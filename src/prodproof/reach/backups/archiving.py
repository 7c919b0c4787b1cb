"""How far a PostgreSQL server has handed on its write-ahead log."""

import re
from datetime import UTC, datetime, timedelta

import psycopg

from prodproof.facts import Reason, Unseen
from prodproof.facts.store_backups import Archiving
from prodproof.reach.postgres_session import Connection, meaning, reading
from prodproof.reach.secret import Secret

_SECONDS = 30
_ASKED = """
SELECT pg_is_in_recovery(),
       (SELECT setting FROM pg_settings WHERE name = 'archive_mode'),
       EXISTS (SELECT FROM pg_settings WHERE name IN ('archive_command', 'archive_library')
               AND setting NOT IN ('', '(disabled)')),
       (SELECT setting::int FROM pg_settings WHERE name = 'archive_timeout'),
       last_archived_wal, last_archived_time
FROM pg_stat_archiver
"""
_RECEIVERS = """
SELECT max(coalesce(extract(epoch FROM flush_lag), 0))
FROM pg_stat_replication
WHERE state = 'streaming' AND (application_name ILIKE '%receive%wal%' OR application_name ILIKE 'barman%')
"""
_MAY_SEE = "SELECT pg_has_role('pg_read_all_stats', 'USAGE')"
_MAY_LIST = "SELECT has_function_privilege('pg_catalog.pg_ls_archive_statusdir()', 'EXECUTE')"
_WAITING = "SELECT min(modification) FROM pg_ls_archive_statusdir() WHERE name LIKE '%.ready'"
_SEGMENT = re.compile(r"[0-9A-F]{24}")


def archiving_of(dsn: Secret) -> Archiving | Unseen:
    """Ask a server. It reads alone, in one transaction; the role should have `pg_monitor`."""
    connection = reading(dsn.reveal(), "prodproof", {"statement_timeout": f"{_SECONDS * 1000}"})
    if isinstance(connection, Unseen):
        return connection
    try:
        return _asked(connection)
    except psycopg.Error as error:
        return meaning(error)
    finally:
        connection.close()


def _asked(connection: Connection) -> Archiving | Unseen:
    row = connection.execute(_ASKED).fetchone()
    assert row is not None
    standby, mode, target, timeout, last, last_at = row
    if standby:
        return Unseen(Reason.NOT_CONFIGURED, "it is a standby: the primary says how its log is archived")
    if not _one(connection, _MAY_SEE):
        # To others a receiver has no state, so that it would look as if nothing took the log.
        return Unseen(Reason.DENIED, "the role may not see who takes the log: GRANT pg_monitor TO it")
    waiting: object = None
    if _one(connection, _MAY_LIST):
        waiting = _one(connection, _WAITING)
    elif mode != "off":
        return Unseen(Reason.DENIED, "the role may not see which segments wait: GRANT pg_monitor TO it")
    behind = _one(connection, _RECEIVERS)
    found = _SEGMENT.match(str(last or ""))
    return Archiving(
        archives=mode in ("on", "always") and bool(target),
        timeout=int(str(timeout or 0)),
        last=found[0] if found else "",
        last_at=_utc(last_at),
        waiting_since=_utc(waiting),
        received=float(str(behind)) if behind is not None else None,
    )


def _one(connection: Connection, query: str) -> object:
    row = connection.execute(query.encode()).fetchone()
    return row[0] if row else None


def _utc(moment: object) -> datetime | None:
    return moment.astimezone(UTC) - timedelta(microseconds=moment.microsecond) if isinstance(moment, datetime) else None
