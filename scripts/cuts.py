"""Cuts drills off at hundreds of points, lets them go on or back, and counts what was done twice or left behind.

    python -m scripts.cuts [--drill MODULE:NAME]… [--moments 40] [--only KIND]… [--seed 1] [--json FILE]

For each drill: `kill -9` around every record that it writes (before it, when it has acted and nobody wrote that down,
after it) and at seeded moments of the whole run; the same to the process and all of PostgreSQL at once; PostgreSQL
killed under a process that lives on; every connection cut; the clock set to another day, with and without a kill.
The exit code is 1 if anything was done twice or left behind. docs/drills.md shows the figures.
"""

import argparse
import json
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.drills.cutting import ground_of
from tests.servers import clock
from tests.servers.postgres_keeper import kept

DRILL = "tests.drills.grounds:DELIVER"
KINDS = {
    "records": "kill -9 around every record",
    "moments": "kill -9 at a seeded moment",
    "again": "kill -9, and again while it goes on or back",
    "everything": "the process and all of PostgreSQL at once",
    "server": "PostgreSQL killed, the process lives",
    "connection": "every connection cut, the process lives",
    "clock": "the clock set to another day",
    "clock and kill": "the clock set, and kill -9",
}
THENS = ("resume", "undo")
LEAPS = (-400 * 86400, -3 * 86400, -3600, 3600, 3 * 86400, 400 * 86400)
"""Seconds."""

HERE = Path(__file__).parent.parent


@dataclass
class Count:
    """What came of the points of one kind."""

    points: int = 0
    killed: int = 0
    ends: Counter[str] = field(default_factory=Counter)
    troubles: list[str] = field(default_factory=list)
    """One line each: what was done twice, left behind, or never ended."""


def points(kind: str, records: int, moments: int, seconds: float, seed: int) -> Iterator[dict[str, Any]]:
    """The cuts of one kind, but for the places that a server or a clock adds."""
    dice = random.Random(f"{seed} {kind}")
    if kind == "records":
        for number in range(records):
            for when in ("before", "acted", "after"):
                yield from ({"at": number, "when": when, "then": then} for then in THENS)
        return
    for number in range(moments):
        then = THENS[number % 2]
        if kind == "moments":
            yield {"at": 0, "when": "within", "seconds": seconds, "then": then}
            continue
        spot = {"at": dice.randrange(records), "when": dice.choice(("before", "acted", "after", "within"))}
        if kind == "again":
            more = [{"at": dice.randrange(6), "when": dice.choice(("before", "acted", "after"))} for _ in range(2)]
            yield {**spot, "then": then, "again": more}
        elif kind.startswith("clock"):
            yield {**spot, "then": then, "strike": kind, "leap": dice.choice(LEAPS)}
        else:
            yield {**spot, "then": then, "strike": kind}


def made(drill: str, cuts: list[dict[str, Any]], folder: Path, environ: dict[str, str]) -> Iterator[dict[str, Any]]:
    """Make cuts, and give what came of each as soon as it is known."""
    import os

    child = subprocess.Popen(
        [sys.executable, "-m", "tests.drills.cutting", str(folder), drill],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, **environ},
        text=True,
        cwd=HERE,
    )
    with child:
        assert child.stdin is not None and child.stdout is not None
        child.stdin.write(json.dumps(cuts))
        child.stdin.close()
        for line in child.stdout:
            yield json.loads(line)
    if child.returncode != 0:
        raise SystemExit(f"the cutting program failed with {child.returncode}")


@contextmanager
def surroundings(kind: str, folder: Path) -> Iterator[tuple[dict[str, Any], dict[str, str]]]:
    """What the cuts of a kind say besides, and the variables of the program."""
    if kind in ("everything", "server", "connection"):
        with kept(folder) as server:
            url = server.create_database("cuts")
            yield {"environ": {"PRODPROOF_DATABASE_URL": url}, "data": str(server.directory)}, {}
    elif kind.startswith("clock"):
        yield {}, clock.environment(folder)
    else:
        yield {}, {}


def counted(outcomes: Iterator[dict[str, Any]], wanted: int) -> Count:
    """Add up what came of as many cuts as are wanted, and say how far it is."""
    count = Count()
    for outcome in outcomes:
        count.points += 1
        count.killed += any(outcome["cut"])
        state, result = outcome["ended"]["state"], outcome["result"]
        if state == "never ordered":
            count.ends["never ordered"] += 1
        elif state == "ended before":
            count.ends["ended by itself"] += 1
        elif state == "True":
            count.ends["resumed" if outcome["wanted"]["then"] == "resume" else "undone"] += 1
        else:
            outcome["troubles"].append(f"did not come to its end: {state}")
        if outcome["wanted"]["then"] == "resume" and result and result["outcome"] != "proven":
            outcome["troubles"].append(f"was resumed and is {result['outcome']}: {result['detail']}")
        count.troubles += [f"{json.dumps(outcome['wanted'])}: {line}" for line in outcome["troubles"]]
        print(f"  {count.points} of {wanted}, {len(count.troubles)} bad", end="\r", file=sys.stderr, flush=True)
    return count


def length(drill: str, folder: Path) -> float:
    """Seconds from the first record of a drill that nothing strikes to its end."""
    (outcome,) = made(drill, [{"at": 10**6, "when": "before", "then": "resume"}], folder, {})
    if outcome["result"] is None or outcome["troubles"]:
        raise SystemExit(f"{drill} does not work even undisturbed: {outcome}")
    first, last = outcome["result"]["started"], outcome["result"]["ended"]
    return _moment(last) - _moment(first)


def _moment(text: str) -> float:
    from datetime import datetime

    return datetime.fromisoformat(text).timestamp()


def main() -> int:
    """Cut, count, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--drill", action="append", metavar="MODULE:NAME", help=f"a ground; {DRILL} if none is named")
    parser.add_argument("--moments", type=int, default=40, help="points of each kind but the first")
    parser.add_argument("--only", action="append", choices=KINDS)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    figures: dict[str, dict[str, Any]] = {}
    bad = 0
    for drill in options.drill or [DRILL]:
        ground = ground_of(drill)
        with tempfile.TemporaryDirectory(prefix="prodproof-cuts-") as made_here:
            seconds = length(drill, Path(made_here))
        print(f"{ground.name}: {ground.records} records, {seconds:.1f} s undisturbed")
        print(
            f"  {'':44}{'points':>7}{'killed':>8}{'resumed':>9}{'undone':>8}{'ended':>7}{'none':>6}{'bad':>5}{'s':>7}"
        )
        for kind in options.only or KINDS:
            if kind.startswith("clock") and clock.library() is None:
                print(f"  {KINDS[kind]:44} not tried: libfaketime is not installed (Debian: faketime)")
                continue
            began = time.monotonic()
            with tempfile.TemporaryDirectory(prefix="prodproof-cuts-") as made_here:
                folder = Path(made_here)
                with surroundings(kind, folder) as (more, environ):
                    cuts = [cut | more for cut in points(kind, ground.records, options.moments, seconds, options.seed)]
                    count = counted(made(drill, cuts, folder, environ), len(cuts))
            ends = [count.ends[end] for end in ("resumed", "undone", "ended by itself", "never ordered")]
            resumed, undone, ended, none = ends
            print(
                f"  {KINDS[kind]:44}{count.points:7}{count.killed:8}{resumed:9}{undone:8}{ended:7}{none:6}"
                f"{len(count.troubles):5}{time.monotonic() - began:7.0f}",
                flush=True,
            )
            for line in count.troubles:
                print(f"      {line}")
            bad += len(count.troubles)
            figures.setdefault(ground.name, {})[kind] = {
                "points": count.points, "killed": count.killed, "resumed": resumed, "undone": undone,
                "ended by itself": ended, "never ordered": none, "bad": len(count.troubles),
            }  # fmt: skip
    if options.json:
        options.json.write_text(json.dumps(figures, indent=2) + "\n")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
