"""People who are erased again after a restore: what is declared, and how mistakes are told."""

from pathlib import Path

import pytest

from prodproof.facts.declared import Erasure
from prodproof.system.errors import SystemFileError
from prodproof.system.load import load
from prodproof.system.merged import read
from prodproof.system.trust import asks

HEAD = """version = 1
name = "shop"
[[data_store]]
name = "database"
kind = "postgres"
[[data_store]]
name = "uploads"
kind = "bucket"
"""
TABLE = """[[erasure]]
name = "customers"
store = "database"
table = "customer"
identifier = "email"
erase = ["DELETE FROM customer WHERE id = :key"]
gone = ["SELECT count(*) FROM letter WHERE recipient = :identifier"]
log = "/srv/erasures.jsonl"
log_key = "env:ERASURE_KEY"
"""


def write(directory: Path, text: str) -> Path:
    (directory / "prodproof.toml").write_text(HEAD + text, encoding="utf-8")
    return directory


def test_how_people_are_erased(tmp_path: Path) -> None:
    (found,) = load(write(tmp_path, TABLE)).erasures
    assert found == Erasure(
        name="customers",
        store="database",
        table="customer",
        key="id",
        identifier="email",
        erase=("DELETE FROM customer WHERE id = :key",),
        gone=("SELECT count(*) FROM letter WHERE recipient = :identifier",),
        log="/srv/erasures.jsonl",
        log_key="env:ERASURE_KEY",
        location=found.location,
    )


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (TABLE.replace('"database"', '"datbase"'), 'there is no data store "datbase"; did you mean "database"?'),
        (TABLE.replace('"database"', '"uploads"'), "people are erased again only in postgres and sqlite"),
        (
            TABLE + TABLE.replace('"customers"', '"couriers"').replace("/srv/", "/var/"),
            "is another one than that of the same store; keep one, one key",
        ),
        (TABLE.replace('["DELETE FROM customer WHERE id = :key"]', "[]"), "is an empty list"),
        (TABLE + TABLE, "is declared twice"),
    ],
)
def test_mistakes_are_told(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(SystemFileError) as caught:
        load(write(tmp_path, text))
    assert any(says in item.message for item in caught.value.problems), caught.value.problems


def test_its_statements_and_its_key_need_trust(tmp_path: Path) -> None:
    found = {(ask.what, ask.exactly) for ask in asks(read(write(tmp_path, TABLE)))}
    assert ("runs", "on a restored copy: DELETE FROM customer WHERE id = :key") in found
    assert ("reads secret", "env:ERASURE_KEY") in found
