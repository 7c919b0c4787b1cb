"""Begins a drill in a process of its own: `python -m tests.drills.carrying STATE ROOT ID`, with PRODPROOF_DATABASE_URL.

It prints `waiting` when its second step has acted and is not written down yet, and goes on when a line comes in.
"""

import os
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from prodproof.drills.drill import Drill, Exercise, Scene, Step, Values
from prodproof.runner import conduct
from prodproof.runner.conduct import Conductor, Place
from tests.drills.exercises import DRILLS, STORE, line, order, planned, write


def waiting(wait: bool) -> Drill:
    """A drill of three lines; after the second one it waits, if it is to."""

    def do(scene: Scene) -> Values:
        gave = write(scene)
        if wait:
            print("waiting", flush=True)
            sys.stdin.readline()
        return gave

    second: Step = replace(line("second"), do=do)

    def design(store: Any, system: Any) -> Exercise:
        return Exercise(steps=(line("first"), second, line("third")), blast_radius="the test")

    return replace(DRILLS["deliver"], design=design)


def main(state: Path, root: Path, id: str) -> None:
    """Begin the drill and wait for its end."""
    drill = waiting(True)
    setattr(conduct, "registered", lambda: {"deliver": drill})  # noqa: B010 (instead of those that users have)
    exercise: Any = drill.design(STORE, None)
    plan = replace(planned("deliver", root), drill=drill, exercise=exercise)
    with Conductor(Place("shop", state, os.environ), "ana") as conductor:
        workflow = conductor.begin(order(plan, id), plan, datetime.now(UTC))
        while (ended := conductor.wait(workflow, 1)) is False:
            pass
        print(ended, flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3])
