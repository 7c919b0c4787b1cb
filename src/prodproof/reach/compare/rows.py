"""The rows of tables as keyed digests, which say whether two copies hold the same and nothing of what they hold.

The digest of a table is the sum of a keyed hash over its rows, so their order does not matter. In large tables it goes
over one row in so many, which a keyed hash of the primary key chooses: the same rows on both sides, other rows for
another system, nothing that a damage could avoid. Rows are always counted in full.
"""

import hashlib
import hmac
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from psycopg import sql

from prodproof.reach.compare.link import Link, Query

SAMPLED_ABOVE = 16 * 1024 * 1024
"""Bytes of a table above which its rows are sampled."""

_HASHES = dict.fromkeys((20, 21, 23), "hashint8extended({}::bigint, {}::bigint)")
"""How a column of a key is hashed: int8, int2, int4."""

MAX_TABLES = 20_000
BUCKETS = 4096
MAX_ROWS = 200_000
"""Rows that are looked at one by one where two copies differ."""

_TABLES = """
SELECT n.nspname, c.relname, pg_table_size(c.oid),
    ARRAY(SELECT a.attname::text FROM pg_attribute a
          WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attname COLLATE "C"),
    ARRAY(SELECT a.attname::text FROM pg_index i
          JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = ANY(i.indkey)
          WHERE i.indrelid = c.oid AND i.indisprimary ORDER BY a.attname COLLATE "C"),
    ARRAY(SELECT a.atttypid::bigint FROM pg_index i
          JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = ANY(i.indkey)
          WHERE i.indrelid = c.oid AND i.indisprimary ORDER BY a.attname COLLATE "C")
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'r' AND c.relpersistence = 'p' AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
    AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = 'pg_class'::regclass AND e.objid = c.oid
        AND e.deptype = 'e' AND NOT EXISTS (SELECT FROM pg_extension x WHERE c.oid = ANY(x.extconfig)))
ORDER BY 1, 2 LIMIT %s
"""


_UNLOGGED = """
SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'r' AND c.relpersistence = 'u' AND n.nspname !~ '^pg_' ORDER BY 1, 2 LIMIT %s
"""


@dataclass(frozen=True, kw_only=True)
class Table:
    """One table: how its rows are looked at."""

    schema: str
    name: str
    columns: tuple[str, ...]
    """In the order of their names, which no dump changes."""

    key: tuple[str, ...]
    """Columns of the primary key; none: rows are compared as a heap."""

    key_types: tuple[int, ...] = ()
    """Object ids of their types."""

    one_in: int = 1
    """How many rows there are to each that the digest goes over; a power of two."""

    size: int = 0

    @property
    def full_name(self) -> str:
        """`public.orders`."""
        return f"{self.schema}.{self.name}"

    @property
    def quoted(self) -> sql.Composable:
        return sql.Identifier(self.schema, self.name)


@dataclass(frozen=True, kw_only=True)
class Look:
    """What was seen of a table's rows."""

    rows: int
    digest: str
    one_in: int
    columns: tuple[str, ...]


def tables(link: Link, *, full: bool = False) -> dict[str, Table]:
    """Every table whose rows outlive a crash, partitions one by one. Raises psycopg.Error.

    Args:
        full: look at every row of large tables, too.
    """
    found: dict[str, Table] = {}
    for schema, name, size, columns, key, types in link.ask(_TABLES, (MAX_TABLES,)):
        assert isinstance(size, int) and isinstance(columns, list) and isinstance(key, list) and isinstance(types, list)
        one_in = 1
        while not full and key and size > SAMPLED_ABOVE * one_in:
            one_in *= 2
        table = Table(
            schema=str(schema),
            name=str(name),
            columns=tuple(columns),
            key=tuple(key),
            key_types=tuple(types),
            one_in=one_in,
            size=size,
        )
        found[table.full_name] = table
    return found


def unlogged(link: Link) -> list[str]:
    """Tables without a log, by their full names: a server that recovers empties them. Raises psycopg.Error."""
    return [f"{schema}.{name}" for schema, name in link.ask(_UNLOGGED, (MAX_TABLES,))]


class Digests:
    """Digests under one key: of one system, and known to nobody else."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def look(self, link: Link, table: Table) -> Look:
        """Count and digest a table's rows. Raises psycopg.Error."""
        chosen = self._chosen(table)
        filtered = sql.SQL(" FILTER (WHERE {})").format(chosen) if chosen else sql.SQL("")
        query = sql.SQL("SELECT count(*), coalesce(sum({}){}, 0)::text FROM ONLY {}").format(
            self._row(table), filtered, table.quoted
        )
        ((rows, total),) = link.ask(query)
        assert isinstance(rows, int)
        return Look(rows=rows, digest=self._sealed(table, str(total)), one_in=table.one_in, columns=table.columns)

    def buckets(self, link: Link, table: Table) -> dict[int, tuple[int, str]]:
        """The chosen rows of a table with a key, in parts: number and sum of each part. Raises psycopg.Error."""
        bucket = self._bucket(table)
        query = sql.SQL("SELECT {}, count(*), sum({})::text FROM ONLY {} WHERE {} GROUP BY 1").format(
            bucket, self._row(table), table.quoted, self._chosen(table) or sql.SQL("true")
        )
        return {_number(part): (_number(count), str(total)) for part, count, total in link.ask(query)}

    def pairs(
        self, link: Link, table: Table, buckets: Iterable[int], settled: Query | None
    ) -> dict[int, tuple[int, bool | None]] | None:
        """The rows of some parts, by a hash of their key: a hash of the row, and whether it is settled.

        Args:
            settled: a condition that says whether a row has not been changed since a moment; None: nobody knows.

        Returns:
            None where there are more than MAX_ROWS. Raises psycopg.Error.
        """
        query = sql.SQL("SELECT {}, {}, {} FROM ONLY {} WHERE {} AND {} = ANY(%s) LIMIT %s").format(
            self._key_hash(table, "key"),
            self._row(table),
            settled or sql.SQL("NULL"),
            table.quoted,
            self._chosen(table) or sql.SQL("true"),
            self._bucket(table),
        )
        rows = link.ask(query, (list(buckets), MAX_ROWS + 1))
        if len(rows) > MAX_ROWS:
            return None
        return {_number(key): (_number(row), None if calm is None else bool(calm)) for key, row, calm in rows}

    def _seed(self, table: Table, what: str) -> sql.Literal:
        made = hmac.new(self._key, f"{what} {table.full_name}".encode(), hashlib.sha256).digest()
        return sql.Literal(int.from_bytes(made[:8], "big", signed=True))

    def _sealed(self, table: Table, total: str) -> str:
        # Sums alone could be compared with those of rows that somebody guesses.
        return hmac.new(self._key, f"rows {table.full_name} {total}".encode(), hashlib.sha256).hexdigest()[:32]

    def _hash(self, table: Table, columns: Sequence[str], what: str) -> sql.Composed:
        values = sql.SQL(", ").join(map(sql.Identifier, columns))
        # A whole row's text tells NULL from the empty string.
        return sql.SQL('hashtextextended(ROW({})::text COLLATE "C", {}::bigint)').format(
            values, self._seed(table, what)
        )

    def _key_hash(self, table: Table, what: str) -> sql.Composable:
        # It is asked for every row, so whole numbers are hashed as such: that is three times as fast as their text.
        return sql.SQL(" # ").join(
            sql.SQL(_HASHES.get(kind, 'hashtextextended({}::text COLLATE "C", {}::bigint)')).format(
                sql.Identifier(column), self._seed(table, f"{what} {number}")
            )
            for number, (column, kind) in enumerate(zip(table.key, table.key_types, strict=True))
        )

    def _row(self, table: Table) -> sql.Composed:
        return self._hash(table, table.columns, "row")

    def _bucket(self, table: Table) -> sql.Composed:
        return sql.SQL("(({}) & {})").format(self._key_hash(table, "bucket"), sql.Literal(BUCKETS - 1))

    def _chosen(self, table: Table) -> sql.Composed | None:
        if table.one_in <= 1:
            return None
        return sql.SQL("(({}) & {}) = 0").format(self._key_hash(table, "choice"), sql.Literal(table.one_in - 1))


def differing(one: Mapping[int, tuple[int, str]], other: Mapping[int, tuple[int, str]]) -> list[int]:
    """The parts in which two copies differ."""
    return sorted(part for part in one.keys() | other.keys() if one.get(part) != other.get(part))


def _number(value: object) -> int:
    assert isinstance(value, int)
    return value
