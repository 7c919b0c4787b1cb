"""The published proof has every row, every row is right, and the page is generated from it."""

import json
from pathlib import Path

from scripts.prove import proof
from scripts.prove.rows import State

ROWS = proof.load()


def test_no_guarantee_lacks_a_row() -> None:
    assert proof.lacking(ROWS) == []


def test_every_row_is_right() -> None:
    assert [row for row in ROWS if not row.right] == []


def test_the_page_is_that_of_the_rows() -> None:
    form = json.loads(proof.FILE.read_text())["form"]
    assert proof.PAGE.read_text() == proof.page(ROWS, form)


def test_a_missing_row_is_named() -> None:
    without = [row for row in ROWS if row.guarantee != "exposure.hsts"]
    assert proof.lacking(without) == ["exposure.hsts was not shown healthy and withdrawn"]


def test_the_readme_says_what_the_run_said() -> None:
    readme = Path("README.md").read_text()
    assert f"**{proof.line(ROWS)}**" in readme
    ways = sum(row.state is State.BROKEN for row in ROWS)
    assert f"broken in {ways} ways" in readme


def test_a_run_of_some_guarantees_leaves_the_others_as_they_were() -> None:
    some = [row for row in ROWS if row.guarantee == "exposure.hsts"][:1]
    together = proof.with_others(some, ROWS)
    assert [row for row in together if row.guarantee == "exposure.hsts"] == some
    others = [row for row in ROWS if row.guarantee != "exposure.hsts"]
    assert sorted(map(repr, others)) == sorted(repr(row) for row in together if row.guarantee != "exposure.hsts")
