"""Tables of PostgreSQL: which columns can hold a text, and how a range of pages is read."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import psycopg

from prodproof.facts import Reason
from prodproof.trace.content.feed import feed
from prodproof.trace.content.reader import chunks
from prodproof.trace.content.recognise import FIRST
from prodproof.trace.sources._postgres_link import Link, meaning
from prodproof.trace.stream import Item, Sink

STEP = 2 * 1024 * 1024
"""Bytes on disk of the pages that one query reads."""

SMALL = 2000
"""Bytes up to which values lie in these pages themselves, as a rule: the server puts those of a column together, and so
sends about as much as it reads. Longer and compressed values come one by one.
"""

WHOLE = 16 * 1024 * 1024
"""Bytes up to which a value comes in one piece."""

_SEPARATOR = r"'\x0a0000000000000a'::bytea"
"""Between the values of a column: line ends, so that what is shown of one row is nothing of the next one's."""

# pg_type.typcategory: boolean, date, geometric, network, numeric, range, timespan, bit string, enumeration, pseudo and
# internal types. None can hold a text that somebody chose.
_NO_TEXT = frozenset("BDGINRTVEPZ")
_NO_TEXT_SEND = frozenset(
    {
        "macaddr_send",
        "macaddr8_send",
        "pg_lsn_send",
        "xidsend",
        "xid8send",
        "cidsend",
        "tidsend",
        "pg_snapshot_send",
        "txid_snapshot_send",
        "int2vectorsend",
        "oidvectorsend",
    }
)
_PACKED = ", ".join(rf"'\x{start.hex()}'::bytea" for start in sorted(FIRST))

TABLES = """
SELECT c.oid::bigint, n.nspname, c.relname, c.relkind::text, c.relpages::bigint, coalesce(t.relpages, 0)::bigint,
       has_schema_privilege(n.oid, 'USAGE'), row_security_active(c.oid),
       c.relpersistence = 't' AND pg_is_other_temp_schema(n.oid), has_table_privilege(c.oid, 'SELECT')
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace LEFT JOIN pg_class t ON t.oid = c.reltoastrelid
WHERE c.relkind IN ('r', 'm', 'f') AND (c.relkind <> 'm' OR c.relispopulated)
  AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
ORDER BY 2, 3
"""
COLUMNS = """
SELECT a.attrelid::bigint, a.attname, t.typcategory::text, e.typcategory::text,
       sn.nspname, s.proname, es.proname, has_column_privilege(a.attrelid, a.attnum, 'SELECT')
FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_type t ON t.oid = a.atttypid
LEFT JOIN pg_type e ON e.oid = t.typelem AND t.typelem <> 0 AND t.typcategory = 'A'
LEFT JOIN pg_proc s ON s.oid = t.typsend LEFT JOIN pg_namespace sn ON sn.oid = s.pronamespace
LEFT JOIN pg_proc es ON es.oid = e.typsend
WHERE c.relkind IN ('r', 'm') AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated <> 'v'
  AND c.relnamespace NOT IN ('pg_catalog'::regnamespace, 'information_schema'::regnamespace, 'pg_toast'::regnamespace)
ORDER BY a.attrelid, a.attnum
"""


@dataclass(frozen=True, slots=True)
class Column:
    """One that can hold a text."""

    name: str
    value: str
    """SQL for its raw bytes, as the type's own binary form has them."""

    raw: bool
    """Whether it is bytea, which may hold archives."""


@dataclass(frozen=True, slots=True)
class Table:
    """One that is read."""

    oid: int
    name: str
    """`public.orders`, for people."""

    quoted: str
    """The same for SQL."""

    pages: int
    """Of the heap, when they were last counted."""

    size: int
    """Bytes with its long values, when they were last counted."""

    columns: tuple[Column, ...]
    placed: bool = True
    """Whether rows can be asked for by their place; not where only single columns may be read."""

    def path(self, column: Column) -> str:
        return f"{self.name}!{column.name}"


@dataclass(frozen=True, slots=True)
class Pages:
    """A range of a table."""

    table: Table
    first: int
    end: int | None
    """Behind the last one; None: to the end as it is found."""

    size: int
    """Bytes, about."""


def quoted(name: str) -> str:
    """An identifier for SQL."""
    return '"' + name.replace('"', '""') + '"'


def column_of(row: Sequence[object]) -> Column | None:
    """A column out of a row of COLUMNS; None if it cannot hold a text."""
    _, name, category, element, schema, send, element_send, _ = row
    if category in _NO_TEXT or element in _NO_TEXT or (schema == "pg_catalog" and send in _NO_TEXT_SEND):
        return None
    field = quoted(str(name))
    if send == "uuid_send":
        return Column(str(name), f"textsend({field}::text)", raw=False)
    if element_send == "uuid_send":
        return Column(str(name), f"array_send({field}::text[])", raw=False)
    if send == "jsonb_send" or send is None or (element is not None and element_send is None):
        return Column(str(name), f"textsend({field}::text)", raw=False)
    value = f"{quoted(str(schema))}.{quoted(str(send))}({field})"
    return Column(str(name), value, raw=send == "byteasend")


class TableReader:
    """Reads ranges of tables through one connection.

    Args:
        block: bytes of the server's pages.
    """

    def __init__(self, link: Link, sink: Sink, block: int) -> None:
        self._link = link
        self._sink = sink
        self._block = block

    def read(self, pages: Pages) -> None:
        """Feed a range. What cannot be read is a gap, and the rest is still read."""
        table = pages.table
        if not table.placed:
            for column in table.columns:
                self._separately(table, column, "true")
            return
        try:
            with self._link.attempt():
                heap = int(str(self._link.ask(f"SELECT pg_relation_size({table.oid})")[0][0] or 0))
        except psycopg.Error as error:
            self._gap(table.name, error)
            return
        step = max(1, STEP // self._block)
        end = -(-heap // self._block) if pages.end is None else pages.end
        for first in range(pages.first, end, step):
            if self._link.lost:
                self._sink.gap(table.name, Reason.UNREACHABLE, "the connection was lost")
                return
            self._range(table, f"ctid >= '({first},0)'::tid AND ctid < '({min(first + step, end)},0)'::tid")

    def _range(self, table: Table, where: str) -> None:
        try:
            with self._link.attempt():
                large = self._gathered(table, where)
        except psycopg.Error as error:
            if error.sqlstate not in ("54000", "53200"):
                self._gap(table.name, error)
                return
            # Too much for one field.
            for column in table.columns:
                self._separately(table, column, where)
            return
        for column in large:
            self._separately(table, column, f"{where} AND NOT ({_small(column)})")

    def _gathered(self, table: Table, where: str) -> list[Column]:
        """Feed the small values of a range; the columns that have others."""
        fields = [
            f"string_agg({column.value}, {_SEPARATOR}) FILTER (WHERE {_small(column)}),"
            f" int8send(count(*) FILTER (WHERE NOT ({_small(column)})))"
            for column in table.columns
        ]
        query = f"SELECT {', '.join(fields)} FROM ONLY {table.quoted} WHERE {where}"
        large = []
        for row in self._link.rows(query, 2 * len(table.columns)):
            for column, gathered, number in zip(table.columns, row[::2], row[1::2]):
                if gathered:
                    self._sink.put(Item(table.path(column), where), gathered)
                if int.from_bytes(number or b"", "big"):
                    large.append(column)
        return large

    def _separately(self, table: Table, column: Column, where: str) -> None:
        """Feed values of a column as items of their own."""
        try:
            with self._link.attempt():
                lengthy = self._one_by_one(table, column, where)
            for row, length in lengthy:
                feed(self._sink, Item(table.path(column), row), chunks(self._slices(table, column, row, length)))
        except psycopg.Error as error:
            self._gap(table.path(column), error)

    def _one_by_one(self, table: Table, column: Column, where: str) -> list[tuple[str, int]]:
        """Feed the values that come in one piece; place and length of the others."""
        place = "ctid" if table.placed else "NULL"
        query = (
            f"SELECT textsend(place::text), int8send(octet_length(value)),"
            f" CASE WHEN octet_length(value) <= {WHOLE} THEN value END"
            f" FROM (SELECT {place} AS place, {column.value} AS value FROM ONLY {table.quoted}"
            f" WHERE {where} AND {quoted(column.name)} IS NOT NULL OFFSET 0) AS each"
        )
        long = []
        closed = 0
        for row, length, value in self._link.rows(query, 3):
            if value is not None:
                feed(self._sink, Item(table.path(column)), value)
            elif row is not None and length is not None:
                long.append((row.decode("ascii"), int.from_bytes(length, "big")))
            else:
                closed += 1
        if closed:
            detail = f"{closed} values over {WHOLE // 2**20} MB can only be read by who may read the whole table"
            self._sink.gap(table.path(column), Reason.DENIED, detail)
        return long

    def _slices(self, table: Table, column: Column, row: str, length: int) -> Iterator[bytes]:
        """A long value bit by bit, so that it is never in memory as a whole."""
        for start in range(1, length + 1, WHOLE):
            query = (
                f"SELECT substring({column.value} from {start} for {WHOLE}) FROM ONLY {table.quoted}"
                f" WHERE ctid = '{row}'::tid"
            )
            try:
                with self._link.attempt():
                    found = [part for (part,) in self._link.rows(query, 1) if part]
            except psycopg.Error as error:
                # What came before is searched all the same.
                self._gap(table.path(column), error)
                return
            yield from found

    def _gap(self, path: str, error: psycopg.Error) -> None:
        unseen = meaning(error)
        self._sink.gap(path, unseen.why, unseen.detail)


def _small(column: Column) -> str:
    field = quoted(column.name)
    size = f"pg_column_size({field}) <= {SMALL} AND pg_column_compression({field}) IS NULL"
    return f"{size} AND substring({field} from 1 for 2) NOT IN ({_PACKED})" if column.raw else size
