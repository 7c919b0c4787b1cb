"""One connection to PostgreSQL that can only read, and what its errors mean."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import psycopg

from prodproof.facts import Reason, Unseen
from prodproof.reach.secret import Secret

CONNECT_SECONDS = 10
STATEMENT_SECONDS = 120
LOCK_SECONDS = 2
"""Nobody waits long for us, and we wait for nobody: behind somebody who waits for a lock, others queue up."""

APPLICATION = "prodproof trace"

_SETTINGS = {
    # Names are written out everywhere; an operator or function of somebody else's schema is never called.
    "search_path": "pg_catalog",
    "statement_timeout": f"{STATEMENT_SECONDS}s",
    "lock_timeout": f"{LOCK_SECONDS}s",
    "idle_in_transaction_session_timeout": "0",
    # A table whose policies would hide rows from us is an error, as in pg_dump, and so a gap.
    "row_security": "off",
    "max_parallel_workers_per_gather": "0",
    "jit": "off",
}
_SNAPSHOT = re.compile(r"[0-9A-Fa-f-]{1,64}")

_MEANING = {
    "42501": Unseen(Reason.DENIED, "the role may not read it"),
    "55P03": Unseen(Reason.TIMED_OUT, f"locked by another session for more than {LOCK_SECONDS} s"),
    "57014": Unseen(Reason.TIMED_OUT, f"a query took more than {STATEMENT_SECONDS} s"),
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
    ("is not permitted to log in", Unseen(Reason.DENIED, "the user may not log in")),
    ("does not exist", Unseen(Reason.NOT_CONFIGURED, "the database or the user does not exist")),
    ("invalid ", Unseen(Reason.NOT_CONFIGURED, "the connection string is not one that PostgreSQL understands")),
    ("too many", Unseen(Reason.DENIED, "the server has no connection left for this user")),
    ("timeout", Unseen(Reason.TIMED_OUT, f"no connection within {CONNECT_SECONDS} s")),
)


def meaning(error: psycopg.Error) -> Unseen:
    """What an error of a query means. The server's own words are not repeated: they may quote the data."""
    state = error.sqlstate or ""
    if state in _MEANING:
        return _MEANING[state]
    if not state or state[:2] in ("08", "57"):
        return Unseen(Reason.UNREACHABLE, "the connection was lost")
    return Unseen(Reason.INCOMPLETE, f"the server answered with error {state}")


class Link:
    """A connection with one open transaction: repeatable read, read only."""

    def __init__(self, connection: "psycopg.Connection[tuple[object, ...]]") -> None:
        self._connection = connection

    @classmethod
    def open(cls, dsn: Secret, snapshot: str | None = None) -> "Link | Unseen":
        """Connect and begin.

        Args:
            dsn: libpq's connection string or URL.
            snapshot: what another connection has exported, so that both see the same rows.
        """
        try:
            connection = psycopg.connect(
                dsn.reveal(), autocommit=True, connect_timeout=CONNECT_SECONDS, application_name=APPLICATION
            )
        except psycopg.OperationalError as error:
            words = str(error)
            refused = next((unseen for sign, unseen in _REFUSED if sign in words), None)
            return refused or Unseen(Reason.UNREACHABLE, "the server cannot be reached")
        except (psycopg.Error, ValueError, UnicodeError):
            # The message would quote the connection string.
            return Unseen(Reason.NOT_CONFIGURED, "the connection string is not one that PostgreSQL understands")
        try:
            connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            if snapshot is not None:
                assert _SNAPSHOT.fullmatch(snapshot)
                connection.execute(f"SET TRANSACTION SNAPSHOT '{snapshot}'".encode())
            for name, value in _SETTINGS.items():
                # Local to the transaction: behind a pooler the session is somebody else's next.
                connection.execute("SELECT set_config(%s, %s, true)", (name, value))
            # A database without an encoding may hold any bytes: as Latin-1 they come as they are.
            connection.execute(
                "SELECT set_config('client_encoding',"
                " CASE current_setting('server_encoding') WHEN 'SQL_ASCII' THEN 'LATIN1' ELSE 'UTF8' END, true)"
            )
            # As pg_dump does: a table that somebody replaces by a view meanwhile must not make us run it.
            connection.execute(
                "SELECT set_config(name, 'view,foreign-table', true) FROM pg_settings"
                " WHERE name = 'restrict_nonsystem_relation_kind'"
            )
        except psycopg.Error as error:
            connection.close()
            return meaning(error)
        return cls(connection)

    def close(self) -> None:
        """End the transaction and the connection."""
        self._connection.close()

    @property
    def version(self) -> int:
        """The server's, as 150004 for 15.4."""
        return self._connection.info.server_version

    @property
    def lost(self) -> bool:
        """Whether the connection is gone."""
        return self._connection.closed

    @contextmanager
    def attempt(self) -> Iterator[None]:
        """Queries that may fail. Whether they do or not, the locks that they took are given back at the end, so that
        whoever wants to alter a table waits for one short query and not for the whole search.
        """
        self._connection.execute("SAVEPOINT attempt")
        try:
            yield
        finally:
            if not self._connection.closed:
                try:
                    self._connection.execute("ROLLBACK TO SAVEPOINT attempt; RELEASE SAVEPOINT attempt")
                except psycopg.Error:
                    self._connection.close()

    def ask(self, query: str, values: Sequence[object] = ()) -> list[tuple[object, ...]]:
        """The rows of a small query. Raises psycopg.Error."""
        return self._connection.execute(self._encoded(query), values or None).fetchall()

    def rows(self, query: str, columns: int) -> Iterator[tuple[bytes | None, ...]]:
        """The rows of a query whose columns are all bytea, by binary COPY. Raises psycopg.Error."""
        with (
            self._connection.cursor() as cursor,
            cursor.copy(self._encoded(f"COPY ({query}) TO STDOUT (FORMAT BINARY)")) as copy,
        ):
            copy.set_types(["bytea"] * columns)
            yield from copy.rows()

    def export_snapshot(self) -> str | None:
        """An id under which other connections can see just what this one sees; None where that is not possible."""
        try:
            found = str(self.ask("SELECT pg_export_snapshot()")[0][0])
        except psycopg.Error:
            return None
        return found if _SNAPSHOT.fullmatch(found) else None

    def _encoded(self, query: str) -> bytes:
        return query.encode(self._connection.info.encoding)
