"""kill -9, for real: the process, PostgreSQL, the connection, the clock; then the drill is resumed or undone.

A few of the points that `python -m scripts.cuts` tries by the hundred; see `tests.drills.cutting`. The world is looked
at afterwards: no line written twice, no folder, no process, no lock left.
"""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from scripts.cuts import DRILL, KINDS, LEAPS, counted, made, points, surroundings
from tests.drills.grounds import DELIVER
from tests.servers import clock

WAYS = (("acted", "resume"), ("after", "undo"), ("within", "resume"), ("acted", "undo"), ("before", "undo"))


def ended_well(folder: Path, cuts: list[dict[str, Any]], environ: dict[str, str] | None = None) -> list[dict[str, Any]]:
    """Make the cuts; nothing may be done twice or left behind, and what is resumed is proven."""
    outcomes = list(made(DRILL, cuts, folder, environ or {}))
    count = counted(iter(outcomes), len(outcomes))
    assert count.points == len(cuts) and count.troubles == []
    return outcomes


@pytest.mark.parametrize("part", range(2))
def test_killed_around_records_and_within_its_acts(part: int, tmp_path: Path) -> None:
    chosen = range(part, DELIVER.records, 4)
    ways = [WAYS[number % len(WAYS)] for number in chosen]
    cuts = [
        {"at": number, "when": when, "then": then} for number, (when, then) in zip(chosen, ways, strict=True)
    ]  # fmt: skip
    for outcome in ended_well(tmp_path, cuts):
        assert outcome["cut"][0] or outcome["wanted"]["when"] == "within", "the process did not die"


def test_killed_again_while_it_goes_on_or_back(tmp_path: Path) -> None:
    again = [{"at": 11, "when": "acted"}, {"at": 14, "when": "after"}]
    back = [{"at": 0, "when": "acted"}, {"at": 2, "when": "acted"}]
    cuts: list[dict[str, Any]] = [
        {"at": 9, "when": "acted", "then": "resume", "again": again},
        {"at": 13, "when": "acted", "then": "undo", "again": back},
    ]
    assert all(outcome["cut"] == [True, True, True] for outcome in ended_well(tmp_path, cuts))


def test_the_number_of_records_is_the_one_that_is_cut(tmp_path: Path) -> None:
    (beyond,) = ended_well(tmp_path, [{"at": DELIVER.records, "when": "before", "then": "undo"}])
    (last,) = ended_well(tmp_path, [{"at": DELIVER.records - 1, "when": "before", "then": "undo"}])
    assert (beyond["cut"], last["cut"]) == ([False], [True])


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    with surroundings("server", tmp_path_factory.mktemp("server")) as (more, _):
        yield more


def test_killed_with_all_of_postgresql_at_once(server: dict[str, Any], tmp_path: Path) -> None:
    cuts = [
        {"at": 7, "when": "acted", "then": "resume", "strike": "everything", **server},
        {"at": 12, "when": "after", "then": "undo", "strike": "everything", **server},
    ]
    assert all(outcome["cut"] == [True] for outcome in ended_well(tmp_path, cuts))


def test_postgresql_is_killed_and_the_process_lives(server: dict[str, Any], tmp_path: Path) -> None:
    cut = {"at": 6, "when": "acted", "then": "resume", "strike": "server", **server}
    (outcome,) = ended_well(tmp_path, [cut])
    assert outcome["cut"] == [False]


def test_every_connection_is_cut_and_the_process_lives(server: dict[str, Any], tmp_path: Path) -> None:
    cut = {"at": 6, "when": "within", "then": "undo", "strike": "connection", **server}
    (outcome,) = ended_well(tmp_path, [cut])
    assert outcome["cut"] == [False]


@pytest.mark.skipif(clock.library() is None, reason="libfaketime is not installed (Debian: faketime)")
def test_the_clock_is_set_to_another_day(tmp_path: Path) -> None:
    cuts = [
        {"at": 6, "when": "acted", "then": "resume", "strike": "clock", "leap": LEAPS[-1]},
        {"at": 13, "when": "acted", "then": "undo", "strike": "clock and kill", "leap": LEAPS[0]},
    ]
    with surroundings("clock", tmp_path) as (_, environ):
        forward, back = ended_well(tmp_path, cuts, environ)
    assert (forward["cut"], back["cut"]) == ([False], [True])
    for outcome, leap in ((forward, LEAPS[-1]), (back, LEAPS[0] - LEAPS[-1])):
        run = outcome["result"]
        took = datetime.fromisoformat(run["ended"]) - datetime.fromisoformat(run["started"])
        assert abs(took.total_seconds() - leap) < 3600, "the clock did leap"
        assert run["took"] is None or run["took"] < 600, "and what is timed was not"


@pytest.mark.parametrize("kind", KINDS)
def test_points_are_the_same_each_time(kind: str) -> None:
    first, second = (list(points(kind, 23, 10, 1.0, 7)) for _ in range(2))
    assert first == second and {cut["then"] for cut in first} == {"resume", "undo"}
    assert len(first) == (23 * 6 if kind == "records" else 10)
