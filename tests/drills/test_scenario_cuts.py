"""A scenario is killed at some steps, and goes on or back: nothing of the copy stays, and nothing runs.

`python -m scripts.cuts --drill tests.drills.scenario_ground:SCENARIO` does it everywhere.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from prodproof.facts.drills import DrillOutcome
from prodproof.reach.cut_off import alone_with_loopback

pytestmark = pytest.mark.skipif(alone_with_loopback() is None, reason="this machine cuts nobody off from the network")

CUTS: tuple[dict[str, Any], ...] = (
    {"at": 7, "when": "acted", "then": "undo"},  # the scratch is made, and nobody wrote that down
    {"at": 13, "when": "acted", "then": "resume"},  # the file is restored
    {"at": 22, "when": "acted", "then": "resume"},  # the runbook's step has acted
    {"at": 22, "when": "acted", "then": "undo"},
)


def test_killed_at_some_steps(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.drills.cutting", str(tmp_path), "tests.drills.scenario_ground:SCENARIO"],
        input=json.dumps(CUTS),
        capture_output=True,
        text=True,
        cwd=Path(__file__).parents[2],
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    told = [json.loads(line) for line in done.stdout.splitlines()]
    assert [item["troubles"] for item in told] == [[]] * len(CUTS)
    for item in told:
        if item["wanted"]["then"] == "resume":
            assert item["result"]["outcome"] == DrillOutcome.PROVEN.value, item["result"]["detail"]
