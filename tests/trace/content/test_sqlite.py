"""SQLite files: pages as they are, and values that span pages."""

import random
import sqlite3
from pathlib import Path

import pytest

from prodproof.facts import Reason
from prodproof.trace.content import Limits, feed
from prodproof.trace.stream import Item
from tests.trace.content.archives import tar
from tests.trace.content.collecting import SECRET, Collected, collect

LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"


def database(path: Path, *statements: str, rows: int = 40, wal: bool = False) -> bytes:
    connection = sqlite3.connect(path, isolation_level=None)
    for statement in statements:
        connection.execute(statement)
    if wal:
        connection.execute("PRAGMA journal_mode = WAL")
    connection.execute('CREATE TABLE "or""ders" (id INTEGER PRIMARY KEY, note TEXT, data BLOB)')
    chance = random.Random(7)
    for index in range(rows):
        text = "".join(chance.choices(LETTERS, k=3_000 + index * 37)) + SECRET.decode()
        text += "".join(chance.choices(LETTERS, k=2_000))
        connection.execute('INSERT INTO "or""ders" (note, data) VALUES (?, ?)', (text, b"\0" * 9 + SECRET))
    connection.close()
    return path.read_bytes()


@pytest.mark.parametrize(
    "statements",
    [(), ("PRAGMA page_size = 512",), ("PRAGMA encoding = 'UTF-16le'",)],
    ids=["usual", "small pages", "UTF-16"],
)
@pytest.mark.parametrize("wal", [False, True], ids=["journal", "write-ahead log"])
def test_values_that_span_pages_are_whole(tmp_path: Path, statements: tuple[str, ...], wal: bool) -> None:
    data = database(tmp_path / "db", *statements, wal=wal)
    assert not {path.name for path in tmp_path.iterdir()} - {"db"}
    collected = collect(data, "db")
    assert collected.gaps == []
    assert collected.items["db"] == data
    assert 'db!or"ders!note' in collected.holding()


def test_each_such_value_is_fed(tmp_path: Path) -> None:
    values: list[bytes] = []
    collected = Collected(keep=False)
    collected.sink = type(collected.sink)(
        lambda slab: values.extend(
            slab.bytes_of(piece.start, piece.start + piece.length)
            for piece in slab.pieces
            if piece.item.path.endswith("!note")
        ),
        64,
        lambda *_: None,
    )
    feed(collected.sink, Item("db"), database(tmp_path / "db"))
    collected.sink.flush()
    assert len(values) == 40 and all(SECRET in value for value in values)


def test_an_open_file_is_read_without_a_copy_and_without_a_trace(tmp_path: Path) -> None:
    path = tmp_path / "sho?p#1.db"
    database(path, wal=True)
    path.chmod(0o400)
    collected = Collected()
    with path.open("rb", buffering=0) as file:
        feed(collected.sink, Item("db"), file, descriptor=file.fileno())
    collected.sink.flush()
    assert 'db!or"ders!note' in collected.holding()
    assert [entry.name for entry in tmp_path.iterdir()] == [path.name]


def test_deleted_rows_are_found_on_free_pages(tmp_path: Path) -> None:
    path = tmp_path / "db"
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA secure_delete = OFF")
    connection.execute("CREATE TABLE t (v TEXT)")
    connection.execute("INSERT INTO t VALUES (?)", (SECRET.decode(),))
    connection.execute("DELETE FROM t")
    connection.close()
    assert collect(path.read_bytes(), "db").holding() == ["db"]


def test_a_database_in_an_archive(tmp_path: Path) -> None:
    collected = collect(tar(database(tmp_path / "db"), name="db"), "t")
    assert 't!db!or"ders!note' in collected.holding() and collected.gaps == []


def test_a_database_that_is_too_large_in_an_archive_is_a_gap(tmp_path: Path) -> None:
    data = database(tmp_path / "db")
    collected = collect(tar(data, name="db"), "t", limits=Limits(memory=100_000))
    assert collected.items["t!db"] == data
    assert collected.whys == {Reason.INCOMPLETE} and "span pages" in collected.gaps[0][2]


def test_a_database_with_pages_overwritten_is_a_gap(tmp_path: Path) -> None:
    data = bytearray(database(tmp_path / "db"))
    for start in range(4096, len(data) - 100, 4096):
        data[start : start + 100] = b"\xff" * 100
    collected = collect(bytes(data), "db")
    assert collected.items["db"] == data
    assert collected.whys == {Reason.INCOMPLETE}


def test_random_damage_gives_nothing_but_gaps(tmp_path: Path) -> None:
    whole = database(tmp_path / "db", rows=8)
    chance = random.Random(5)
    for _ in range(150):
        data = bytearray(whole)
        for _ in range(chance.randint(1, 40)):
            data[chance.randrange(len(data))] = chance.randrange(256)
        data = data[: chance.randint(1, len(data))]
        assert collect(bytes(data), "db").whys <= {Reason.INCOMPLETE}


def test_a_schema_that_lies_runs_nothing(tmp_path: Path) -> None:
    path = tmp_path / "db"
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("CREATE TABLE t (v TEXT, w TEXT GENERATED ALWAYS AS (hex(zeroblob(400000000))) VIRTUAL)")
    connection.execute("INSERT INTO t (v) VALUES (?)", ("x" * 9_000 + SECRET.decode(),))
    connection.execute(
        "CREATE VIEW endless AS WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x FROM c) SELECT x FROM c"
    )
    connection.close()
    collected = collect(path.read_bytes(), "db")
    assert collected.gaps == [] and "db!t!v" in collected.holding()


def test_pages_that_refer_to_each_other_without_end(tmp_path: Path) -> None:
    """Each interior page has the same page below it fifty times, ten levels deep."""
    path, size = tmp_path / "db", 512
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute(f"PRAGMA page_size = {size}")
    connection.execute("CREATE TABLE t (v TEXT)")
    connection.executemany("INSERT INTO t VALUES (?)", [("x" * 50,)] * 200)
    root = connection.execute("SELECT rootpage FROM sqlite_schema").fetchone()[0]
    connection.close()
    data = bytearray(path.read_bytes())
    leaves = [at // size + 1 for at in range(2 * size, len(data), size) if data[at] == 0x0D]
    below = leaves[0]
    for number in [*leaves[1:11], root]:
        page = bytearray(size)
        page[0] = 0x05
        page[3:5] = (50).to_bytes(2, "big")
        page[5:7] = (size - 250).to_bytes(2, "big")
        page[8:12] = below.to_bytes(4, "big")
        for cell in range(50):
            at = size - (cell + 1) * 5
            page[12 + 2 * cell : 14 + 2 * cell] = at.to_bytes(2, "big")
            page[at : at + 5] = below.to_bytes(4, "big") + b"\x01"
        data[(number - 1) * size : number * size] = page
        below = number
    collected = collect(bytes(data), "db")
    assert collected.gaps == [("db", Reason.INCOMPLETE, "the tables could not all be read (SQLITE_INTERRUPT)")]
