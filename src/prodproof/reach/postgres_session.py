"""How PostgreSQL is spoken to for reading alone: one transaction, settings fixed, and what its errors mean.

The server's own words are never repeated: they may quote the data, and libpq's may quote the connection string.
"""

import re
from collections.abc import Mapping

import psycopg

from prodproof.facts import Reason, Unseen

CONNECT_SECONDS = 10
LOCK_SECONDS = 2
"""Nobody waits long for us, and we wait for nobody: behind somebody who waits for a lock, others queue up."""

Connection = psycopg.Connection[tuple[object, ...]]

_SETTINGS = {
    # Names are written out everywhere; an operator or function of somebody else's schema is never called.
    "search_path": "pg_catalog",
    "lock_timeout": f"{LOCK_SECONDS}s",
    # A table whose policies would hide rows from us is an error, as in pg_dump, and so a gap.
    "row_security": "off",
    "jit": "off",
}
SNAPSHOT = re.compile(r"[0-9A-Fa-f-]{1,64}")
_MEANING = {
    "42501": Unseen(Reason.DENIED, "the role may not read it"),
    "55P03": Unseen(Reason.TIMED_OUT, f"locked by another session for more than {LOCK_SECONDS} s"),
    "57014": Unseen(Reason.TIMED_OUT, "a query took too long"),
    "40001": Unseen(Reason.INCOMPLETE, "the server cancelled the query because of a conflict with replication"),
    "42P01": Unseen(Reason.INCOMPLETE, "it was dropped while it was read"),
    "42703": Unseen(Reason.INCOMPLETE, "it was changed while it was read"),
    "54000": Unseen(Reason.INCOMPLETE, "it is larger than the server can send at once"),
    "53200": Unseen(Reason.INCOMPLETE, "the server is out of memory"),
    "XX001": Unseen(Reason.INCOMPLETE, "its data are damaged"),
    "XX002": Unseen(Reason.INCOMPLETE, "an index of it is damaged"),
}
_REFUSED = (
    ("authentication failed", Unseen(Reason.DENIED, "the server does not accept the user and password")),
    ("no password supplied", Unseen(Reason.DENIED, "the server asks for a password, and there is none")),
    ("no pg_hba.conf entry", Unseen(Reason.DENIED, "the server does not let this user in from here")),
    ("permission denied", Unseen(Reason.DENIED, "the user may not connect to this database")),
    ("not permitted to log in", Unseen(Reason.DENIED, "the user may not log in")),
    ("does not exist", Unseen(Reason.NOT_CONFIGURED, "the database or the user does not exist")),
    ("invalid ", Unseen(Reason.NOT_CONFIGURED, "the connection string is not one that PostgreSQL understands")),
    ('missing "="', Unseen(Reason.NOT_CONFIGURED, "the connection string is not one that PostgreSQL understands")),
    ("certificate", Unseen(Reason.UNREACHABLE, "the server's certificate is not trusted")),
    ("too many", Unseen(Reason.DENIED, "the server has no connection left for this user")),
    ("timeout", Unseen(Reason.TIMED_OUT, f"no connection within {CONNECT_SECONDS} s")),
)


def meaning(error: psycopg.Error) -> Unseen:
    """What an error of a query means."""
    state = error.sqlstate or ""
    if state in _MEANING:
        return _MEANING[state]
    if not state or state[:2] in ("08", "57"):
        return Unseen(Reason.UNREACHABLE, "the connection was lost")
    return Unseen(Reason.INCOMPLETE, f"the server answered with error {state}")


def refusal(error: psycopg.Error) -> Unseen:
    """Why no connection came about."""
    words = str(error).lower()
    refused = next((unseen for sign, unseen in _REFUSED if sign in words), None)
    return refused or Unseen(Reason.UNREACHABLE, "the server cannot be reached")


def reading(
    dsn: str, application: str, settings: Mapping[str, str], snapshot: str | None = None
) -> Connection | Unseen:
    """Connect, and begin a transaction that only reads and sees everything at one moment.

    Args:
        dsn: libpq's connection string or URL.
        application: the name that the server shows for it.
        settings: more of them, for the transaction alone.
        snapshot: what another connection has exported, so that both see the same rows.
    """
    try:
        connection = psycopg.connect(
            dsn, autocommit=True, connect_timeout=CONNECT_SECONDS, application_name=application
        )
    except psycopg.OperationalError as error:
        return refusal(error)
    except (psycopg.Error, ValueError, UnicodeError):
        return Unseen(Reason.NOT_CONFIGURED, "the connection string is not one that PostgreSQL understands")
    try:
        connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        if snapshot is not None:
            assert SNAPSHOT.fullmatch(snapshot)
            connection.execute(f"SET TRANSACTION SNAPSHOT '{snapshot}'".encode())
        for name, value in (_SETTINGS | dict(settings)).items():
            # Local to the transaction: behind a pooler the session is somebody else's next.
            connection.execute("SELECT pg_catalog.set_config(%s, %s, true)", (name, value))
        # As pg_dump does: a table that somebody replaces by a view meanwhile must not make us run it.
        connection.execute(
            "SELECT pg_catalog.set_config(name, 'view,foreign-table', true) FROM pg_catalog.pg_settings"
            " WHERE name = 'restrict_nonsystem_relation_kind'"
        )
    except psycopg.Error as error:
        connection.close()
        return meaning(error)
    return connection
