"""People who were erased since the backup was made: they come back with it, and are erased again."""

import sqlite3
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest

from prodproof.drills import _erasure
from prodproof.drills._erasure import re_erase, told
from prodproof.drills.drill import Proven, Refuted, Scene, StepError
from prodproof.facts import Reason, Unseen
from prodproof.facts.erasures import ReErased
from prodproof.reach.people.log import ErasureLog
from prodproof.reach.people.rows import People, PostgresRows, RowsError, in_postgres, in_sqlite
from tests.drills.exercises import STORE, declared
from tests.servers.postgres import PostgresServer

KEY = b"0123456789abcdef-for-tests"
AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
TABLES = (
    "CREATE TABLE customer (id integer PRIMARY KEY, email text, name text)",
    "CREATE TABLE purchase (id integer PRIMARY KEY, customer_id integer REFERENCES customer (id), street text)",
    "CREATE TABLE letter (recipient text)",
)
PEOPLE = People(
    name="customers",
    table="customer",
    key="id",
    identifier="email",
    erase=(
        "UPDATE purchase SET street = '100%' WHERE customer_id = :key",
        "DELETE FROM letter WHERE recipient = :identifier",
        "UPDATE customer SET email = NULL, name = '' WHERE id = :key",
    ),
    gone=(
        "SELECT count(*) FROM letter WHERE recipient = :identifier",
        "SELECT count(*) FROM purchase WHERE customer_id = :key AND street NOT LIKE '100%'",
    ),
)

Execute = Callable[[str], list[Any]]
Open = Callable[[], Any]


class Restored:
    """A restored database with four customers, two of whom had been erased since."""

    def __init__(self, execute: Execute, opened: Callable[[Scene], Any]) -> None:
        self.execute, self.opened = execute, opened
        for statement in TABLES:
            execute(statement)
        for number, name in enumerate(("ana", "ben", "cem", "dan"), 1):
            execute(f"INSERT INTO customer VALUES ({number}, '{name}@shop.example', '{name}')")
            execute(f"INSERT INTO purchase VALUES ({number}, {number}, 'Quay {number}')")
            execute(f"INSERT INTO letter VALUES ('{name}@shop.example')")


@pytest.fixture(params=["sqlite", "postgresql"])
def restored(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Restored]:
    if request.param == "sqlite":
        path = tmp_path / "restored.sqlite3"
        link = sqlite3.connect(path, isolation_level=None)
        yield Restored(lambda statement: link.execute(statement).fetchall(), lambda scene: in_sqlite(path))
        link.close()
        return
    url = request.getfixturevalue("server").create_database(f"e{time.monotonic_ns()}")
    with psycopg.connect(url, autocommit=True) as connection:

        def execute(statement: str) -> list[Any]:
            cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []

        yield Restored(execute, lambda scene: in_postgres(lambda: psycopg.connect(url, autocommit=True)))


@pytest.fixture
def log(tmp_path: Path) -> ErasureLog:
    made = ErasureLog(tmp_path / "erased.jsonl", KEY)
    for name in ("ben", "dan", "zoe"):
        made.append("customers", f"{name}@shop.example", AT)
    return made


def carried(restored: Restored, log: ErasureLog | Unseen, *people: People) -> tuple[Any, Any]:
    """What the step gave, and what it proved."""
    step = re_erase(lambda scene: log, people or (PEOPLE,), restored.opened)
    scene = Scene("restore-1", declared(Path("/")), STORE, None, step=step.name)  # type: ignore[arg-type]  # no world
    gave = step.do(scene)
    if isinstance(gave, Unseen):
        return gave, gave
    return gave, step.prove(replace(scene, gave={step.name: gave}))


def test_whoever_came_back_is_erased_again_and_nobody_else(restored: Restored, log: ErasureLog) -> None:
    gave, proved = carried(restored, log)
    assert told(gave) == (ReErased(people="customers", rows=4, logged=3, came_back=2, left=0),)
    assert proved == Proven("2 erased people had come back, and are gone again")
    assert restored.execute("SELECT id, email, name FROM customer ORDER BY id") == [
        (1, "ana@shop.example", "ana"), (2, None, ""), (3, "cem@shop.example", "cem"), (4, None, "")]  # fmt: skip
    streets = [row[0] for row in restored.execute("SELECT street FROM purchase ORDER BY id")]
    assert streets == ["Quay 1", "100%", "Quay 3", "100%"]
    assert restored.execute("SELECT count(*) FROM letter") == [(2,)]
    assert "ben" not in str((gave, proved)) and "shop.example" not in str((gave, proved))


def test_doing_it_again_does_no_harm(restored: Restored, log: ErasureLog) -> None:
    carried(restored, log)
    gave, proved = carried(restored, log)
    assert told(gave)[0].came_back == 0 and isinstance(proved, Proven)


def test_an_erasure_that_leaves_the_person_is_found(restored: Restored, log: ErasureLog) -> None:
    weak = replace(PEOPLE, erase=("UPDATE customer SET name = '' WHERE id = :key",), gone=())
    gave, proved = carried(restored, log, weak)
    assert told(gave)[0].left == 2
    assert proved == Refuted("2 of the erased customers are still there")


def test_what_is_left_of_them_elsewhere_is_found(restored: Restored, log: ErasureLog) -> None:
    weak = replace(PEOPLE, erase=(*PEOPLE.erase[:1], *PEOPLE.erase[2:]))
    gave, proved = carried(restored, log, weak)
    assert told(gave)[0].traces == ("search 1",)
    assert proved == Refuted("something of erased people is left elsewhere: customers, search 1")


def test_one_person_is_erased_wholly_or_not_at_all(restored: Restored, log: ErasureLog) -> None:
    broken = replace(PEOPLE, erase=(*PEOPLE.erase, "DELETE FROM customer WHERE id = :key"))
    with pytest.raises(StepError) as raised:
        carried(restored, log, broken)
    assert "shop.example" not in str(raised.value)
    assert "IntegrityError" in str(raised.value) or "ForeignKeyViolation" in str(raised.value)
    assert restored.execute("SELECT count(*) FROM customer WHERE email IS NULL") == [(0,)]
    assert restored.execute("SELECT count(*) FROM letter") == [(4,)]


def test_a_table_that_is_missing_is_said(restored: Restored, log: ErasureLog) -> None:
    with pytest.raises(StepError, match="nowhere"):
        carried(restored, log, replace(PEOPLE, table="public.nowhere"))


def test_people_of_the_log_whom_nobody_can_find_prove_nothing(restored: Restored, log: ErasureLog) -> None:
    log.append("couriers", "7", AT)
    gave, _ = carried(restored, log)
    assert gave == Unseen(Reason.NOT_DECLARED, "people of the log that nobody says how to find: couriers")


def test_without_the_log_nothing_is_proven(restored: Restored, tmp_path: Path) -> None:
    gave, _ = carried(restored, ErasureLog(tmp_path / "none", KEY))
    assert isinstance(gave, Unseen) and gave.why is Reason.UNREACHABLE
    denied = Unseen(Reason.DENIED, "no key")
    assert carried(restored, denied)[0] is denied
    assert restored.execute("SELECT count(*) FROM letter") == [(4,)]


def test_a_search_that_finds_nobody_proves_nothing(
    restored: Restored, log: ErasureLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = _erasure._matching
    monkeypatch.setattr(_erasure, "_matching", lambda log, rows, kind, digests: iter(()))
    _, proved = carried(restored, log)
    assert isinstance(proved, Unseen) and "does not even find" in proved.detail
    monkeypatch.setattr(_erasure, "_matching", real)
    restored.execute("DELETE FROM purchase")
    restored.execute("DELETE FROM customer")
    gave, proved = carried(restored, log)
    assert told(gave)[0].rows == 0 and isinstance(proved, Proven), "where nobody is, nobody can be found"


def test_a_search_gives_one_number(restored: Restored) -> None:
    scene = Scene("restore-1", declared(Path("/")), STORE, None)  # type: ignore[arg-type]  # no world
    with restored.opened(scene) as rows:
        assert rows.count("SELECT count(*) FROM customer WHERE name LIKE '%a%' AND id = :key", 1, "") == 1
        with pytest.raises(RowsError, match="one number"):
            rows.count("SELECT name FROM customer WHERE id = :key", 1, "")
        with pytest.raises(RowsError, match="a search"):
            rows.count("SELECT nothing FROM customer", 1, "")


def test_numbers_identify_as_well_as_words(restored: Restored, log: ErasureLog) -> None:
    log.append("by id", "3", AT)
    numbered = replace(PEOPLE, name="by id", identifier="id", erase=("DELETE FROM purchase WHERE customer_id = :key",
                       "DELETE FROM customer WHERE id = :key"), gone=())  # fmt: skip
    gave, proved = carried(restored, log, PEOPLE, numbered)
    assert [item.came_back for item in told(gave)] == [2, 1] and isinstance(proved, Proven)
    assert restored.execute("SELECT count(*) FROM customer") == [(3,)]


def test_a_database_that_is_away_proves_nothing(log: ErasureLog, tmp_path: Path, server: PostgresServer) -> None:
    def refused() -> Unseen:
        return Unseen(Reason.UNREACHABLE, "the scratch server does not let us in")

    for opened in (lambda scene: in_sqlite(tmp_path / "away.sqlite3"), lambda scene: in_postgres(refused)):
        step = re_erase(lambda scene: log, (PEOPLE,), opened)
        scene = Scene("restore-1", declared(Path("/")), STORE, None, step=step.name)  # type: ignore[arg-type]  # no world
        gave = step.do(scene)
        assert isinstance(gave, Unseen) and gave.why is Reason.UNREACHABLE
    with psycopg.connect(server.url()) as link, pytest.raises(ValueError, match="by itself"):
        PostgresRows(link)
