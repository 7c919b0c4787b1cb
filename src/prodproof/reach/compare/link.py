"""One connection to PostgreSQL that only reads, with every setting that changes how a value is written out fixed."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import psycopg
from psycopg import sql

from prodproof.facts import Unseen
from prodproof.reach.postgres_session import meaning, reading

APPLICATION = "prodproof restore drill"
Query = sql.SQL | sql.Composed
Row = tuple[object, ...]

__all__ = ["DAMAGED", "Link", "Query", "Row", "meaning"]

_SETTINGS = {
    "DateStyle": "ISO, YMD",
    "IntervalStyle": "postgres",
    "TimeZone": "UTC",
    "extra_float_digits": "1",
    "bytea_output": "hex",
    "lc_monetary": "C",
    "client_encoding": "UTF8",
}

DAMAGED = ("XX001", "XX002", "22021", "58030", "58P01", "XX000")
"""SQLSTATEs that a server answers with when pages or files are damaged: also text that is no text any more, a file that
cannot be read or is not there, and internal errors (`missing chunk number`, `could not access status of transaction`).
"""


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
        settings = _SETTINGS | {"statement_timeout": f"{int(statement_seconds * 1000)}"}
        connection = reading(dsn, APPLICATION, settings)
        if isinstance(connection, Unseen):
            return connection
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
