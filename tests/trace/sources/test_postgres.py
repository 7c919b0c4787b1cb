"""A real PostgreSQL: every kind of column, what stands beside the tables, and what a role may not read."""

import gzip
import re
import secrets
import threading
import tracemalloc
from collections.abc import Iterator
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest

from prodproof.facts import Reason, Unseen
from prodproof.reach.secret import Secret
from prodproof.trace.sources import _postgres_tables as tables
from prodproof.trace.sources import postgres
from prodproof.trace.sources._postgres_link import APPLICATION, Link
from prodproof.trace.sources._postgres_tables import Column, TableReader
from prodproof.trace.sources.postgres import CONTROL, PostgresSource
from prodproof.trace.stream import Stopped
from tests.servers.postgres import PostgresServer, running
from tests.trace.sources.reading import Read, read


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresServer]:
    """The server of this file."""
    with running() as found:
        yield found


@pytest.fixture
def url(server: PostgresServer) -> str:
    """A new database."""
    return server.create_database(f"d{secrets.token_hex(6)}")


@pytest.fixture
def value() -> str:
    """A secret; its letters need no escape in any notation."""
    return f"v{secrets.token_hex(12)}"


def execute(url: str, *statements: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement.encode())


def source_of(url: str) -> PostgresSource:
    return PostgresSource("postgres:test", Secret(url))


def as_role(url: str, *grants: str) -> str:
    """A new role's URL; `{role}` in the grants is its name."""
    name, password = f"r{secrets.token_hex(6)}", secrets.token_hex(8)
    execute(url, f"CREATE ROLE {name} LOGIN PASSWORD '{password}'", *(grant.format(role=name) for grant in grants))
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=f"{name}:{password}@{parts.hostname}:{parts.port}"))


def gaps_without_rights(found: Read) -> set[str]:
    """Paths of the gaps, without those that every ordinary role has."""
    return {path for path, _, _ in found.gaps} - {"server settings", "running queries"}


@pytest.mark.parametrize(
    ("kind", "literal"),
    [
        ("text", "'{value}'"),
        ("varchar(200)", "'x {value}'"),
        ("char(100)", "'{value}'"),
        ("name", "'{value}'"),
        ("json", """'{{"a": {{"b": "{value}"}}}}'"""),
        ("jsonb", """'{{"a": ["{value}"]}}'"""),
        ("bytea", "'\\x00ff'::bytea || '{value}'::bytea || '\\x00'::bytea"),
        ("xml", "'<a>{value}</a>'"),
        ("text[]", """ARRAY['a "quoted"', '{value}']"""),
        ("text[][]", "ARRAY[ARRAY['a'], ARRAY['{value}']]"),
        ("jsonb[]", """ARRAY['{{"a": "{value}"}}'::jsonb]"""),
        ("bytea[]", "ARRAY['{value}'::bytea]"),
        ("tsvector", "to_tsvector('simple', '{value}')"),
        ("hstore", "'key=>{value}'"),
        ("hstore", "'{value}=>NULL'"),
        ("citext", "'{value}'"),
        ("citext[]", "ARRAY['{value}'::citext]"),
        ("ltree", "'a.{value}'"),
        ("secret_text", "'{value}'"),
        ("secret_texts", "ARRAY['{value}']"),
        ("pair", "ROW(1, '{value}')"),
        ("pair[]", "ARRAY[ROW(1, '{value}')::pair]"),
    ],
)
def test_every_kind_of_text_is_read(url: str, value: str, kind: str, literal: str) -> None:
    execute(
        url,
        "CREATE EXTENSION hstore", "CREATE EXTENSION citext", "CREATE EXTENSION ltree",
        "CREATE DOMAIN secret_text AS text", "CREATE DOMAIN secret_texts AS text[]",
        "CREATE TYPE pair AS (number int, word text)",
        f'CREATE TABLE "Orders" (id int, "a note" {kind})',
        f'INSERT INTO "Orders" VALUES (1, NULL), (2, {literal.format(value=value)}), (3, NULL)',
    )  # fmt: skip
    found = read(source_of(url))
    assert found.where(value.encode()) == {"public.Orders!a note"}
    assert not found.gaps


def test_identifiers_of_the_kind_uuid_are_read_as_they_are_written(url: str) -> None:
    execute(url, "CREATE TABLE keys (key uuid, others uuid[])")
    execute(url, "INSERT INTO keys VALUES ('0d9f1c52-0000-4000-8000-00000000aaaa', "
            "ARRAY['0d9f1c52-0000-4000-8000-00000000bbbb'::uuid])")  # fmt: skip
    found = read(source_of(url))
    assert found.where(b"0d9f1c52-0000-4000-8000-00000000aaaa") == {"public.keys!key"}
    assert found.where(b"0d9f1c52-0000-4000-8000-00000000bbbb") == {"public.keys!others"}


def test_numbers_dates_and_addresses_are_left_out(url: str) -> None:
    execute(
        url,
        "CREATE TABLE t (a int, b numeric, c date, d inet, e bool, f float, g timestamptz, h int[], i macaddr)",
        "INSERT INTO t VALUES (1)",
    )
    assert not [path for path in read(source_of(url)).items if path.startswith("public.t!")]


def test_nothing_runs_from_one_row_into_the_next(url: str) -> None:
    execute(url, "CREATE TABLE t (a text)", "INSERT INTO t VALUES ('first'), ('second')")
    assert read(source_of(url)).items["public.t!a"] == b"first\n" + bytes(6) + b"\nsecond"


@pytest.mark.parametrize("length", [tables.SMALL, tables.WHOLE - 100, tables.WHOLE + 12_345, 3 * tables.WHOLE])
def test_long_values_come_whole(url: str, value: str, length: int) -> None:
    execute(
        url,
        "CREATE TABLE t (a text, b text)",
        "ALTER TABLE t ALTER a SET STORAGE EXTERNAL",
        f"INSERT INTO t VALUES ('{value}-before', 'x')",
        f"INSERT INTO t VALUES (repeat('0123456789', {length // 10}) || '{value}', '{value}-b')",
    )
    found = read(source_of(url))
    assert found.items["public.t!a"].endswith(b"0123456789" + value.encode())
    assert len(found.items["public.t!a"]) == length // 10 * 10 + len(value) + len(f"{value}-before")
    assert found.where(f"{value}-before".encode()) == {"public.t!a"}
    assert "public.t!b" in found.where(f"{value}-b".encode())


def test_well_compressed_values_come_one_by_one(url: str, value: str) -> None:
    # Small on disk, and together more than could be held in memory here.
    execute(
        url,
        "CREATE TABLE t (a text)",
        f"INSERT INTO t SELECT '{value}-' || n || repeat('x', 3000000) FROM generate_series(1, 200) AS n",
    )
    tracemalloc.start()
    found = read(source_of(url), kept=60)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert _numbers(found.items["public.t!a"], value) == set(range(1, 201))
    assert peak < 50_000_000
    assert not found.gaps


def test_what_is_too_much_for_one_field_of_the_server_is_read_one_by_one(
    url: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    execute(url, "CREATE TABLE t (a text)", f"INSERT INTO t VALUES ('{value}'), ('b')")

    def refused(*_: object) -> list[Column]:
        raise psycopg.errors.ProgramLimitExceeded

    monkeypatch.setattr(TableReader, "_gathered", refused)
    found = read(source_of(url))
    assert found.items["public.t!a"] == value.encode() + b"b"
    assert not found.gaps


def _numbers(data: bytes, value: str) -> set[int]:
    return {int(number) for number in re.findall(rf"{value}-(\d+)".encode(), data)}


@pytest.mark.parametrize("threads", [1, 3])
def test_a_large_table_is_read_in_parts_without_missing_a_row_that_moves(
    url: str, value: str, monkeypatch: pytest.MonkeyPatch, threads: int
) -> None:
    monkeypatch.setattr(postgres, "SHARE", 64 * 1024)
    monkeypatch.setattr(tables, "STEP", 32 * 1024)
    monkeypatch.setattr(postgres, "SHARES", 4)
    execute(
        url,
        "CREATE TABLE t (id int PRIMARY KEY, a text)",
        f"INSERT INTO t SELECT n, '{value}-' || n || '.' || repeat('x', 500) FROM generate_series(1, 4000) AS n",
    )
    source = source_of(url)
    parts = list(source.parts(threads))
    assert len(parts) > threads
    # Every row moves to another page before the parts are read.
    execute(url, "UPDATE t SET a = replace(a, 'x', 'y')")
    source.parts = lambda count: iter(parts)  # type: ignore[method-assign]  # the parts that were made before
    data = read(source, threads).items["public.t!a"]
    assert _numbers(data, value) == set(range(1, 4001))
    assert data.count(value.encode()) == 4000
    size = source.size()
    assert size is not None
    assert size > 2_000_000


def test_tables_of_all_sorts_are_read(url: str, value: str) -> None:
    execute(
        url,
        "CREATE TABLE parent (a text) PARTITION BY LIST (a)",
        f"CREATE TABLE child PARTITION OF parent FOR VALUES IN ('{value}-partition')",
        f"INSERT INTO parent VALUES ('{value}-partition')",
        "CREATE TABLE base (a text)",
        "CREATE TABLE heir () INHERITS (base)",
        f"INSERT INTO base VALUES ('{value}-base')",
        f"INSERT INTO heir VALUES ('{value}-heir')",
        f"CREATE UNLOGGED TABLE unlogged AS SELECT '{value}-unlogged'::text AS a",
        f"CREATE MATERIALIZED VIEW stored AS SELECT '{value}-stored'::text AS a FROM base",
        "CREATE MATERIALIZED VIEW empty AS SELECT a FROM base WITH NO DATA",
        'CREATE SCHEMA "Other"',
        f'CREATE TABLE "Other"."a""b" AS SELECT \'{value}-quoted\'::text AS "c""d"',
    )
    found = read(source_of(url))
    assert not found.gaps
    assert "public.child!a" in found.where(f"{value}-partition".encode())
    assert found.where(f"{value}-base".encode()) == {"public.base!a"}
    assert found.where(f"{value}-heir".encode()) == {"public.heir!a"}
    assert found.where(f"{value}-unlogged".encode()) == {"public.unlogged!a"}
    assert "public.stored!a" in found.where(f"{value}-stored".encode())
    assert found.where(f"{value}-quoted".encode()) == {'Other.a"b!c"d'}


def test_what_stands_beside_the_tables_is_read(server: PostgresServer, url: str, value: str) -> None:
    role = f"r{secrets.token_hex(6)}"
    execute(
        url,
        f"CREATE FUNCTION f() RETURNS text LANGUAGE sql AS $$ SELECT '{value}-function'::text $$",
        "CREATE FUNCTION fire() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$",
        f"CREATE VIEW v AS SELECT '{value}-view'::text AS a",
        f"CREATE TABLE t (a text DEFAULT '{value}-default' CHECK (a <> '{value}-check'))",
        f"COMMENT ON TABLE t IS '{value}-comment'",
        f"COMMENT ON COLUMN t.a IS '{value}-column'",
        f"CREATE TRIGGER g AFTER INSERT ON t EXECUTE FUNCTION fire('{value}-trigger')",
        f"CREATE INDEX i ON t ((a || '{value}-index'))",
        f"CREATE POLICY p ON t USING (a = '{value}-policy')",
        f'CREATE TABLE "{value}-name" ()',
        f"CREATE TYPE e AS ENUM ('{value}-label')",
        f"CREATE ROLE {role}",
        f"ALTER ROLE {role} SET app.key = '{value}-role'",
        "CREATE EXTENSION postgres_fdw",
        f"CREATE SERVER s FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host 'h', application_name '{value}-server')",
        f"CREATE USER MAPPING FOR postgres SERVER s OPTIONS (user 'u', password '{value}-mapping')",
        f"CREATE FOREIGN TABLE away (a text) SERVER s OPTIONS (table_name '{value}-foreign')",
        f"CREATE SUBSCRIPTION {role}_s CONNECTION 'host=127.0.0.1 password={value}-subscription' PUBLICATION p"
        " WITH (connect = false)",
    )  # fmt: skip
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"SELECT '{value}-running'".encode())
        found = read(source_of(url))
    execute(url, f"ALTER SUBSCRIPTION {role}_s SET (slot_name = NONE)", f"DROP SUBSCRIPTION {role}_s",
            f"DROP ROLE {role}")  # fmt: skip
    places = {
        "function": "public.f()",
        "view": "public.v!view",
        "default": "public.t!default",
        "check": "t_a_check",
        "comment": "comments",
        "column": "comments",
        "trigger": "g",
        "index": "i",
        "policy": "p",
        "name": "names",
        "label": "names",
        "role": "role settings",
        "server": "foreign server s",
        "mapping": "user mapping postgres@s",
        "foreign": "foreign table public.away",
        "subscription": f"subscription {role}_s",
        "running": "running queries",
    }
    assert {name: found.where(f"{value}-{name}".encode()) for name in places} == {
        name: {path} for name, path in places.items()
    }
    assert found.gaps == [("public.away", Reason.NOT_PERMITTED, "a foreign table: its data lie on another server")]


@pytest.mark.parametrize("length", [1000, tables.WHOLE + 4096])
def test_large_objects_are_read(url: str, value: str, length: int) -> None:
    execute(url, f"SELECT lo_from_bytea(4711, convert_to(repeat('0', {length}) || '{value}', 'UTF8'))")
    found = read(source_of(url))
    assert found.where(value.encode()) == {"large object 4711"}
    assert len(found.items["large object 4711"]) == length + len(value)


def test_packed_values_are_unpacked(url: str, value: str) -> None:
    packed = gzip.compress(f"{value}-inside".encode())
    execute(
        url,
        "CREATE TABLE t (a bytea)",
        f"INSERT INTO t VALUES ('\\x{packed.hex()}'), ('plain')",
        f"SELECT lo_from_bytea(4711, '\\x{packed.hex()}')",
    )
    found = read(source_of(url))
    places = found.where(f"{value}-inside".encode())
    assert any(path.startswith("public.t!a") for path in places)
    assert any(path.startswith("large object 4711") for path in places)
    assert b"plain" in found.items["public.t!a"]


def test_what_a_role_may_not_read_is_a_gap_and_the_rest_is_read(url: str, value: str) -> None:
    execute(
        url,
        "CREATE TABLE open (a text)", f"INSERT INTO open VALUES ('{value}-open')",
        "CREATE TABLE closed (a text)", f"INSERT INTO closed VALUES ('{value}-closed')",
        "CREATE TABLE numbers (a int)",
        "CREATE TABLE half (a text, b text)", f"INSERT INTO half VALUES ('{value}-a', '{value}-b')",
        "CREATE SCHEMA hidden", "CREATE TABLE hidden.t (a text)",
        "CREATE TABLE shared (a text)", "ALTER TABLE shared ENABLE ROW LEVEL SECURITY",
        "SELECT lo_from_bytea(4711, 'a')",
        "CREATE EXTENSION postgres_fdw", "CREATE SERVER s FOREIGN DATA WRAPPER postgres_fdw",
        "CREATE USER MAPPING FOR postgres SERVER s OPTIONS (password 'p')",
        "CREATE SUBSCRIPTION denied CONNECTION 'host=127.0.0.1' PUBLICATION p WITH (connect = false)",
    )  # fmt: skip
    role = as_role(
        url, "GRANT SELECT ON open, shared TO {role}", "GRANT SELECT (a) ON half TO {role}",
        "GRANT SELECT ON hidden.t TO {role}",
    )  # fmt: skip
    found = read(source_of(role))
    execute(url, "ALTER SUBSCRIPTION denied SET (slot_name = NONE)", "DROP SUBSCRIPTION denied")
    assert found.where(f"{value}-open".encode()) == {"public.open!a"}
    assert found.where(f"{value}-a".encode()) == {"public.half!a"}
    assert not found.where(f"{value}-closed".encode()) | found.where(f"{value}-b".encode())
    assert {path: found.reasons(path) for path, _, _ in found.gaps} == {
        "public.closed": {Reason.DENIED},
        "public.half": {Reason.DENIED},
        "hidden.t": {Reason.DENIED},
        "public.shared": {Reason.INCOMPLETE},
        "large objects": {Reason.DENIED},
        "user mappings": {Reason.DENIED},
        "subscriptions": {Reason.DENIED},
        "server settings": {Reason.DENIED},
        "running queries": {Reason.DENIED},
    }


def test_a_policy_that_comes_after_the_plan_does_not_hide_rows(url: str, value: str) -> None:
    execute(url, "CREATE TABLE t (a text)", f"INSERT INTO t VALUES ('{value}')")
    role = as_role(url, "GRANT SELECT ON t TO {role}")
    source = source_of(role)
    parts = list(source.parts(1))
    execute(url, "ALTER TABLE t ENABLE ROW LEVEL SECURITY")
    source.parts = lambda count: iter(parts)  # type: ignore[method-assign]  # the parts that were made before
    found = read(source)
    assert found.where(value.encode()) or found.reasons("public.t") == {Reason.DENIED}


def test_a_table_that_becomes_a_view_meanwhile_is_not_run(url: str, value: str) -> None:
    execute(url, "CREATE TABLE t (a text)", "INSERT INTO t VALUES ('x')", "CREATE TABLE trap (a text)")
    source = source_of(url)
    parts = list(source.parts(1))
    execute(url, "DROP TABLE t", f"CREATE VIEW t AS SELECT '{value}'::text AS a, '(0,1)'::tid AS ctid")
    source.parts = lambda count: iter(parts)  # type: ignore[method-assign]  # the parts that were made before
    found = read(source)
    assert "public.t!a" not in found.items


def test_a_locked_table_is_a_gap_after_a_short_while(url: str) -> None:
    execute(url, "CREATE TABLE t (a text)", "INSERT INTO t VALUES ('x')", "CREATE TABLE u (a text)",
            "INSERT INTO u VALUES ('still read')", "ANALYZE")  # fmt: skip
    with psycopg.connect(url) as connection:
        connection.execute("LOCK TABLE t IN ACCESS EXCLUSIVE MODE")
        found = read(source_of(url))
    assert found.reasons("public.t") == {Reason.TIMED_OUT}
    assert found.items["public.u!a"] == b"still read"


def test_the_search_holds_no_lock_between_two_queries(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    execute(url, "CREATE TABLE t (a text)", "INSERT INTO t VALUES ('x')")
    link = Link.open(Secret(url))
    assert isinstance(link, Link)
    try:
        with link.attempt():
            assert list(link.rows("SELECT textsend(a) FROM public.t", 1)) == [(b"x",)]
        execute(url, "SET lock_timeout = '5s'", "ALTER TABLE t ADD b text")
    finally:
        link.close()


def test_nothing_can_be_written(url: str) -> None:
    link = Link.open(Secret(url))
    assert isinstance(link, Link)
    try:
        with pytest.raises(psycopg.errors.ReadOnlySqlTransaction), link.attempt():
            link.ask("CREATE TABLE public.t (a int)")
    finally:
        link.close()


def connections(server: PostgresServer) -> int:
    with psycopg.connect(server.url()) as connection:
        row = connection.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE application_name = %s", (APPLICATION,)
        ).fetchone()
    assert row is not None
    return int(row[0])


def test_no_connection_stays_open(server: PostgresServer, url: str) -> None:
    execute(url, "CREATE TABLE t (a text)", "INSERT INTO t VALUES ('x')")
    read(source_of(url), 2)
    left = source_of(url)
    assert left.size() is not None
    left.close()
    while connections(server):
        pass


def test_a_stopped_search_ends_its_query(server: PostgresServer, url: str) -> None:
    execute(url, "CREATE TABLE t (a text)", "INSERT INTO t SELECT repeat('x', 1000) FROM generate_series(1, 10000)")
    stop = threading.Event()
    stop.set()
    source = source_of(url)
    with pytest.raises(Stopped):
        read(source, stop=stop)
    source.close()
    while connections(server):
        pass


def test_the_positive_control_is_a_text_that_comes_back(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert source_of(url).control() is None
    monkeypatch.setattr(Link, "rows", lambda *_: iter([(b"something else",)]))
    control = source_of(url).control()
    assert control is not None
    assert control.why is Reason.INCOMPLETE
    assert CONTROL != b"something else"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda url: url.replace(":for-tests-only", f":{secrets.token_hex(8)}"), Reason.DENIED),
        (lambda url: f"{url}-missing", Reason.NOT_CONFIGURED),
        (lambda url: url.replace("127.0.0.1:", "127.0.0.9:"), Reason.UNREACHABLE),
        (lambda url: f"password {secrets.token_hex(8)}", Reason.NOT_CONFIGURED),
        (lambda url: f"postgresql://{secrets.token_hex(8)}@127.0.0.1:no/", Reason.NOT_CONFIGURED),
    ],
)  # fmt: skip
def test_a_database_that_cannot_be_read_is_a_gap_that_shows_no_connection_string(
    url: str, change: "object", reason: Reason
) -> None:
    assert callable(change)
    source = source_of(change(url))
    found = read(source)
    control = source.control()
    assert isinstance(control, Unseen)
    assert found.reasons("") == {reason} == {control.why}
    assert source.size() is None
    for word in ("for-tests-only", "password ", "127.0.0"):
        assert word not in f"{found.gaps} {control} {source!r} {vars(source)}".replace("user and password ", "")


def test_a_database_without_an_encoding_is_read(server: PostgresServer, value: str) -> None:
    name = f"d{secrets.token_hex(6)}"
    execute(server.url(), f"CREATE DATABASE {name} ENCODING 'SQL_ASCII' LOCALE 'C' TEMPLATE template0")
    url = server.url(name)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SET client_encoding = 'LATIN1'")
        connection.execute("CREATE TABLE t (a text)")
        connection.execute(f"INSERT INTO t VALUES ('\xfc{value}\xff')".encode("latin-1"))
    found = read(source_of(url))
    assert found.items["public.t!a"] == b"\xfc" + value.encode() + b"\xff"
    assert not found.gaps
