"""Recordings are read back as they were written, and every one of the matrix is still judged alike."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from prodproof.facts import Observation, Proof, Reason, Subject, Survey, Unseen, lost
from prodproof.guarantees import Entry, catalogue, entry
from prodproof.verdicts.example import NOON, SHOP
from tests.range.recordings import Row, judged_again, recordings, row_of, write

JUDGED = [item for item in catalogue() if item.guarantee.can_break]
RECORDED = [
    pytest.param(recording.guarantee, row, id=f"{recording.guarantee}: {row.name}")
    for recording in recordings()
    for row in recording.rows
]


@pytest.mark.parametrize("item", JUDGED, ids=lambda item: item.id)
def test_every_example_can_be_recorded_and_judged_again(item: Entry, tmp_path: Path) -> None:
    subject = Subject("host", "shop.example")
    rows = []
    for example in item.examples:
        seen = Observation(subject, example.fact, NOON - timedelta(hours=1), "inside", Proof.INSIDE, "c1")
        survey = Survey(type(example.fact), (seen,))
        rows.append(row_of("healthy", "", item.guarantee, [survey], SHOP, NOON))
    kind = item.guarantee.judges[0].fact
    hidden: Observation[Any] = Observation(subject, Unseen(Reason.DENIED, "refused"), NOON, "inside", Proof.INSIDE)
    rows.append(row_of("withdrawn", "refused", item.guarantee, [Survey(kind, (hidden,))], SHOP, NOON))
    rows.append(row_of("withdrawn", "lost", item.guarantee, [lost(kind, Reason.TIMED_OUT, "no answer")], SHOP, NOON))
    write(item.id, rows, tmp_path)
    [recording] = recordings(tmp_path)
    assert len(recording.rows) == len(rows)
    for row in recording.rows:
        assert judged_again(row, item.guarantee) == row.answer


def test_a_recording_under_another_name_is_refused(tmp_path: Path) -> None:
    write("exposure.hsts", [], tmp_path).rename(tmp_path / "exposure.ports-justified.json")
    with pytest.raises(ValueError, match="is about"):
        recordings(tmp_path)


@pytest.mark.parametrize(("guarantee", "row"), RECORDED)
def test_a_recorded_state_is_judged_as_it_was(guarantee: str, row: Row) -> None:
    assert judged_again(row, entry(guarantee).guarantee) == row.answer
