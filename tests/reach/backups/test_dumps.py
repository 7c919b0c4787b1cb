"""Dumps of databases that are broken, each in its own way, read by the real programs."""

import gzip
import os
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import zstandard

from prodproof.facts import Reason, Unseen
from prodproof.facts.declared import Backup
from prodproof.reach.backups.backup_store import (
    BackupStore,
    Damage,
    Damaged,
    Limits,
    Restored,
    RestorePoint,
    Sound,
    open_store,
)
from tests.reach.backups.lab import Lab
from tests.reach.backups.mariadb import MariaDb
from tests.reach.backups.shelves import ROW, MysqlDumpGz, declared, opened


def store_of(folder: Path, kind: str = "dump") -> BackupStore:
    return opened(Backup(name="nightly", kind=kind, path="copies/*"), folder)


def point_of(store: BackupStore) -> RestorePoint:
    points = store.points()
    assert isinstance(points, tuple) and points, points
    return points[0]


def put(folder: Path, name: str, data: bytes) -> Path:
    (folder / "copies").mkdir(exist_ok=True)
    place = folder / "copies" / name
    place.write_bytes(data)
    return place


def judged(folder: Path, kind: str = "dump") -> Sound | Damaged | Unseen:
    """What a deep verification says of the newest copy."""
    store = store_of(folder, kind)
    return store.verify(point_of(store), deep=True)


def damage_of(found: object) -> Damage:
    assert isinstance(found, Damaged), found
    return found.damage


@pytest.mark.parametrize("packed", ["", ".gz", ".zst"])
def test_a_truncated_plain_dump(tmp_path: Path, into: Path, lab: Lab, packed: str) -> None:
    whole = lab.dump("plain").read_bytes()
    data = {"": whole, ".gz": gzip.compress(whole), ".zst": zstandard.ZstdCompressor().compress(whole)}[packed]
    put(tmp_path, f"shop.sql{packed}", data[: len(data) * 2 // 3])
    assert damage_of(judged(tmp_path)) is Damage.TRUNCATED
    store = store_of(tmp_path)
    restored = store.restore(point_of(store), into)
    assert damage_of(restored) is Damage.TRUNCATED


def test_a_plain_dump_that_ended_early_and_was_packed_afterwards(tmp_path: Path, lab: Lab) -> None:
    put(tmp_path, "shop.sql.gz", gzip.compress(lab.dump("plain").read_bytes()[:-2000]))
    found = judged(tmp_path)
    assert damage_of(found) is Damage.TRUNCATED
    assert isinstance(found, Damaged) and "last line" in found.says


def test_a_corrupt_packed_dump(tmp_path: Path, lab: Lab) -> None:
    data = bytearray(gzip.compress(lab.dump("plain").read_bytes()))
    data[len(data) // 2] ^= 0xFF
    put(tmp_path, "shop.sql.gz", bytes(data))
    assert damage_of(judged(tmp_path)) in (Damage.CORRUPT, Damage.TRUNCATED)


def test_a_truncated_custom_dump(tmp_path: Path, lab: Lab) -> None:
    data = lab.dump("custom").read_bytes()
    put(tmp_path, "shop.dump", data[: len(data) - 2000])
    assert damage_of(judged(tmp_path)) is Damage.TRUNCATED


def test_a_custom_dump_cut_within_its_list(tmp_path: Path, lab: Lab) -> None:
    put(tmp_path, "shop.dump", lab.dump("custom").read_bytes()[:600])
    assert damage_of(judged(tmp_path)) is Damage.TRUNCATED


def test_a_corrupt_custom_dump(tmp_path: Path, lab: Lab) -> None:
    data = bytearray(lab.dump("custom").read_bytes())
    for place in range(len(data) - 3000, len(data) - 2900):
        data[place] ^= 0xFF
    put(tmp_path, "shop.dump", bytes(data))
    assert isinstance(judged(tmp_path), Damaged)


def test_a_dump_of_a_newer_version_than_the_tool(tmp_path: Path, into: Path, lab: Lab) -> None:
    data = bytearray(lab.dump("custom").read_bytes())
    data[6] = 99  # the archive's minor version
    put(tmp_path, "shop.dump", bytes(data))
    store = store_of(tmp_path)
    for found in (judged(tmp_path), store.restore(point_of(store), into)):
        assert isinstance(found, Unseen) and found.why is Reason.TOOL_MISSING, found
        assert "newer" in found.detail


def test_a_directory_dump_without_one_table(tmp_path: Path, lab: Lab) -> None:
    copies = tmp_path / "copies" / "shop"
    copies.mkdir(parents=True)
    for file in lab.dump("directory").iterdir():
        (copies / file.name).write_bytes(file.read_bytes())
    next(copies.glob("*.dat.gz")).unlink()
    assert damage_of(judged(tmp_path)) is Damage.MISSING


def test_an_empty_file_and_one_that_is_no_dump(tmp_path: Path) -> None:
    place = put(tmp_path, "shop.dump", b"")
    assert damage_of(judged(tmp_path)) is Damage.EMPTY
    place.write_bytes(b"pg_dump: error: connection to server failed\n")
    assert damage_of(judged(tmp_path)) is Damage.CORRUPT


def test_an_encrypted_dump_cannot_be_told(tmp_path: Path, into: Path) -> None:
    put(tmp_path, "shop.dump.age", b"age-encryption.org/v1\n-> X25519 abc\n")
    store = store_of(tmp_path)
    point = point_of(store)
    assert point.encrypted == "age" and point.contents is None
    for found in (store.verify(point, deep=True), store.restore(point, into)):
        assert isinstance(found, Unseen) and found.why is Reason.DENIED, found


def test_a_checksum_beside_it(tmp_path: Path, lab: Lab) -> None:
    import hashlib

    place = put(tmp_path, "shop.sql", lab.dump("plain").read_bytes())
    sums = place.with_name("SHA256SUMS")
    sums.write_text(f"{hashlib.sha256(place.read_bytes()).hexdigest()}  shop.sql\n")
    found = judged(tmp_path)
    assert isinstance(found, Sound) and "sha256" in found.says
    place.write_bytes(place.read_bytes().replace(b"film 500", b"film 501"))
    found = judged(tmp_path)
    assert damage_of(found) is Damage.CORRUPT and isinstance(found, Damaged) and "sha256" in found.says


def test_a_valid_backup_of_three_weeks_ago_says_its_age(tmp_path: Path, lab: Lab) -> None:
    old = datetime.now(UTC) - timedelta(days=21)
    place = put(tmp_path, "shop.sql", lab.dump("plain").read_bytes())
    os.utime(place, (old.timestamp(), old.timestamp()))
    store = store_of(tmp_path)
    point = point_of(store)
    assert point.completed is not None and abs(point.completed - old) < timedelta(seconds=2)
    assert isinstance(store.verify(point, deep=True), Sound)


def test_an_old_dump_that_was_copied_today_is_still_old(tmp_path: Path, lab: Lab) -> None:
    data = bytearray(lab.dump("custom").read_bytes())
    # The header's time of making: sign and four bytes each for second, minute, hour, day, month, year since 1900.
    begun = datetime.now(UTC) - timedelta(days=21)
    # 1.14 has the level of compression as a number, 1.15 as one byte.
    place = 11 + (1 if (data[5], data[6]) >= (1, 15) else 5)
    for number in (0, 0, 0, begun.day, begun.month - 1, begun.year - 1900):
        data[place : place + 5] = b"\0" + number.to_bytes(4, "little")
        place += 5
    put(tmp_path, "shop.dump", bytes(data))
    point = point_of(store_of(tmp_path))
    assert point.completed is not None and timedelta(days=19) < datetime.now(UTC) - point.completed < timedelta(days=22)
    assert point.server_version


def test_a_dump_is_one_moment_only(tmp_path: Path, into: Path, lab: Lab) -> None:
    put(tmp_path, "shop.sql", lab.dump("plain").read_bytes())
    store = store_of(tmp_path)
    found = store.restore(point_of(store), into, at=datetime.now(UTC))
    assert isinstance(found, Unseen) and found.why is Reason.NOT_CONFIGURED


def test_a_decompression_bomb_is_given_up(tmp_path: Path, into: Path) -> None:
    put(tmp_path, "shop.sql.gz", gzip.compress(b"-- PostgreSQL database dump\n" + bytes(30 << 20)))
    backup = Backup(name="nightly", kind="dump", path="copies/*")
    store = open_store(backup, declared(tmp_path), limits=Limits(size=1 << 20))
    assert not isinstance(store, Unseen)
    found = store.restore(point_of(store), into)
    assert isinstance(found, Unseen) and found.why is Reason.INCOMPLETE, found


def test_a_dump_of_mariadb_loads_again(tmp_path: Path, into: Path, mariadb: MariaDb, request: object) -> None:
    (tmp_path / "copies").mkdir()
    MysqlDumpGz(tmp_path, request).write(tmp_path / "copies" / "shop.sql.gz")
    store = store_of(tmp_path, "mysql-dump")
    restored = store.restore(point_of(store), into)
    assert isinstance(restored, Restored), restored
    assert restored.pieces[0].server_version.startswith(mariadb.sql("SELECT version()").partition("-")[0])
    mariadb.sql("CREATE OR REPLACE DATABASE scratch")
    mariadb.run("mariadb", "scratch", given=restored.where.read_bytes())
    assert mariadb.sql("SELECT note FROM scratch.notes") == ROW


@pytest.mark.parametrize("packed", [True, False])
def test_a_truncated_dump_of_mariadb(tmp_path: Path, mariadb: MariaDb, packed: bool) -> None:
    mariadb.sql("CREATE DATABASE IF NOT EXISTS shop; CREATE OR REPLACE TABLE shop.notes (note TEXT)")
    data = mariadb.run("mariadb-dump", "shop")[:-60]
    put(tmp_path, "shop.sql.gz" if packed else "shop.sql", gzip.compress(data) if packed else data)
    assert damage_of(judged(tmp_path, "mysql-dump")) is Damage.TRUNCATED


def sqlite_file(place: Path) -> bytes:
    with closing(sqlite3.connect(place)) as made:
        made.execute("CREATE TABLE notes (id INTEGER PRIMARY KEY, note TEXT)")
        made.execute("CREATE INDEX by_note ON notes (note)")
        made.executemany("INSERT INTO notes (note) VALUES (?)", [(f"{ROW} {n}",) for n in range(3000)])
        made.commit()
    return place.read_bytes()


def test_a_truncated_sqlite_file(tmp_path: Path, into: Path) -> None:
    data = sqlite_file(tmp_path / "made")
    put(tmp_path, "shop.db", data[: len(data) // 2])
    assert damage_of(judged(tmp_path, "sqlite")) is Damage.TRUNCATED
    store = store_of(tmp_path, "sqlite")
    assert damage_of(store.restore(point_of(store), into)) is Damage.TRUNCATED


def test_a_corrupted_page_of_a_sqlite_file(tmp_path: Path) -> None:
    data = bytearray(sqlite_file(tmp_path / "made"))
    data[5 * 4096 : 5 * 4096 + 200] = bytes(200)
    put(tmp_path, "shop.db", bytes(data))
    assert damage_of(judged(tmp_path, "sqlite")) is Damage.CORRUPT


def test_a_sqlite_file_keeps_the_rows_of_its_log(tmp_path: Path, into: Path) -> None:
    (tmp_path / "copies").mkdir()
    with closing(sqlite3.connect(tmp_path / "live")) as made:
        made.execute("PRAGMA journal_mode = WAL")
        made.execute("CREATE TABLE notes (note TEXT)")
        made.execute("INSERT INTO notes VALUES (?)", (ROW,))
        made.commit()
        for end in ("", "-wal"):
            put(tmp_path, f"shop.db{end}", (tmp_path / f"live{end}").read_bytes())
    store = opened(Backup(name="nightly", kind="sqlite", path="copies/*.db"), tmp_path)
    restored = store.restore(point_of(store), into)
    assert isinstance(restored, Restored), restored
    with closing(sqlite3.connect(restored.where)) as copy:
        assert copy.execute("SELECT note FROM notes").fetchall() == [(ROW,)]
    assert isinstance(store.verify(point_of(store), deep=True), Sound)
