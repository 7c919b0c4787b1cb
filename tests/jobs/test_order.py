"""Orders and statements: what was not written or signed by us is not followed."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from prodproof.facts.declared import MaintenanceWindow, Person
from prodproof.jobs.errors import JobError
from prodproof.jobs.order import new_id, read, seal, sealing_key, write
from prodproof.jobs.statement import Purpose, Statement
from tests.drills.exercises import order, planned

KEY = sealing_key(b"f" * 32)
AT = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def test_an_order_comes_back_as_it_was(tmp_path: Path) -> None:
    people = (Person(id="ana", keys=("ssh-ed25519 AAAA",)),)
    windows = (MaintenanceWindow(name="night", start="22:00", end="04:00"),)
    plan = planned("deliver", tmp_path, people=people, maintenance=windows)
    made = order(plan, documents={"a.md": "text"}, irreversible=True)
    text, sealed = write(made, KEY)
    assert read(made.id, text, sealed, KEY) == made


def test_an_order_that_was_changed_or_not_written_by_us_is_not_followed(tmp_path: Path) -> None:
    made = order(planned("deliver", tmp_path))
    text, sealed = write(made, KEY)
    changed = json.loads(text)
    changed["declared"]["root"] = "/"
    for id, wrong, mark, key in (
        (made.id, json.dumps(changed), sealed, KEY),
        (made.id, text, "", KEY),
        ("another-id", text, sealed, KEY),
        (made.id, text, sealed, sealing_key(b"x" * 32)),
    ):
        with pytest.raises(JobError, match="not followed"):
            read(id, wrong, mark, key)


def test_an_order_of_another_version_is_told(tmp_path: Path) -> None:
    data = {"id": "x"}
    with pytest.raises(JobError, match="cannot be read by this version"):
        read("x", json.dumps(data), seal(KEY, "order x", data), KEY)
    with pytest.raises(JobError, match="cannot be read by this version"):
        read("x", "no json", "", KEY)


def test_the_key_of_the_seals_is_another_than_that_of_fingerprints() -> None:
    assert sealing_key(b"f" * 32) != b"f" * 32 and sealing_key(b"f" * 32) == sealing_key(b"f" * 32)


def test_an_id_can_be_read_and_typed() -> None:
    assert new_id("restore", AT, bytes.fromhex("9f3c21aa")) == "restore-0301-9f3c21"


SAID = Statement(
    purpose=Purpose.APPROVAL, system="shop", environment="production", drill="restore", target="store:db",
    plan="a" * 64, author="ana", person="ben", until=AT,
)  # fmt: skip


def test_a_statement_can_be_read_by_who_signs_it() -> None:
    assert SAID.text == (
        "'prodproof-drill-approval 1'\nsystem: 'shop'\nenvironment: 'production'\ndrill: 'restore'\n"
        f"target: 'store:db'\nplan: '{'a' * 64}'\nauthor: 'ana'\nsigned by: 'ben'\n"
        "until: '2026-03-01T12:00:00+00:00'\nrun: ''\n"
    )


def test_every_part_of_a_statement_is_signed() -> None:
    texts = {
        replace(SAID, **{name: value}).text  # type: ignore[arg-type]  # each value is of its field's type
        for name, value in {
            "purpose": Purpose.ORDER, "system": "x", "environment": "x", "drill": "x", "target": "x", "plan": "x",
            "author": "x", "person": "x", "until": AT.replace(year=2027), "run": "x",
        }.items()
    }  # fmt: skip
    assert len(texts | {SAID.text}) == 11


def test_a_name_cannot_write_a_line_of_its_own() -> None:
    assert replace(SAID, drill="a\nplan: 'b'").text.count("\n") == SAID.text.count("\n")
