"""References: what surely held while a backup was made, and whose word counts."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from prodproof.reach.compare.portrait import Portrait, around, references, write
from prodproof.reach.compare.rows import Look

KEY = b"k" * 32
START = datetime(2026, 3, 1, tzinfo=UTC)


def look(rows: int, digest: str = "a") -> Look:
    return Look(rows=rows, digest=digest, one_in=1, columns=("id",))


def portrait(minutes: int, **looks: Look) -> Portrait:
    return Portrait(
        taken=START + timedelta(minutes=minutes), objects={f"table {name}": "x" for name in looks}, looks=looks
    )


def test_what_was_the_same_before_and_after_held_in_between() -> None:
    found = around([portrait(0, a=look(1), b=look(1)), portrait(20, a=look(1), b=look(2))], at(5), at(10))
    assert found is not None
    assert found.looks == {"a": look(1)}
    assert found.unread == {"b": "it was changed while the backup was made"}


def test_a_table_that_only_one_saw_is_undecided() -> None:
    found = around([portrait(0, a=look(1)), portrait(20, a=look(1), b=look(2))], at(5), at(10))
    assert found is not None and set(found.looks) == {"a"} and set(found.unread) == {"b"}
    assert set(found.objects) == {"table a"}


def test_references_of_one_side_say_nothing() -> None:
    assert around([portrait(0), portrait(3)], at(5), at(10)) is None
    assert around([portrait(11), portrait(13)], at(5), at(10)) is None
    assert around([portrait(0), portrait(7)], at(5), at(10)) is None, "taken while it was made"


def at(minutes: int) -> datetime:
    return START + timedelta(minutes=minutes)


@given(st.lists(st.tuples(st.integers(0, 60), st.integers(0, 3)), max_size=8), st.integers(0, 60), st.integers(0, 30))
def test_only_what_both_sides_agree_on_is_ever_told(seen: list[tuple[int, int]], began: int, took: int) -> None:
    portraits = [portrait(minutes, a=look(rows)) for minutes, rows in sorted(seen)]
    found = around(portraits, at(began), at(began + took))
    if found is None or "a" not in found.looks:
        return
    before = [rows for minutes, rows in sorted(seen) if minutes <= began]
    after = [rows for minutes, rows in sorted(seen) if minutes >= began + took]
    assert found.looks["a"].rows in before and found.looks["a"].rows in after


def test_a_reference_is_read_as_it_was_written(tmp_path: Path) -> None:
    made = replace(portrait(1, a=look(3)), ids={"table a": 5})
    write(tmp_path, made, KEY)
    assert references(tmp_path, KEY) == [replace(made, ids={})]


def test_a_reference_of_somebody_else_does_not_count(tmp_path: Path) -> None:
    path = write(tmp_path, portrait(1, a=look(3)), KEY)
    assert references(tmp_path, b"other" * 8) == []
    outer = json.loads(path.read_text())
    path.write_text(json.dumps(outer | {"portrait": outer["portrait"].replace('"rows": 3', '"rows": 0')}))
    assert references(tmp_path, KEY) == []
    for garbage in ("", "[]", "{}", '{"portrait": 1, "seal": 2}', "\0"):
        path.write_text(garbage)
        assert references(tmp_path, KEY) == []
