"""One connection to PostgreSQL that can only read, and what its errors mean."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import psycopg

from prodproof.facts import Unseen
from prodproof.reach.postgres_session import SNAPSHOT, meaning, reading
from prodproof.reach.secret import Secret

STATEMENT_SECONDS = 120
APPLICATION = "prodproof trace"

_SETTINGS = {
    "statement_timeout": f"{STATEMENT_SECONDS}s",
    "idle_in_transaction_session_timeout": "0",
    "max_parallel_workers_per_gather": "0",
}

__all__ = ["Link", "meaning"]


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
        connection = reading(dsn.reveal(), APPLICATION, _SETTINGS, snapshot)
        if isinstance(connection, Unseen):
            return connection
        try:
            # A database without an encoding may hold any bytes: as Latin-1 they come as they are.
            connection.execute(
                "SELECT set_config('client_encoding',"
                " CASE current_setting('server_encoding') WHEN 'SQL_ASCII' THEN 'LATIN1' ELSE 'UTF8' END, true)"
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
        return found if SNAPSHOT.fullmatch(found) else None

    def _encoded(self, query: str) -> bytes:
        return query.encode(self._connection.info.encoding)
