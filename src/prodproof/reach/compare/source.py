"""A copy held against a source that has gone on working since the copy was made.

A row at the source that has surely not been changed since then must be in the copy as it is. What was changed or added
later may differ, and what was removed later may be in the copy. Whether a row was changed is said by a column that the
team names, or by the server, where it keeps the time of every commit (`track_commit_timestamp`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import psycopg
from psycopg import sql

from prodproof.facts import Unseen
from prodproof.reach.compare.link import Link, Query, meaning
from prodproof.reach.compare.moments import MARGIN, ZONES
from prodproof.reach.compare.rows import Digests, Table, differing

_SURE = sql.SQL(
    "({column} < {limit}::timestamptz - CASE pg_typeof({column})::text"
    " WHEN 'timestamp with time zone' THEN interval '0' WHEN 'date' THEN {zones} + interval '1 day' ELSE {zones} END)"
)


@dataclass(frozen=True, kw_only=True)
class Explained:
    """In what two copies of a table differ, row by row; only rows of the digest's sample are counted."""

    missing: int = 0
    """Rows that have not been changed since and are not in the copy."""

    changed: int = 0
    """Rows that have not been changed since and are otherwise in the copy."""

    open: int = 0
    """Rows that differ, where nothing says when they were changed."""


def explain(source: Link, copy: Link, digests: Digests, table: Table, settled: Query | None) -> Explained | Unseen:
    """Why the digests of a table differ.

    Args:
        source: as it is now.
        copy: what was restored.
        digests: of the system.
        table: one that has a primary key.
        settled: a condition that a row at the source has not been changed since; None where nothing says so.
    """
    try:
        with source.attempt():
            there = digests.buckets(source, table)
        here = digests.buckets(copy, table)
        parts = differing(there, here)
        with source.attempt():
            rows = digests.pairs(source, table, parts, settled)
        copied = digests.pairs(copy, table, parts, None)
    except psycopg.Error as error:
        return meaning(error)
    if rows is None or copied is None:
        return Explained(open=sum(here.get(part, (0, ""))[0] + there.get(part, (0, ""))[0] for part in parts))
    missing = changed = unsaid = 0
    for key, (row, calm) in rows.items():
        found = copied.get(key)
        if found is not None and found[0] == row:
            continue
        if calm is None:
            unsaid += 1
        elif calm and found is None:
            missing += 1
        elif calm:
            changed += 1
    if settled is None:
        unsaid += len(copied.keys() - rows.keys())
    return Explained(missing=missing, changed=changed, open=unsaid)


def settled(link: Link, table: Table, columns: Sequence[str], made: datetime | None) -> Query | None:
    """A condition that a row has not been changed since shortly before a backup was made; None: nothing says so.

    Args:
        link: the source.
        table: whose row.
        columns: names of columns that tell when a row was changed last; the first that the table has counts.
        made: when the making of the backup began.
    """
    if made is None:
        return None
    limit = sql.Literal((made - MARGIN).isoformat())
    for column in columns:
        where, _, name = column.rpartition(".")
        if name in table.columns and where in ("", table.name, table.full_name):
            return _SURE.format(column=sql.Identifier(name), limit=limit, zones=sql.Literal(ZONES))
    if keeps_commit_times(link):
        return sql.SQL("(pg_xact_commit_timestamp(xmin) < {}::timestamptz)").format(limit)
    return None


def keeps_commit_times(link: Link) -> bool:
    """Whether the server keeps when each transaction was committed."""
    try:
        with link.attempt():
            return link.ask("SELECT current_setting('track_commit_timestamp')") == [("on",)]
    except psycopg.Error:
        return False


def schema_stood_still(link: Link, made: datetime | None) -> bool:
    """Whether it is sure that no object was made or altered since shortly before a backup was made.

    Django's record of migrations says so, and the server's commit times, where it keeps them.
    """
    if made is None:
        return False
    limit = made - MARGIN
    try:
        with link.attempt():
            records = link.ask(
                "SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
                " JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'applied'"
                " WHERE c.relname = 'django_migrations' AND c.relkind = 'r'"
            )
            newest = [
                link.ask(sql.SQL("SELECT max(applied) FROM {}").format(sql.Identifier(str(schema), str(name))))[0][0]
                for schema, name in records
            ]
            if newest and all(isinstance(item, datetime) and item < limit for item in newest):
                return True
            if not keeps_commit_times(link):
                return False
            ((last,),) = link.ask(
                "SELECT max(pg_xact_commit_timestamp(x)) FROM (SELECT xmin FROM pg_class WHERE relpersistence <> 't'"
                " UNION ALL SELECT xmin FROM pg_proc UNION ALL SELECT xmin FROM pg_constraint"
                " UNION ALL SELECT xmin FROM pg_trigger UNION ALL SELECT xmin FROM pg_type WHERE typtype <> 'c'"
                " UNION ALL SELECT xmin FROM pg_namespace) AS all_of (x)"
            )
    except psycopg.Error:
        return False
    return not newest and (last is None or (isinstance(last, datetime) and last < limit))
