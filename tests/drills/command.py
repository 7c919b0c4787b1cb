"""The command with the drills of the tests, run as a program of its own: `python -m tests.drills.command drill …`."""

from prodproof.drills import drill
from tests.drills.exercises import DRILLS

setattr(drill, "registered", lambda: DRILLS)  # noqa: B010 (instead of those that users have)

if __name__ == "__main__":
    from prodproof.cli.main import run

    run()
