"""What a restored database says of itself, without any source: sequences, keys, indexes, and the team's own checks."""

from collections.abc import Iterator
from dataclasses import dataclass

import psycopg
from psycopg import sql

from prodproof.facts import Unseen
from prodproof.reach.compare.link import Link, meaning

SAMPLED_ABOVE = 32 * 1024 * 1024
"""Bytes of a table above which foreign keys are looked at in a part of its pages."""

SAMPLE = 32 * 1024 * 1024

_SEQUENCES = """
WITH used (sequence, relation, number) AS (
    SELECT objid, refobjid, refobjsubid::int FROM pg_depend
    WHERE classid = 'pg_class'::regclass AND refclassid = 'pg_class'::regclass AND deptype IN ('a', 'i')
    UNION
    SELECT d.refobjid, f.adrelid, f.adnum::int FROM pg_depend d JOIN pg_attrdef f ON f.oid = d.objid
    WHERE d.classid = 'pg_attrdef'::regclass AND d.refclassid = 'pg_class'::regclass AND d.refobjid <> f.adrelid
)
SELECT s.nspname, q.relname, n.nspname, c.relname, a.attname
FROM used u JOIN pg_class q ON q.oid = u.sequence JOIN pg_namespace s ON s.oid = q.relnamespace
JOIN pg_class c ON c.oid = u.relation JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_attribute a ON a.attrelid = u.relation AND a.attnum = u.number
JOIN pg_sequence o ON o.seqrelid = q.oid
WHERE q.relkind = 'S' AND o.seqincrement > 0 AND NOT o.seqcycle AND a.atttypid IN (20, 21, 23)
    AND c.relkind IN ('r', 'p') AND NOT c.relispartition
ORDER BY 1, 2
"""
_KEYS = """
SELECT o.conname, n.nspname, c.relname, m.nspname, p.relname, pg_relation_size(c.oid), o.confmatchtype = 'f',
    ARRAY(SELECT a.attname::text FROM unnest(o.conkey) WITH ORDINALITY k (number, place)
          JOIN pg_attribute a ON a.attrelid = o.conrelid AND a.attnum = k.number ORDER BY k.place),
    ARRAY(SELECT a.attname::text FROM unnest(o.confkey) WITH ORDINALITY k (number, place)
          JOIN pg_attribute a ON a.attrelid = o.confrelid AND a.attnum = k.number ORDER BY k.place)
FROM pg_constraint o
JOIN pg_class c ON c.oid = o.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_class p ON p.oid = o.confrelid JOIN pg_namespace m ON m.oid = p.relnamespace
WHERE o.contype = 'f' AND o.convalidated AND c.relkind = 'r'
ORDER BY 2, 3, 1
"""


@dataclass(frozen=True, kw_only=True)
class Behind:
    """A sequence that would give out a number which a row already has."""

    sequence: str
    column: str


@dataclass(frozen=True, kw_only=True)
class Orphans:
    """A foreign key that does not hold."""

    table: str
    key: str
    rows: int
    """Rows that name nothing; of a sample, if it says so."""


def sequences_behind(link: Link) -> tuple[int, list[Behind]] | Unseen:
    """How many sequences belong to a column, and those that are behind it."""
    found: list[Behind] = []
    try:
        owned = link.ask(_SEQUENCES)
        for schema, sequence, of_schema, table, column in owned:
            with link.attempt():
                ((behind,),) = link.ask(
                    sql.SQL(
                        "SELECT coalesce((SELECT max({column}) FROM {table}) >"
                        " (SELECT CASE WHEN is_called THEN last_value ELSE last_value - 1 END FROM {sequence}), false)"
                    ).format(
                        column=sql.Identifier(str(column)),
                        table=sql.Identifier(str(of_schema), str(table)),
                        sequence=sql.Identifier(str(schema), str(sequence)),
                    )
                )
            if behind:
                found.append(Behind(sequence=f"{schema}.{sequence}", column=f"{of_schema}.{table}.{column}"))
    except psycopg.Error as error:
        return meaning(error)
    return len(owned), found


def broken_keys(link: Link, *, full: bool) -> tuple[int, tuple[str, ...], list[Orphans]] | Unseen:
    """How many foreign keys there are, the tables of which only a part was looked at, and the keys that do not hold."""
    found: list[Orphans] = []
    sampled: set[str] = set()
    try:
        keys = link.ask(_KEYS)
        for name, schema, table, to_schema, to_table, size, whole, columns, others in keys:
            assert isinstance(size, int) and isinstance(columns, list) and isinstance(others, list)
            part: sql.Composable = sql.SQL("")
            if not full and size > SAMPLED_ABOVE:
                part = sql.SQL("TABLESAMPLE SYSTEM ({})").format(sql.Literal(100 * SAMPLE / size))
                sampled.add(f"{schema}.{table}")
            # Rows of which a column is NULL name nothing (MATCH SIMPLE); with MATCH FULL all of them must be.
            given = sql.SQL(" OR " if whole else " AND ").join(
                sql.SQL("c.{} IS NOT NULL").format(sql.Identifier(column)) for column in columns
            )
            same = sql.SQL(" AND ").join(
                sql.SQL("p.{} = c.{}").format(sql.Identifier(other), sql.Identifier(column))
                for column, other in zip(columns, others, strict=True)
            )
            query = sql.SQL(
                "SELECT count(*) FROM ONLY {} c {} WHERE ({}) AND NOT EXISTS (SELECT FROM {} p WHERE {})"
            ).format(
                sql.Identifier(str(schema), str(table)),
                part,
                given,
                sql.Identifier(str(to_schema), str(to_table)),
                same,
            )
            with link.attempt():
                # Operators of types that extensions bring are found in their schemas.
                link.ask("SELECT set_config('search_path', 'pg_catalog, public', true)")
                ((orphans,),) = link.ask(query)
            assert isinstance(orphans, int)
            if orphans:
                found.append(Orphans(table=f"{schema}.{table}", key=str(name), rows=orphans))
    except psycopg.Error as error:
        return meaning(error)
    return len(keys), tuple(sorted(sampled)), found


def invariant(link: Link, query: str) -> bool | Unseen:
    """Whether a query of the team answers with one row, one column, true; it cannot write."""
    try:
        with link.attempt():
            link.ask("SELECT set_config('search_path', '\"$user\", public', true)")
            return link.ask(query) == [(True,)]
    except psycopg.Error as error:
        return meaning(error)


def newest(link: Link, place: str) -> object | Unseen:
    """The newest value of a column.

    Args:
        link: the copy.
        place: `schema.table.column`, or `table.column` in `public`.
    """
    parts = place.split(".")
    schema, table, column = (["public", *parts] if len(parts) == 2 else parts)[:3]
    try:
        with link.attempt():
            query = sql.SQL("SELECT max({}::timestamptz) FROM {}").format(
                sql.Identifier(column), sql.Identifier(schema, table)
            )
            return link.ask(query)[0][0]
    except psycopg.Error as error:
        return meaning(error)


def named_files(link: Link, place: str) -> Iterator[str]:
    """What a column of file names holds, empty ones left out. Raises psycopg.Error.

    Args:
        link: the copy.
        place: `schema.table.column`, or `table.column` in `public`.
    """
    parts = place.split(".")
    schema, table, column = (["public", *parts] if len(parts) == 2 else parts)[:3]
    name = sql.Identifier(column)
    query = sql.SQL("SELECT DISTINCT {}::text FROM {} WHERE {} <> ''").format(
        name, sql.Identifier(schema, table), sql.SQL("{}::text").format(name)
    )
    for (value,) in link.ask(query):
        yield str(value)
