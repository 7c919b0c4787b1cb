"""Drills are killed at some records and within them, and go on or back: nothing of theirs stays, and nothing runs.

A few of the points that `python -m scripts.cuts --drill MODULE:NAME` tries by the hundred.
"""

from pathlib import Path
from typing import Any

import pytest

from prodproof.reach.cut_off import alone_with_loopback
from scripts.cuts import counted, made
from tests.drills.cutting import ground_of
from tests.servers.postgres import program

ROTATE, LEAK = "tests.drills.rotation_grounds:ROTATE", "tests.drills.rotation_grounds:LEAK"
ROLLBACK = "tests.drills.rollback_ground:ROLLBACK"
RESTORE, SCENARIO = "tests.drills.restore.ground:RESTORE", "tests.drills.scenario_ground:SCENARIO"


def cut(at: int, when: str, then: str) -> dict[str, Any]:
    return {"at": at, "when": when, "then": then}


CUTS = {
    ROTATE: (
        cut(8, "acted", "resume"),  # the new one is made, and nobody wrote that down
        cut(11, "acted", "undo"),  # the store holds it
        cut(23, "acted", "undo"),  # the old one is retired
        cut(23, "within", "resume"),
        cut(36, "before", "resume"),  # there is no such record
    ),
    LEAK: (
        cut(5, "acted", "undo"),  # the canary lies there
        cut(52, "after", "resume"),  # a person was asked
        cut(61, "before", "resume"),
    ),
    ROLLBACK: (
        cut(13, "acted", "undo"),  # the database is migrated
        cut(19, "within", "resume"),  # on the way back
        cut(39, "before", "resume"),
    ),
    RESTORE: (
        cut(4, "acted", "undo"),  # the scratch is made, and nobody wrote that down
        cut(10, "acted", "resume"),  # the files are restored
        cut(13, "within", "undo"),  # while the dump is loaded
        cut(13, "within", "resume"),
        cut(34, "acted", "resume"),  # the server is stopped again
        cut(39, "before", "resume"),
    ),
    SCENARIO: (
        cut(7, "acted", "undo"),  # the scratch is made, and nobody wrote that down
        cut(13, "acted", "resume"),  # the file is restored
        cut(22, "acted", "resume"),  # the runbook's step has acted
        cut(22, "acted", "undo"),
        cut(33, "before", "resume"),  # there is no such record
    ),
}
NEEDS = {
    RESTORE: (program("pg_amcheck") is not None, "PostgreSQL is not installed (postgresql)"),
    SCENARIO: (alone_with_loopback() is not None, "this machine cuts nobody off from the network"),
}


@pytest.mark.parametrize("drill", CUTS, ids=lambda name: name.rpartition(":")[2].lower())
def test_killed_at_some_records(drill: str, tmp_path: Path) -> None:
    there, why = NEEDS.get(drill, (True, ""))
    if not there:
        pytest.skip(why)
    outcomes = list(made(drill, list(CUTS[drill]), tmp_path, {}))
    assert counted(iter(outcomes), len(outcomes)).troubles == []
    beyond = outcomes[-1]
    assert beyond["wanted"]["at"] == ground_of(drill).records and beyond["cut"] == [False]
    assert all(outcome["cut"] == [True] or outcome["wanted"]["when"] == "within" for outcome in outcomes[:-1])
