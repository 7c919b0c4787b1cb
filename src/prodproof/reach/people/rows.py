"""People as rows of a database: gone through, erased, searched for. SQLite and PostgreSQL."""

import re
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import psycopg

from prodproof.facts import Reason, Unseen
from prodproof.system.errors import UserError

BATCH = 10_000
LOCK_SECONDS = 20.0
_PARAMETER = re.compile(r"(?<![:\w]):(key|identifier)\b")


class RowsError(UserError):
    """A database that does not do what it was asked for. Its text holds no value of a row."""


@dataclass(frozen=True, kw_only=True)
class People:
    """A kind of people, by the table that holds them."""

    name: str
    """What they are called: `customers`."""

    table: str
    """`shop_user`, or with its schema `public.shop_user`."""

    key: str
    """The column by which other rows refer to a person."""

    identifier: str
    """The column by which the log knows a person, after years and in any backup: the key, or an address."""

    erase: tuple[str, ...]
    """Statements that erase one person, in one transaction; `:key` and `:identifier` stand for the person's."""

    gone: tuple[str, ...] = ()
    """Queries that count what is left of a person elsewhere; each must give 0."""


class Rows(Protocol):
    """A database with people in it."""

    def each(self, people: People) -> Iterator[tuple[Any, Any]]:
        """Key and identifier of every row. Raises RowsError."""
        ...

    def erase(self, people: People, key: Any, identifier: Any) -> None:
        """Erase one person, wholly or not at all. Raises RowsError."""
        ...

    def count(self, query: str, key: Any, identifier: Any) -> int:
        """What a query counts. Raises RowsError."""
        ...


class SqliteRows:
    """People in an SQLite database."""

    def __init__(self, link: sqlite3.Connection) -> None:
        """Takes a connection that nobody else uses meanwhile."""
        self._link = link
        link.execute("PRAGMA foreign_keys = ON")

    def each(self, people: People) -> Iterator[tuple[Any, Any]]:
        """See `Rows`."""
        try:
            cursor = self._link.execute(_select(people))
            while batch := cursor.fetchmany(BATCH):
                yield from batch
        except sqlite3.Error as error:
            raise _failed(people.table, error) from None

    def erase(self, people: People, key: Any, identifier: Any) -> None:
        """See `Rows`."""
        try:
            with self._link:
                for statement in people.erase:
                    self._link.execute(statement, {"key": key, "identifier": identifier})
        except sqlite3.Error as error:
            raise _failed(people.name, error) from None

    def count(self, query: str, key: Any, identifier: Any) -> int:
        """See `Rows`."""
        try:
            return _number(self._link.execute(query, {"key": key, "identifier": identifier}).fetchone())
        except sqlite3.Error as error:
            raise _failed("a search", error) from None


class PostgresRows:
    """People in a PostgreSQL database."""

    def __init__(self, link: "psycopg.Connection[tuple[Any, ...]]") -> None:
        """Takes a connection that commits each statement by itself."""
        if not link.autocommit:
            raise ValueError("the connection does not commit each statement by itself")
        self._link = link

    def each(self, people: People) -> Iterator[tuple[Any, Any]]:
        """See `Rows`."""
        try:
            with self._link.transaction(), self._link.cursor(name="prodproof_people") as cursor:
                cursor.execute(_select(people).encode())
                while batch := cursor.fetchmany(BATCH):
                    yield from ((row[0], row[1]) for row in batch)
        except psycopg.Error as error:
            raise _failed(people.table, error) from None

    def erase(self, people: People, key: Any, identifier: Any) -> None:
        """See `Rows`."""
        try:
            with self._link.transaction():
                for statement in people.erase:
                    self._link.execute(*_named(statement, key, identifier))
        except psycopg.Error as error:
            raise _failed(people.name, error) from None

    def count(self, query: str, key: Any, identifier: Any) -> int:
        """See `Rows`."""
        try:
            return _number(self._link.execute(*_named(query, key, identifier)).fetchone())
        except psycopg.Error as error:
            raise _failed("a search", error) from None


@contextmanager
def in_sqlite(file: Path) -> Iterator[Rows | Unseen]:
    """The people in an SQLite file, for as long as the block lasts."""
    if not file.is_file():
        yield Unseen(Reason.UNREACHABLE, f"there is no database {file.name}")
        return
    with closing(sqlite3.connect(file, timeout=LOCK_SECONDS)) as link:
        yield SqliteRows(link)


@contextmanager
def in_postgres(connect: "Callable[[], psycopg.Connection[Any] | Unseen]") -> Iterator[Rows | Unseen]:
    """The people in a PostgreSQL database (`connect`: as `ScratchCluster.connect`), for as long as the block lasts."""
    link = connect()
    if isinstance(link, Unseen):
        yield link
        return
    with link:
        yield PostgresRows(link)


def _select(people: People) -> str:
    table = ".".join(_quoted(part) for part in people.table.split("."))
    return f"SELECT {_quoted(people.key)}, {_quoted(people.identifier)} FROM {table}"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _named(statement: str, key: Any, identifier: Any) -> tuple[bytes, Mapping[str, Any]]:
    # psycopg writes parameters otherwise, and takes a single % for the start of one.
    return _PARAMETER.sub(r"%(\1)s", statement.replace("%", "%%")).encode(), {"key": key, "identifier": identifier}


def _number(row: Sequence[Any] | None) -> int:
    if row is None or len(row) != 1 or not isinstance(row[0], int):
        raise RowsError("a search of erased people does not give one number")
    return row[0]


def _failed(what: str, error: Exception) -> RowsError:
    # The server's message may quote a row; its code (SQLSTATE) does not.
    code = getattr(error, "sqlstate", None) or getattr(error, "sqlite_errorname", None)
    return RowsError(f"{what}: {type(error).__name__}" + (f" ({code})" if code else ""))
