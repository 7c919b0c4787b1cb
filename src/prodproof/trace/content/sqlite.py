"""Reads the values of SQLite files that span pages, which a search of the raw pages finds cut in two."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

from prodproof.trace.content.reader import Bound, Damaged, Member, Memory

LARGEST_VALUE = 64 * 1024 * 1024
"""Bytes; a larger value is not joined."""

_SHORTEST = 6
_STEPS = 100_000
"""Steps of SQLite's machine; a row of a few bytes takes some ten of them."""

_MOST_TERMS = 500


def of_file(path: Path | str) -> sqlite3.Connection:
    """Open a file that nothing is written to: no journal is rolled back, no lock is taken."""
    return sqlite3.connect(f"file:{quote(str(path))}?mode=ro&immutable=1", uri=True, isolation_level=None)


def of_memory(data: bytes) -> sqlite3.Connection:
    """Open a copy in memory."""
    connection = sqlite3.connect(":memory:", isolation_level=None)
    # A file with a write-ahead log cannot be opened without one; its header says so in two bytes.
    connection.deserialize(data[:18] + b"\x01\x01" + data[20:] if data[18:20] == b"\x02\x02" else data)
    return connection


def with_log(data: bytes, log: bytes) -> bytes:
    """A database as it is with its write-ahead log.

    Args:
        data: the database file.
        log: the file beside it whose name ends in `-wal`.

    Source: "The WAL Format" of SQLite's file format. The log's own sums are not compared; a frame that is not of this
    log, or of no whole transaction, is left out.
    """
    size = int.from_bytes(log[8:12], "big")
    if log[:4] not in (b"\x37\x7f\x06\x82", b"\x37\x7f\x06\x83") or size < 512 or len(data) % size:
        return data
    image = bytearray(data)
    waiting: list[tuple[int, int]] = []
    for at in range(32, len(log) - size - 23, 24 + size):
        if log[at + 8 : at + 16] != log[16:24]:
            break
        waiting.append((int.from_bytes(log[at : at + 4], "big"), at + 24))
        pages = int.from_bytes(log[at + 4 : at + 8], "big")
        if pages:
            for number, start in waiting:
                end = number * size
                if 0 < end <= len(data) + len(log):
                    image.extend(bytes(max(0, end - len(image))))
                    image[end - size : end] = log[start : start + size]
            waiting.clear()
    return bytes(image)


def members(connect: Callable[[], sqlite3.Connection], size: int) -> Iterator[Member]:
    """Each value of a row that does not fit on one page, named `table!column`; in UTF-16 files each text, as UTF-8.

    Args:
        connect: `of_file` or `of_memory`.
        size: bytes of the file, which bounds how many rows it can have.

    Raises:
        Damaged: a part could not be read.
    """
    try:
        with closing(connect()) as connection:
            yield from _tables(connection, size)
    except (sqlite3.Error, MemoryError) as error:
        name = getattr(error, "sqlite_errorname", type(error).__name__)
        raise Damaged(f"the tables could not all be read ({name})") from None


def _tables(connection: sqlite3.Connection, size: int) -> Iterator[Member]:
    connection.execute("PRAGMA trusted_schema = OFF")
    connection.execute("PRAGMA query_only = ON")
    connection.execute("PRAGMA cell_size_check = ON")
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, LARGEST_VALUE)
    connection.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
    connection.text_factory = bytes
    page = connection.execute("PRAGMA page_size").fetchone()[0]
    wide = connection.execute("PRAGMA encoding").fetchone()[0] != b"UTF-8"
    # An index page keeps about a quarter of a page of a row's start, a table page all but 35 bytes of it.
    least = 0 if wide else page // 5
    names = connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table' AND rootpage > 0").fetchall()
    rows_left = size // 4 + 1
    connection.set_progress_handler(_Steps(size), _STEPS)
    for (table,) in names:
        info = connection.execute(f"PRAGMA table_info({_quoted(table)})").fetchall()
        columns = [row[1] for row in info]
        if not columns:
            continue
        query = f"SELECT {', '.join(map(_quoted, columns))} FROM {_quoted(table)}"
        if least and len(columns) <= _MOST_TERMS:
            lengths = " + ".join(f"coalesce(length(CAST({_quoted(name)} AS BLOB)), 0)" for name in columns)
            query += f" WHERE {lengths} > {least}"
        labels = [f"{_text(table)}!{_text(name)}" for name in columns]
        for row in connection.execute(query):
            rows_left -= 1
            if rows_left < 0:
                raise Bound("the tables claim more rows than the file has room for")
            for name, value in zip(labels, row):
                if isinstance(value, bytes) and len(value) >= _SHORTEST:
                    yield Member(name, Memory(value))


class _Steps:
    """Ends a query that does more than the file has room for: damaged pages can refer to each other without end."""

    def __init__(self, size: int) -> None:
        self._left = 10 + 2 * size // _STEPS

    def __call__(self) -> bool:
        self._left -= 1
        return self._left < 0


def _text(name: bytes) -> str:
    return name.decode("utf-8", "replace")


def _quoted(name: bytes) -> str:
    return '"' + _text(name).replace('"', '""') + '"'
