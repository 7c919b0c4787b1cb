"""Dumps that the installed pg_dump writes."""

import os
import random
import secrets
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from prodproof.facts import Reason
from prodproof.trace.content import Limits
from tests.servers.postgres import PostgresServer, program, running
from tests.trace.content.collecting import SECRET, Dribble, collect


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresServer]:
    """A server with a value in a row, in a function, and in a large object."""
    with running() as found:
        chance = random.Random(1)
        with psycopg.connect(found.url(), autocommit=True) as connection:
            connection.execute("CREATE SCHEMA shop")
            connection.execute("CREATE TABLE shop.orders (id serial PRIMARY KEY, note text)")
            connection.execute("CREATE TABLE empty (id integer)")
            connection.execute(
                "CREATE FUNCTION key() RETURNS text LANGUAGE sql AS $$ SELECT '" + SECRET.decode() + "' $$"
            )
            with connection.cursor() as cursor, cursor.copy("COPY shop.orders (note) FROM STDIN") as copy:
                for index in range(3_000):
                    copy.write_row([SECRET.decode() if index == 2_900 else chance.randbytes(90).hex()])
            connection.execute("SELECT lo_from_bytea(0, %s)", (SECRET,))
        yield found


def _dump(server: PostgresServer, path: Path, *options: str) -> None:
    pg_dump = program("pg_dump")
    if pg_dump is None:
        pytest.skip("pg_dump is not installed (Debian: postgresql-client)")
    environment = {**os.environ, "PGPASSWORD": server.password}
    subprocess.run(
        [
            str(pg_dump),
            "-h",
            "127.0.0.1",
            "-p",
            str(server.port),
            "-U",
            "postgres",
            "-f",
            str(path),
            *options,
            "postgres",
        ],
        check=True,
        env=environment,
        timeout=60,
    )


@pytest.mark.parametrize("level", ["0", "1", "9"])
def test_the_custom_format(server: PostgresServer, tmp_path: Path, level: str) -> None:
    _dump(server, tmp_path / "d", "-Fc", "-Z", level)
    collected = collect((tmp_path / "d").read_bytes(), "d")
    assert collected.gaps == []
    tables = [path for path in collected.holding() if not path.startswith("d!large-object-")]
    assert tables == ["d!shop.orders", "d!toc"]
    assert len(collected.holding()) == 3
    assert collected.items["d!shop.orders"].count(b"\n") >= 3_000


def test_a_dump_that_comes_a_few_bytes_at_a_time(server: PostgresServer, tmp_path: Path) -> None:
    _dump(server, tmp_path / "d", "-Fc")
    data = (tmp_path / "d").read_bytes()
    assert collect(Dribble(data, most=50), "d").items == collect(data, "d").items


def test_the_tar_format(server: PostgresServer, tmp_path: Path) -> None:
    _dump(server, tmp_path / "d", "-Ft")
    collected = collect((tmp_path / "d").read_bytes(), "d")
    assert collected.gaps == []
    assert "d!toc.dat!toc" in collected.holding() and "d!restore.sql" in collected.holding()
    assert len(collected.holding()) >= 4


def test_the_directory_format(server: PostgresServer, tmp_path: Path) -> None:
    _dump(server, tmp_path / "d", "-Fd")
    holding = []
    for path in sorted((tmp_path / "d").iterdir()):
        collected = collect(path.read_bytes(), path.name)
        assert collected.gaps == []
        holding += collected.holding()
    assert "toc.dat!toc" in holding and len(holding) == 3


def test_a_dump_that_is_cut_off(server: PostgresServer, tmp_path: Path) -> None:
    _dump(server, tmp_path / "d", "-Fc")
    data = (tmp_path / "d").read_bytes()
    for cut in (30, 700, len(data) // 2, len(data) - 10):
        assert collect(data[:cut], "d").whys == {Reason.INCOMPLETE}


def test_random_damage_gives_nothing_but_gaps(server: PostgresServer, tmp_path: Path) -> None:
    _dump(server, tmp_path / "d", "-Fc")
    whole = (tmp_path / "d").read_bytes()
    chance = random.Random(3)
    for _ in range(300):
        data = bytearray(whole)
        for _ in range(chance.randint(1, 10)):
            data[chance.randrange(len(data) if chance.random() < 0.5 else 4_000)] = chance.randrange(256)
        collected = collect(bytes(data), "d", limits=Limits(members=10_000))
        assert collected.whys <= {Reason.INCOMPLETE, Reason.TOOL_MISSING}


def test_a_dump_of_a_version_that_nobody_knows() -> None:
    head = b"PGDMP\x01\x1e\0\x04\x08\x01" + secrets.token_bytes(100)
    assert collect(head, "d").gaps == [("d", Reason.INCOMPLETE, "dumps of version 1.30 cannot be read by this version")]
