"""A drill is carried out, and `verify` judges what it told: from a newcomer's first restore on."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.cli.conftest import Command

SYSTEM_FILE = """\
version = 1
name = "shop"

[[environment]]
name = "staging"
kind = "staging"

[[data_store]]
name = "shop"
kind = "sqlite"
rto = "1h"
rpo = "1d"
allow = ["drills"]

[data_store.restore]
source = "shop.sqlite3"

[[backup]]
name = "nightly"
kind = "sqlite"
path = "copy.sqlite3"
store = "shop"
"""
CLAIM = "recovery.restore-tested"


@pytest.fixture(autouse=True)
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A shop with a backup that is right."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "prodproof.toml").write_text(SYSTEM_FILE)
    for name in ("shop.sqlite3", "copy.sqlite3"):
        fill(tmp_path / name, 200)
    return tmp_path


def fill(path: Path, rows: int) -> None:
    path.unlink(missing_ok=True)
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("CREATE TABLE orders (id INTEGER PRIMARY KEY, note TEXT)")
        database.executemany("INSERT INTO orders (note) VALUES (?)", ((f"order {number}",) for number in range(rows)))


def answered(prodproof: Command) -> tuple[str, str | None, str]:
    ran = prodproof("verify", ".", "--only", CLAIM, "--trust", "--format", "json")
    (item,) = json.loads(ran.out)["guarantees"]
    return item["verdict"], item["reason_code"], item["message"]


def test_unknown_until_it_is_exercised_then_what_the_drill_saw(prodproof: Command, shop: Path) -> None:
    assert answered(prodproof)[:2] == ("unknown", "never-run")
    assert "prodproof drill run restore --on store:shop" in answered(prodproof)[2]
    assert prodproof("drill", "run", "restore", "--yes", "--trust").code == 0
    assert answered(prodproof)[0] == "holds"
    assert "nothing is missing" in prodproof("doctor", CLAIM).out
    gate = json.loads(prodproof("gate", "--trust", "--format", "json").out)
    assert CLAIM not in json.dumps(gate.get("in_the_way", []))
    copy = shop / "copy.sqlite3"
    copy.write_bytes(copy.read_bytes()[: copy.stat().st_size // 2])
    assert prodproof("drill", "run", "restore", "--yes", "--trust").code != 0
    assert answered(prodproof)[0] == "broken"


def test_the_plan_and_the_doctor_name_the_drill(prodproof: Command) -> None:
    plan = prodproof("verify", ".", "--only", CLAIM, "--plan")
    assert "  drill restore                  store:shop" in plan.out and CLAIM in plan.out
    doctor = prodproof("doctor", CLAIM)
    assert "shop is to be exercised\n    prodproof drill run restore --on store:shop\n" in doctor.out
    (Path("prodproof.toml")).write_text(SYSTEM_FILE.partition("[[backup]]")[0])
    assert 'no [[backup]] says store = "shop"' in prodproof("doctor", CLAIM).out
