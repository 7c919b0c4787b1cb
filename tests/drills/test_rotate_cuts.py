"""A rotation is cut off at each step, and goes on or back: never an outage, and at the end one valid credential."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from prodproof.facts.codec import encode
from prodproof.facts.drills import DrillOutcome
from tests.drills.rotations import Rotation, Shop, dropped, prepared, served
from tests.runner.drill_records import CutError, Memory
from tests.servers.postgres import PostgresServer

ALL = bool(int(os.environ.get("PRODPROOF_CUTS", "0")))
"""With 1, every step is killed in every way; without, some."""

STEPS = ("note", "create", "store", "pick-up", "used", "drain", "retire", "refused")
QUICK = {"load_rate": 40.0, "load_requests": 40, "quiet": 0.4, "pick_up_within": 3.0}


@pytest.fixture
def shop(server: PostgresServer, tmp_path: Path) -> Iterator[Shop]:
    shop = prepared(server, tmp_path, "shop")
    yield shop
    dropped(shop)


@contextmanager
def visited(url: str) -> Iterator[None]:
    """Somebody who visits the shop all the time, whatever happens to the rotation; each visit must be answered."""
    over, bad = threading.Event(), []

    def visit() -> None:
        with httpx.Client(timeout=20) as client:
            while not over.wait(0.03):
                status = client.get(url).status_code
                bad.extend([status] if status != 200 else [])

    thread = threading.Thread(target=visit)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
    assert bad == []


def cut(name: str, when: str) -> Memory:
    """Records that end with the process, as that record is made."""
    memory = Memory()

    def cutting(number: int, moment: str) -> None:
        # Before it is kept a record has no name yet: what was acted last is known by its place.
        if moment == when and memory.acted and memory.acted[-1] == name:
            raise CutError

    memory.cut = cutting
    return memory


@pytest.mark.parametrize("then", ["resume", "undo"])
def test_cut_off_when_a_step_has_acted_and_nothing_is_written(shop: Shop, tmp_path: Path, then: str) -> None:
    with served(shop, tmp_path, **QUICK) as system, visited(str(system.secrets[0].rotation.load_url)):  # type: ignore[union-attr]  # it has one
        for step in STEPS if then == "resume" else ("create", "store", "drain", "retire"):
            before = shop.valid()
            rotation = Rotation(system, cut(f"do {step}", "acted"))
            with pytest.raises(CutError):
                rotation.forward()
            if then == "resume":
                run, _ = Rotation(system, rotation.memory.again(), id=rotation.id).forward()
                assert run.outcome is DrillOutcome.PROVEN, (step, run.detail, run.timeline)
                assert run.interruptions == 1
            else:
                run = rotation.backward()
            assert run.left == (), (step, run.left)
            (user,) = shop.valid()
            assert ([user] == before) is (then == "undo"), step
            assert shop.login.startswith(f"postgresql://{user}:")
            assert not list(tmp_path.glob("*prodproof-rotation"))


KILLS = [
    {"name": "do create", "when": "acted", "then": "undo"},
    {"name": "do store", "when": "within", "then": "resume"},
    {"name": "do retire", "when": "acted", "then": "undo"},
    {"name": "do retire", "when": "within", "then": "resume"},
]
EVERY = [
    {"name": f"{part} {step}", "when": when, "then": then}
    for step in STEPS
    for part in ("do", "prove")
    for when in ("before", "within", "acted", "after")
    for then in ("resume", "undo")
]


def test_killed_with_sigkill(shop: Shop, tmp_path: Path) -> None:
    with served(shop, tmp_path, **QUICK) as system, visited(str(system.secrets[0].rotation.load_url)):  # type: ignore[union-attr]  # it has one
        cuts = EVERY if ALL else KILLS
        for outcome in made(tmp_path, {"system": encode(system), "cuts": cuts}):
            well(outcome)


def made(folder: Path, asked: dict[str, Any]) -> list[dict[str, Any]]:
    ran = subprocess.run(
        [sys.executable, "-m", "tests.drills.rotation_cutting", str(folder)],
        input=json.dumps(asked), capture_output=True, text=True, cwd=Path(__file__).parent.parent.parent,
        timeout=3000, check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr[-3000:]
    outcomes = [json.loads(line) for line in ran.stdout.splitlines()]
    assert len(outcomes) == len(asked["cuts"])
    return outcomes


def well(outcome: dict[str, Any]) -> None:
    """What must be so after any cut."""
    said = json.dumps(outcome, indent=1)
    assert outcome["valid"] == [outcome["login"]], said
    assert outcome["notes"] == [] and outcome["unfinished"] == [], said
    assert outcome["result"]["left"] == [], said
    if outcome["cut"]["then"] == "resume":
        assert outcome["result"]["outcome"] == "proven", said
    elif outcome["killed"]:
        assert outcome["result"]["outcome"] == "not-proven", said
