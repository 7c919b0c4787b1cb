"""One connection to PostgreSQL that only reads, with every setting that changes how a value is written out fixed."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import psycopg
from psycopg import sql

from prodproof.facts import Reason, Unseen

CONNECT_SECONDS = 10
LOCK_SECONDS = 2
APPLICATION = "prodproof restore drill"
Query = sql.SQL | sql.Composed
Row = tuple[object, ...]

_SETTINGS = {
    # Names are written out with their schemas, and no operator or function of somebody else's schema is called.
    "search_path": "pg_catalog",
    "lock_timeout": f"{LOCK_SECONDS}s",
    "row_security": "off",
    "jit": "off",
    "DateStyle": "ISO, YMD",
    "IntervalStyle": "postgres",
    "TimeZone": "UTC",
    "extra_float_digits": "1",
    "bytea_output": "hex",
    "lc_monetary": "C",
    "client_encoding": "UTF8",
}

MEANING = {
    "42501": Unseen(Reason.DENIED, "the role may not read it"),
    "55P03": Unseen(Reason.TIMED_OUT, f"locked by another session for more than {LOCK_SECONDS} s"),
    "57014": Unseen(Reason.TIMED_OUT, "a query took too long"),
    "XX001": Unseen(Reason.INCOMPLETE, "its data are damaged"),
    "XX002": Unseen(Reason.INCOMPLETE, "an index of it is damaged"),
}
DAMAGED = ("XX001", "XX002", "22021", "58030", "58P01", "XX000")
"""SQLSTATEs that a server answers with when pages or files are damaged: also text that is no text any more, a file that
cannot be read or is not there, and internal errors (`missing chunk number`, `could not access status of transaction`).
"""


def meaning(error: psycopg.Error) -> Unseen:
    """What an error means. The server's own words are not repeated: they may quote the data."""
    state = error.sqlstate or ""
    if state in MEANING:
        return MEANING[state]
    if not state or state[:2] in ("08", "57"):
        return Unseen(Reason.UNREACHABLE, "the connection was lost")
    return Unseen(Reason.INCOMPLETE, f"the server answered with error {state}")


class Link:
    """A connection within one read-only transaction, so that everything is seen at one moment."""

    def __init__(self, connection: "psycopg.Connection[Row]") -> None:
        self._connection = connection

    @classmethod
    def open(cls, dsn: str, *, statement_seconds: float = 600.0) -> "Link | Unseen":
        """Connect and begin.

        Args:
            dsn: libpq's connection string or URL; never repeated.
            statement_seconds: after which one query is given up.
        """
        try:
            connection = psycopg.connect(
                dsn, autocommit=True, connect_timeout=CONNECT_SECONDS, application_name=APPLICATION
            )
        except psycopg.OperationalError as error:
            # libpq's words could quote the connection string.
            refused = "authentication" in str(error) or "no pg_hba.conf entry" in str(error)
            if refused:
                return Unseen(Reason.DENIED, "the server does not let this user in")
            return Unseen(Reason.UNREACHABLE, "the server cannot be reached")
        except (psycopg.Error, ValueError, UnicodeError):
            return Unseen(Reason.NOT_CONFIGURED, "the connection string is not one that PostgreSQL understands")
        try:
            connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            for name, value in (_SETTINGS | {"statement_timeout": f"{int(statement_seconds * 1000)}"}).items():
                connection.execute("SELECT pg_catalog.set_config(%s, %s, true)", (name, value))
            # As pg_dump does: a table that somebody replaces by a view meanwhile must not make us run it.
            connection.execute(
                "SELECT pg_catalog.set_config(name, 'view,foreign-table', true) FROM pg_catalog.pg_settings"
                " WHERE name = 'restrict_nonsystem_relation_kind'"
            )
        except psycopg.Error as error:
            connection.close()
            return meaning(error)
        return cls(connection)

    def __enter__(self) -> "Link":
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    @property
    def alive(self) -> bool:
        """Whether the connection stands."""
        return not self._connection.closed

    def ask(self, query: Query | str, values: Sequence[object] = ()) -> list[Row]:
        """The rows of a query. Raises psycopg.Error."""
        said = query if isinstance(query, sql.SQL | sql.Composed) else query.encode()
        return self._connection.execute(said, values or None).fetchall()

    @contextmanager
    def attempt(self) -> Iterator[None]:
        """Queries that may fail without costing those that follow; locks are given back at the end."""
        self._connection.execute("SAVEPOINT attempt")
        try:
            yield
        finally:
            if not self._connection.closed:
                try:
                    self._connection.execute("ROLLBACK TO SAVEPOINT attempt; RELEASE SAVEPOINT attempt")
                except psycopg.Error:
                    self._connection.close()
