"""Workers: what they take, what they leave alone, and what becomes of the drill of one that is killed."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from prodproof.facts.declared import MaintenanceWindow
from prodproof.jobs.store import StoredRun
from prodproof.ledger import open_ledger
from prodproof.runner import conduct
from prodproof.runner.acts import Event
from prodproof.runner.conduct import Conductor, Place
from prodproof.runner.durable import Stopped
from prodproof.runner.worker import MOST_TAKEN, QUEUED_FOR, Ending, Worker
from tests.drills.exercises import DRILLS, PACE, book, order, planned, processes
from tests.servers.postgres import ready, running
from tests.servers.postgres_keeper import kept, kill_server

SYSTEM_FILE = """\
version = 1
name = "shop"

[[environment]]
name = "staging"
kind = "staging"
allow = ["drills"]

[[data_store]]
name = "shop"
kind = "files"
environment = "staging"
"""
HERE = Path(__file__).parent.parent.parent


@pytest.fixture(autouse=True)
def drills(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conduct, "registered", lambda: DRILLS)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place("shop", tmp_path / "state", {"PRODPROOF_KEY_DIR": str(tmp_path / "keys")})


@pytest.fixture
def root(tmp_path: Path) -> Iterator[Path]:
    made = tmp_path / "root"
    made.mkdir()
    yield made
    for pid in processes("", made):
        os.kill(pid, signal.SIGKILL)


def now() -> datetime:
    return datetime.now(UTC)


def stored(conductor: Conductor, id: str) -> StoredRun:
    found = conductor.store.run(id)
    assert found is not None
    return found


def worked(
    place: Place, *, trusted: bool = True, other_machines: bool = False, clock: Callable[[], datetime] = now
) -> list[str]:
    """What a worker says that works until nothing is left to be done."""
    said: list[str] = []
    with Conductor(place, "worker") as conductor:
        worker = Worker(conductor, trusted=trusted, say=said.append, other_machines=other_machines, clock=clock)
        assert worker.run(once=True) is Ending.STOPPED
    return said


def test_what_was_queued_is_carried_out(place: Place, root: Path) -> None:
    with Conductor(place, "ana") as conductor:
        conductor.queue(order(planned("deliver", root), "deliver-1"), planned("deliver", root), now())
        assert stored(conductor, "deliver-1").executor is None
    said = worked(place)
    assert said[0] == "deliver-1: begins" and said[-1].startswith("deliver-1: proven: 5 steps")
    assert len(book(root)) == 2
    assert worked(place) == [], "nothing is done twice"


def leave(place: Place, root: Path, *, wish: str = "") -> None:
    """Leave a drill behind that has done its first step, as a process does that ends."""
    made: list[Conductor] = []

    def listen(id: str, event: Event) -> None:
        if (event.step, event.doing) == ("first", "done"):
            made[0].stop()

    with Conductor(place, "ana", listener=listen) as conductor:
        made.append(conductor)
        plan = planned("deliver", root)
        conductor.begin(order(plan, "deliver-1"), plan, now())
        assert isinstance(conductor.wait("deliver-1", 60), Stopped)
        if wish:
            conductor.store.say("deliver-1", wish, "ana")
    assert len(book(root)) == 1


def test_what_a_process_left_is_taken_over(place: Place, root: Path) -> None:
    leave(place, root)
    said = worked(place)
    assert said[0].startswith("deliver-1: takes over from ") and "proven" in said[-1]
    assert len(book(root)) == 2


def test_what_somebody_wants_back_goes_back(place: Place, root: Path) -> None:
    leave(place, root, wish="undo")
    assert "not-proven: undone, as ana wanted" in worked(place)[-1] and book(root) == []


def test_what_a_person_stopped_is_left_alone_until_a_person_goes_on(place: Place, root: Path) -> None:
    leave(place, root, wish="stop")
    assert worked(place) == [] and len(book(root)) == 1
    with Conductor(place, "ana") as conductor:
        conductor.store.say("deliver-1", "resume", "ana")  # and then that process died, too
    assert "proven" in worked(place)[-1]


def test_what_another_machine_left_is_taken_only_when_that_is_wanted(
    place: Place, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(conduct, "executor_name", lambda: "elsewhere-in-a-rack-1-00ff00ff")
        leave(place, root)
    assert worked(place) == []
    said = worked(place, other_machines=True)
    assert said[0] == "deliver-1: takes over from elsewhere-in-a-rack-1-00ff00ff" and "proven" in said[-1]


def test_what_is_cut_off_again_and_again_is_left_to_a_person(place: Place, root: Path) -> None:
    leave(place, root)
    with Conductor(place, "ana") as conductor:
        for _ in range(MOST_TAKEN):
            conductor.store.say("deliver-1", "taken", "a worker")
    assert worked(place) == [f"deliver-1: was cut off {MOST_TAKEN} times; a person must look at it"]
    assert len(book(root)) == 1


def test_an_order_that_may_not_begin_waits_for_a_day_and_is_answered_then(place: Place, root: Path) -> None:
    weekday = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")[(now().weekday() + 3) % 7]
    window = MaintenanceWindow(name="far-off", start="02:00", end="03:00", days=(weekday,), environment="staging")
    open_plan = planned("deliver", root)
    plan = planned("deliver", root, maintenance=(window,))
    with Conductor(place, "ana") as conductor:
        made = order(plan, "deliver-1")
        assert made.plan == open_plan.digest
        conductor.queue(made, open_plan, now())
    (said,) = worked(place)
    assert said.startswith("deliver-1: waits: outside of the maintenance windows; far-off opens at ")
    later = now() + QUEUED_FOR + timedelta(minutes=1)
    (said,) = worked(place, clock=lambda: later)
    assert said.startswith("deliver-1: not begun within a day: outside of the maintenance windows")
    with Conductor(place, "ana") as conductor:
        result = stored(conductor, "deliver-1").result
        assert result is not None
        assert (result["outcome"], result["reason"], result["left"]) == ("not-proven", "not-permitted", [])
        assert conductor.store.unfinished() == () and book(root) == []
    with open_ledger(place.state, system="shop", environ=place.environ) as ledger:
        assert ledger.runs("staging")[0].outcome == "drill deliver-1: not-proven"


def test_without_trust_nothing_is_begun(place: Place, root: Path) -> None:
    with Conductor(place, "ana") as conductor:
        conductor.queue(order(planned("deliver", root), "deliver-1"), planned("deliver", root), now())
    (said,) = worked(place, trusted=False)
    assert said == "deliver-1: waits: drills run only with your trust: prodproof trust, or --trust"
    assert book(root) == []


def test_what_has_come_to_be_missing_since_the_order_is_seen_before_it_begins(
    place: Place, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = root.parent / "full"
    plan = planned("deliver", root)
    exercise = replace(plan.exercise, lacks=lambda world: ["there is no space"] if full.exists() else [])
    plan = replace(plan, exercise=exercise)
    with Conductor(place, "ana") as conductor:
        conductor.queue(order(plan, "deliver-1"), plan, now())
    full.touch()
    drill = replace(DRILLS["deliver"], design=lambda *_: exercise)
    monkeypatch.setattr(conduct, "registered", lambda: {"deliver": drill})
    assert worked(place) == ["deliver-1: waits: deliver is not begun: there is no space"]
    full.unlink()
    assert "proven" in worked(place)[-1]


def test_an_order_for_a_repository_that_is_not_here_is_left_to_others(place: Place, root: Path) -> None:
    elsewhere = root.parent / "elsewhere"
    elsewhere.mkdir()
    with Conductor(place, "ana") as conductor:
        plan = planned("deliver", elsewhere)
        conductor.queue(order(plan, "deliver-1"), plan, now())
    elsewhere.rmdir()
    (said,) = worked(place)
    assert said == f"deliver-1: its repository lies at {elsewhere}, which is not on this machine"


def test_an_order_that_was_slipped_into_the_store_is_not_followed(place: Place, root: Path) -> None:
    with Conductor(place, "ana") as conductor:
        plan = planned("deliver", root)
        conductor.queue(order(plan, "deliver-1"), plan, now())
    other_key = replace(place, environ={"PRODPROOF_KEY_DIR": str(root.parent / "other-keys")})
    (said,) = worked(other_key)
    assert "was not written by prodproof with this system's key" in said and book(root) == []


# ---- two of them, for real, on PostgreSQL


@pytest.fixture(scope="module")
def database() -> Iterator[str]:
    with running() as server:
        yield server.create_database("workers")


class Workers:
    """Workers as programs of their own, and the command that gives them orders."""

    def __init__(self, root: Path, database: str, system: str) -> None:
        self.root = root
        (root / "prodproof.toml").write_text(SYSTEM_FILE.replace('name = "shop"', f'name = "{system}"', 1))
        self.environ = {
            **os.environ,
            "PRODPROOF_DATABASE_URL": database,
            "PRODPROOF_KEY_DIR": str(root.parent / "keys"),
            PACE: "0.25",
        }
        self.place = Place(system, root.parent / "state", self.environ)
        self.running: list[subprocess.Popen[bytes]] = []

    def start(self) -> "subprocess.Popen[bytes]":
        log = open(self.root.parent / f"worker{len(self.running)}.log", "wb")  # noqa: SIM115 (closed by the child's end)
        with log:
            self.running.append(
                subprocess.Popen(
                    [*COMMAND, "worker", str(self.root), "--state", str(self.place.state), "--trust"],
                    env=self.environ,
                    stdout=log,
                    stderr=log,
                    cwd=HERE,
                )
            )
        return self.running[-1]

    def order(self) -> str:
        ran = subprocess.run(
            [*COMMAND, "drill", "run", "deliver", str(self.root), "--state", str(self.place.state), "--trust", "--yes",
             "--queue"],
            env=self.environ, capture_output=True, text=True, cwd=HERE, timeout=120, check=False,
        )  # fmt: skip
        assert ran.returncode == 0, ran.stderr
        return ran.stdout.splitlines()[-1].split()[0]

    def executor(self, id: str) -> str | None:
        return self.stored(id).executor

    def stored(self, id: str) -> StoredRun:
        store = self.place.store()
        try:
            found = store.run(id)
        finally:
            store.close()
        assert found is not None
        return found

    def until(self, what: Callable[[], object]) -> None:
        deadline = time.monotonic() + 120
        while not what():
            assert time.monotonic() < deadline, self.logs()
            assert any(child.poll() is None for child in self.running), self.logs()
            time.sleep(0.05)

    def logs(self) -> str:
        return "\n".join(path.read_text() for path in sorted(self.root.parent.glob("worker*.log")))

    def close(self) -> None:
        for child in self.running:
            child.kill()
            child.wait()


COMMAND = [sys.executable, "-m", "tests.drills.command"]


@contextmanager
def workers(root: Path, database: str, system: str) -> Iterator[Workers]:
    with ExitStack() as stack:
        made = Workers(root, database, system)
        stack.callback(made.close)
        yield made


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_one_of_two_workers_ends_in_mid_drill_and_the_other_finishes_it(
    database: str, root: Path, how: signal.Signals
) -> None:
    with workers(root, database, f"shop-{how.name.lower()}") as made:
        made.start()
        made.start()
        id = made.order()
        made.until(lambda: any(root.glob(f"{id}.fill/piece2")))
        first = made.executor(id)
        assert first is not None
        (one,) = [child for child in made.running if f"-{child.pid}-" in first]
        one.send_signal(how)
        assert one.wait(60) == (-how if how is signal.SIGKILL else 0), made.logs()
        made.until(lambda: made.stored(id).result is not None)
        result = made.stored(id).result
        assert result is not None and made.executor(id) != first
        assert (result["outcome"], result["left"], result["interruptions"]) == ("proven", [], 1), made.logs()
        assert [item.rpartition(".")[2] for item in book(root)] == ["first", "last"]
        assert list(root.glob(f"{id}.*")) == [] and processes(id, root) == []
        (other,) = [child for child in made.running if child is not one]
        other.terminate()
        assert other.wait(60) == 0, made.logs()


def test_a_worker_outlives_its_postgresql(root: Path, tmp_path: Path) -> None:
    """All of PostgreSQL is killed in mid-drill; the worker acts no more, begins anew, and finishes."""
    with kept(tmp_path) as server, workers(root, server.create_database("workers"), "shop-alone") as made:
        worker = made.start()
        id = made.order()
        made.until(lambda: any(root.glob(f"{id}.fill/piece2")))
        first = made.executor(id)
        kill_server(server.directory)
        ready(server)
        made.until(lambda: made.stored(id).result is not None)
        result = made.stored(id).result
        assert result is not None and worker.poll() is None, made.logs()
        assert (result["outcome"], result["left"]) == ("proven", []), made.logs()
        assert made.executor(id) != first and "cut off from the database" in made.logs()
        assert [item.rpartition(".")[2] for item in book(root)] == ["first", "last"]
        worker.terminate()
        assert worker.wait(60) == 0, made.logs()
