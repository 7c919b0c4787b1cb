"""A restore is killed at some steps and within them, and goes on or back: nothing of the data stays, and nothing runs.

`python -m scripts.cuts --drill tests.drills.restore.ground:RESTORE` does it everywhere.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from prodproof.facts.drills import DrillOutcome
from tests.servers.postgres import program

pytestmark = pytest.mark.skipif(program("pg_amcheck") is None, reason="PostgreSQL is not installed (postgresql)")

CUTS: tuple[dict[str, Any], ...] = (
    {"at": 4, "when": "acted", "then": "undo"},  # the scratch is made, and nobody wrote that down
    {"at": 10, "when": "acted", "then": "resume"},  # the files are restored
    {"at": 13, "when": "within", "then": "undo"},  # while the dump is loaded
    {"at": 13, "when": "within", "then": "resume"},
    {"at": 34, "when": "acted", "then": "resume"},  # the server is stopped again
)


def test_killed_at_some_steps(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.drills.cutting", str(tmp_path), "tests.drills.restore.ground:RESTORE"],
        input=json.dumps(CUTS),
        capture_output=True,
        text=True,
        cwd=Path(__file__).parents[3],
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    told = [json.loads(line) for line in done.stdout.splitlines()]
    assert [item["troubles"] for item in told] == [[]] * len(CUTS)
    for item in told:
        if item["wanted"]["then"] == "resume" and item["result"] is not None:
            assert item["result"]["outcome"] == DrillOutcome.PROVEN.value, item["result"]["detail"]
