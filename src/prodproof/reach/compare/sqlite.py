"""A restored SQLite database: by itself, and against its source.

Source: SQLite documentation, "PRAGMA Statements", "Uniform Resource Identifiers", "Defense Against The Dark Arts".
"""

import hashlib
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

from prodproof.facts import Reason, Unseen
from prodproof.reach.compare.moments import MARGIN

MAX_ROWS = 500_000
"""Rows of a table that are held one by one where two copies differ."""

MAX_TROUBLES = 50
_STEPS = 100_000
"""Instructions of SQLite's machine after which it is asked whether to go on."""


@dataclass(frozen=True, kw_only=True)
class Held:
    """What was seen of a table on both sides."""

    rows: int
    there: int
    missing: int = 0
    changed: int = 0
    open: int = 0
    """Rows that differ, where nothing says when they were changed."""


class Database:
    """One database file, opened so that nothing of it is written and none of its code is run."""

    def __init__(self, path: Path, *, ours: bool, ending: Callable[[], bool] = lambda: False) -> None:
        """Open it. Raises sqlite3.Error.

        Args:
            path: the file.
            ours: whether nobody else can write into it.
            ending: whether to give up.
        """
        mode = "mode=ro&immutable=1" if ours else "mode=ro"
        self._link = sqlite3.connect(f"file:{quote(str(path))}?{mode}", uri=True, isolation_level=None)
        self._link.set_progress_handler(lambda: int(ending()), _STEPS)
        self._link.text_factory = bytes
        self._link.execute("PRAGMA trusted_schema = OFF")
        self._link.execute("PRAGMA query_only = ON")
        self._link.execute("BEGIN")

    def __enter__(self) -> "Database":
        return self

    def __exit__(self, *_: object) -> None:
        self._link.close()

    def troubles(self) -> list[str]:
        """What its own checks find: pages and indexes, and foreign keys. Raises sqlite3.Error."""
        rows = self._link.execute(f"PRAGMA integrity_check({MAX_TROUBLES})").fetchall()
        found = [] if rows == [(b"ok",)] else [f"its own check finds {len(rows)} damages"]
        orphans = [row[0] for row in self._link.execute("PRAGMA foreign_key_check").fetchmany(MAX_TROUBLES)]
        return found + [f"rows of {_text(name)} name rows that are not there" for name in dict.fromkeys(orphans)]

    def behind(self) -> list[str]:
        """Tables whose counter (AUTOINCREMENT) is behind their rows. Raises sqlite3.Error."""
        if not self._link.execute("SELECT 1 FROM sqlite_master WHERE name = 'sqlite_sequence'").fetchall():
            return []
        found = []
        for name, last in self._link.execute("SELECT name, seq FROM sqlite_sequence").fetchall():
            highest = self._link.execute(f"SELECT max(rowid) FROM {_quoted(_text(name))}").fetchall()[0][0]
            if highest is not None and int(highest) > int(last or 0):
                found.append(_text(name))
        return found

    def objects(self) -> dict[str, str]:
        """Kind and name of each object, with how it is made. Raises sqlite3.Error."""
        return {
            f"{_text(kind)} {_text(name)}": " ".join(_text(made or b"").split())
            for kind, name, made in self._link.execute(
                "SELECT type, name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
            )
        }

    def tables(self) -> list[str]:
        """Tables that hold rows. Raises sqlite3.Error."""
        return [
            _text(name)
            for (name,) in self._link.execute(
                "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
                " AND sql NOT LIKE 'CREATE VIRTUAL%' ORDER BY 1"
            )
        ]

    def columns(self, table: str) -> tuple[list[str], list[str]]:
        """Columns by name, and those of the primary key. Raises sqlite3.Error."""
        rows = self._link.execute(f"PRAGMA table_xinfo({_quoted(table)})").fetchall()
        names = sorted(_text(row[1]) for row in rows)
        return names, sorted(_text(row[1]) for row in rows if row[5])

    def rows(self, table: str, columns: Sequence[str]) -> Iterator[tuple[object, ...]]:
        """The rows of a table. Raises sqlite3.Error."""
        yield from self._link.execute(f"SELECT {', '.join(map(_quoted, columns))} FROM {_quoted(table)}")


def held(copy: Database, source: Database, table: str, key: bytes, changed_at: Sequence[str], made: datetime) -> Held:
    """Hold a table's copy against its source. Raises sqlite3.Error.

    Args:
        copy: what was restored.
        source: as it is now.
        table: that is in both, with the same columns.
        key: of the system.
        changed_at: names of columns that tell when a row was changed last.
        made: when the making of the backup began.
    """
    columns, own_key = copy.columns(table)
    here, sum_here = _summed(copy.rows(table, columns), key)
    there, sum_there = _summed(source.rows(table, columns), key)
    if (here, sum_here) == (there, sum_there):
        return Held(rows=here, there=there)
    if not own_key or max(here, there) > MAX_ROWS:
        return Held(rows=here, there=there, open=max(1, abs(here - there)))
    told = next((name.rpartition(".")[2] for name in changed_at if _is_of(name, table, columns)), None)
    mine = dict(_keyed(copy.rows(table, columns), columns, own_key, key))
    missing = changed = unsaid = 0
    position = columns.index(told) if told else None
    for row in source.rows(table, columns):
        name, digest = next(_keyed(iter((row,)), columns, own_key, key))
        if mine.get(name) == digest:
            continue
        moment = _moment(row[position]) if position is not None else None
        if moment is None:
            unsaid += 1
        elif moment < made - MARGIN:
            missing += name not in mine
            changed += name in mine
    if told is None:
        unsaid = max(unsaid, 1)
    return Held(rows=here, there=there, missing=missing, changed=changed, open=unsaid)


def opened(path: Path, *, ours: bool, ending: Callable[[], bool]) -> Database | Unseen:
    """A database, or why it cannot be opened."""
    try:
        return Database(path, ours=ours, ending=ending)
    except sqlite3.Error:
        return Unseen(Reason.INCOMPLETE, f"{path.name} cannot be opened as a database of SQLite")


def _is_of(name: str, table: str, columns: Sequence[str]) -> bool:
    where, _, column = name.rpartition(".")
    return column in columns and where in ("", table)


def _summed(rows: Iterator[tuple[object, ...]], key: bytes) -> tuple[int, int]:
    count = total = 0
    for row in rows:
        count += 1
        total += _digest(row, key)
    return count, total % (1 << 128)


def _keyed(
    rows: Iterator[tuple[object, ...]], columns: Sequence[str], own_key: Sequence[str], key: bytes
) -> Iterator[tuple[int, int]]:
    places = [columns.index(name) for name in own_key]
    for row in rows:
        yield _digest(tuple(row[place] for place in places), key), _digest(row, key)


def _digest(row: tuple[object, ...], key: bytes) -> int:
    return int.from_bytes(hashlib.blake2b(repr(row).encode(), key=key[:64], digest_size=16).digest(), "big")


def _moment(value: object) -> datetime | None:
    """A time as SQLite's users write it: ISO 8601 in UTC, or seconds since 1970."""
    try:
        if isinstance(value, int | float):
            return datetime.fromtimestamp(value, UTC)
        if isinstance(value, bytes):
            read = datetime.fromisoformat(value.decode())
            return read if read.tzinfo else read.replace(tzinfo=UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return None


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _text(value: object) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
