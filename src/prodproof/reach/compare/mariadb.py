"""A restored database of MariaDB or MySQL: by itself, and against its source.

Digests are made by the servers, salted with a value of the run, so that the same rows have another digest next time.

Source: MariaDB documentation, "Information Schema", "CHECK TABLE", "CAST", "MD5".
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from prodproof.facts import Reason, Unseen
from prodproof.reach.compare.moments import MARGIN, ZONES
from prodproof.reach.mariadb_scratch.client import Client, Row, name_of, text_of

MAX_ROWS = 200_000
"""Rows of a table that are held one by one where two copies differ."""

_OBJECTS = (
    ("table", "TABLES", "TABLE_SCHEMA", "TABLE_NAME", "TABLE_TYPE IN ('BASE TABLE', 'SYSTEM VERSIONED')"),
    ("view", "VIEWS", "TABLE_SCHEMA", "TABLE_NAME", "TRUE"),
    ("sequence", "TABLES", "TABLE_SCHEMA", "TABLE_NAME", "TABLE_TYPE = 'SEQUENCE'"),
    ("routine", "ROUTINES", "ROUTINE_SCHEMA", "ROUTINE_NAME", "TRUE"),
    ("trigger", "TRIGGERS", "TRIGGER_SCHEMA", "TRIGGER_NAME", "TRUE"),
    ("event", "EVENTS", "EVENT_SCHEMA", "EVENT_NAME", "TRUE"),
)


@dataclass(frozen=True, kw_only=True)
class Table:
    """How a table is made, as far as its rows are compared."""

    name: str
    columns: tuple[tuple[str, str], ...]
    """Name and type of each."""

    key: tuple[str, ...]
    """Columns of the primary key."""

    created: datetime | None = None
    """When it was made, or rebuilt last."""


@dataclass(frozen=True, kw_only=True)
class Held:
    """What was seen of a table on both sides."""

    rows: int
    there: int
    missing: int = 0
    changed: int = 0
    open: int = 0
    """Rows that differ, where nothing says when they were changed."""


def tables(link: Client) -> dict[str, Table] | Unseen:
    """The tables that hold rows, by their names."""
    made = link.ask(
        "SELECT TABLE_NAME, COALESCE(UNIX_TIMESTAMP(CREATE_TIME), 0) FROM information_schema.TABLES "
        f"WHERE TABLE_SCHEMA = {text_of(link.database)} AND TABLE_TYPE IN ('BASE TABLE', 'SYSTEM VERSIONED')"
    )
    if isinstance(made, Unseen):
        return made
    found = link.ask(
        "SELECT TABLE_NAME, COLUMN_NAME, COLUMN_TYPE, COLUMN_KEY FROM information_schema.COLUMNS "
        f"WHERE TABLE_SCHEMA = {text_of(link.database)} ORDER BY TABLE_NAME, COLUMN_NAME"
    )
    if isinstance(found, Unseen):
        return found
    by_name: dict[str, list[Row]] = {}
    for row in found:
        by_name.setdefault(row[0], []).append(row)
    return {
        name: Table(
            name=name,
            columns=tuple((row[1], row[2]) for row in by_name.get(name, ())),
            key=tuple(row[1] for row in by_name.get(name, ()) if row[3] == "PRI"),
            created=datetime.fromtimestamp(float(seconds), UTC) if float(seconds) else None,
        )
        for name, seconds in made
    }


def objects(link: Client) -> set[str] | Unseen:
    """Kind and name of everything that is not a row."""
    parts = [
        f"SELECT '{kind}', {name} FROM information_schema.{view} WHERE {schema} = {text_of(link.database)} AND {which}"
        for kind, view, schema, name, which in _OBJECTS
    ]
    rows = link.ask(" UNION ALL ".join(parts))
    return rows if isinstance(rows, Unseen) else {f"{kind} {name}" for kind, name in rows}


def damaged(link: Client, names: Sequence[str]) -> list[str] | Unseen:
    """Tables that CHECK TABLE finds damaged."""
    found = []
    for name in names:
        rows = link.ask(f"CHECK TABLE {name_of(name)}")
        if isinstance(rows, Unseen):
            return rows
        if any(len(row) > 3 and (row[2] == "error" or (row[2] == "status" and row[3] != "OK")) for row in rows):
            found.append(name)
    return found


def orphans(link: Client) -> list[tuple[str, str, int]] | Unseen:
    """Table, constraint and number of rows whose foreign key names a row that is not there: a load checks none."""
    keys = link.ask(
        "SELECT CONSTRAINT_NAME, TABLE_NAME, COLUMN_NAME, REFERENCED_TABLE_SCHEMA, REFERENCED_TABLE_NAME, "
        "REFERENCED_COLUMN_NAME FROM information_schema.KEY_COLUMN_USAGE WHERE REFERENCED_TABLE_NAME IS NOT NULL "
        f"AND TABLE_SCHEMA = {text_of(link.database)} ORDER BY TABLE_NAME, CONSTRAINT_NAME, ORDINAL_POSITION"
    )
    if isinstance(keys, Unseen):
        return keys
    by_name: dict[tuple[str, str], list[Row]] = {}
    for row in keys:
        by_name.setdefault((row[1], row[0]), []).append(row)
    found = []
    for (table, key), rows in by_name.items():
        parent = f"{name_of(rows[0][3])}.{name_of(rows[0][4])}"
        same = " AND ".join(f"c.{name_of(row[2])} = p.{name_of(row[5])}" for row in rows)
        given = " AND ".join(f"c.{name_of(row[2])} IS NOT NULL" for row in rows)
        absent = f"NOT EXISTS (SELECT 1 FROM {parent} p WHERE {same})"
        rows_lost = link.ask(f"SELECT COUNT(*) FROM {name_of(table)} c WHERE {given} AND {absent}")
        if isinstance(rows_lost, Unseen):
            return rows_lost
        if int(rows_lost[0][0]):
            found.append((table, key, int(rows_lost[0][0])))
    return found


def held(
    copy: Client, source: Client, table: Table, salt: bytes, changed_at: Sequence[str], made: datetime
) -> Held | Unseen:
    """Hold a table's copy against its source.

    Args:
        copy: what was restored.
        source: as it is now.
        table: that is in both, with the same columns.
        salt: of this run.
        changed_at: names of columns that tell when a row was changed last.
        made: when the making of the backup began.
    """
    here, there = _summed(copy, table, salt), _summed(source, table, salt)
    if isinstance(here, Unseen):
        return here
    if isinstance(there, Unseen):
        return there
    rows, at_source = here[0], there[0]
    if here == there:
        return Held(rows=rows, there=at_source)
    if not table.key or max(rows, at_source) > MAX_ROWS:
        return Held(rows=rows, there=at_source, open=max(1, abs(rows - at_source)))
    told = next((name.rpartition(".")[2] for name in changed_at if _is_of(name, table)), None)
    mine, theirs = _keyed(copy, table, salt, None), _keyed(source, table, salt, told)
    if isinstance(mine, Unseen):
        return mine
    if isinstance(theirs, Unseen):
        return theirs
    known = {row[0]: row[1] for row in mine}
    # A TIMESTAMP is a moment; a DATETIME is what the clock on some wall said.
    surely = made - MARGIN if told and dict(table.columns)[told].startswith("timestamp") else made - MARGIN - ZONES
    missing = changed = unsaid = 0
    for key, digest, seconds in theirs:
        if known.get(key) == digest:
            continue
        if told is None or seconds in ("", "NULL"):
            unsaid += 1
        elif datetime.fromtimestamp(float(seconds), UTC) < surely:
            missing += key not in known
            changed += key in known
    if told is None:
        unsaid = max(unsaid, 1)
    return Held(rows=rows, there=at_source, missing=missing, changed=changed, open=unsaid)


def counted(link: Client, table: Table) -> int | Unseen:
    """How many rows a table has."""
    rows = link.ask(f"SELECT COUNT(*) FROM {name_of(table.name)}")
    return rows if isinstance(rows, Unseen) else int(rows[0][0])


def newest(link: Client, place: str) -> datetime | Unseen | None:
    """The newest value of a column of times; None where the table is empty.

    Args:
        link: the copy.
        place: `table.column`, or with the database before it.
    """
    _, table, column = ("", *place.split("."))[-3:]
    rows = link.ask(f"SELECT COALESCE(UNIX_TIMESTAMP(MAX({name_of(column)})), '') FROM {name_of(table)}")
    if isinstance(rows, Unseen):
        return rows
    try:
        return datetime.fromtimestamp(float(rows[0][0]), UTC) if rows[0][0] else None
    except (ValueError, OverflowError):
        return Unseen(Reason.NOT_CONFIGURED, f"{place} holds no times")


def invariant(link: Client, query: str) -> bool | Unseen:
    """Whether a query of the team answers with one row, one column, true; it cannot write."""
    rows = link.ask(query.strip().rstrip(";"))
    return rows if isinstance(rows, Unseen) else rows == [("1",)]


def _is_of(name: str, table: Table) -> bool:
    where, _, column = name.rpartition(".")
    return column in dict(table.columns) and where.rpartition(".")[2] in ("", table.name)


def _digest(columns: Sequence[str], salt: bytes) -> str:
    cells = ", ".join(f"IFNULL(HEX(CAST({name_of(name)} AS BINARY)), '-')" for name in columns)
    return f"MD5(CONCAT('{salt.hex()}', CONCAT_WS(',', {cells})))"


def _summed(link: Client, table: Table, salt: bytes) -> tuple[int, str, str] | Unseen:
    halves = ", ".join(
        f"COALESCE(SUM(CAST(CONV(SUBSTRING(h, {start}, 15), 16, 10) AS UNSIGNED)), 0)" for start in (1, 17)
    )
    digest = _digest([name for name, _ in table.columns], salt)
    rows = link.ask(f"SELECT COUNT(*), {halves} FROM (SELECT {digest} AS h FROM {name_of(table.name)}) AS rows_")
    return rows if isinstance(rows, Unseen) else (int(rows[0][0]), rows[0][1], rows[0][2])


def _keyed(link: Client, table: Table, salt: bytes, told: str | None) -> list[Row] | Unseen:
    moment = f"COALESCE(UNIX_TIMESTAMP({name_of(told)}), '')" if told else "''"
    whole = _digest([name for name, _ in table.columns], salt)
    return link.ask(f"SELECT {_digest(table.key, salt)}, {whole}, {moment} FROM {name_of(table.name)}")
