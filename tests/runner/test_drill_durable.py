"""What makes drills durable: what it must not be trusted with is kept from it, and who is dead is known."""

import base64
import os
import pickle
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from prodproof.drills.drill import Plain
from prodproof.jobs.errors import JobError
from prodproof.jobs.store import FILE_NAME, sqlite_url
from prodproof.runner.durable import Durable, Journal, JournalEnds, Parked, Recorder, Stopped
from prodproof.runner.presence import FilePresence, executor_name

KEY = b"k" * 32


class Work:
    """What the drills of a test do; may be changed between two processes."""

    def __init__(self) -> None:
        self.acts: list[str] = []
        self.hooks: dict[str, Callable[[], object]] = {}

    def __call__(self, id: str, recorder: Recorder) -> Plain:
        for name in ("one", "two", "three"):
            recorder.once(name, lambda name=name: self._act(name))  # type: ignore[misc]  # bound on purpose
        return None

    def _act(self, name: str) -> Plain:
        self.acts.append(name)
        self.hooks.get(name, lambda: None)()
        return {"name": name}


class Open:
    """Opens places one after the other, as processes do."""

    def __init__(self, state: Path, work: Work) -> None:
        self.state, self.work = state, work
        self.durable: Durable | None = None

    def __call__(self, name: str = "", key: bytes = KEY, halted: Callable[[], bool] = lambda: False) -> Durable:
        self.close()
        self.durable = Durable(
            sqlite_url(self.state), name or executor_name(), who="ana", key=key, work=self.work, halted=halted
        )
        return self.durable

    def close(self) -> None:
        if self.durable is not None:
            self.durable.close()
            self.durable = None

    def database(self) -> sqlite3.Connection:
        return sqlite3.connect(self.state / FILE_NAME)


@pytest.fixture
def work() -> Work:
    return Work()


@pytest.fixture
def opened(tmp_path: Path, work: Work) -> Iterator[Open]:
    made = Open(tmp_path / "state", work)
    yield made
    made.close()


def ended(durable: Durable, id: str) -> Parked | bool:
    durable.start(id)
    return durable.wait(id, 30)


def test_what_was_done_is_not_done_again(opened: Open, work: Work) -> None:
    durable = opened()
    work.hooks["two"] = durable.stop
    said = ended(durable, "d")
    assert isinstance(said, Stopped) and work.acts == ["one", "two"]
    work.hooks.clear()
    durable = opened()
    assert ended(durable, "d") is True
    assert work.acts == ["one", "two", "three"]
    assert ended(durable, "d") is True and len(work.acts) == 3


def test_nothing_goes_on_by_itself(opened: Open, work: Work) -> None:
    durable = opened()
    work.hooks["two"] = durable.stop
    ended(durable, "d")
    durable = opened()
    time.sleep(1.5)
    assert work.acts == ["one", "two"]


LETS_GO = """
import sys
from pathlib import Path
from prodproof.jobs.store import sqlite_url
from prodproof.runner.durable import Durable, Parked
halted = []
def work(id, recorder):
    recorder.once("one", lambda: None)
    halted.append(1) if sys.argv[2] == "halted" else durable.stop()
    recorder.once("two", lambda: None)
durable = Durable(
    sqlite_url(Path(sys.argv[1])), "here", who="ana", key=b"k" * 32, work=work, halted=lambda: bool(halted)
)
durable.start("d")
print("parked" if isinstance(durable.wait("d", 30), Parked) else "went on", flush=True)
durable.close()
"""
BYSTANDER = """
import sys, time
from pathlib import Path
from prodproof.jobs.store import sqlite_url
from prodproof.runner.durable import Durable
Durable(sqlite_url(Path(sys.argv[1])), "bystander", who="eve", key=b"k" * 32, work=lambda id, recorder: None)
print("here", flush=True)
time.sleep(60)
"""


def test_another_process_that_is_there_takes_nothing_away(opened: Open, work: Work) -> None:
    durable = opened()
    work.hooks["one"] = durable.stop
    drills = [f"d{number}" for number in range(6)]
    assert all(isinstance(ended(durable, id), Stopped) for id in drills)
    opened.close()
    work.hooks.clear()
    bystander = subprocess.Popen([sys.executable, "-c", BYSTANDER, str(opened.state)], stdout=subprocess.PIPE)
    try:
        assert bystander.stdout is not None and bystander.stdout.readline() == b"here\n"
        durable = opened()
        for id in drills:
            durable.start(id)
        assert all(durable.wait(id, 30) is True for id in drills)
    finally:
        bystander.kill()
        bystander.communicate()
    assert len(work.acts) == 18, "each act of each drill was carried out here, once"


def test_a_record_says_who_when_and_how_long(opened: Open, work: Work) -> None:
    durable = opened("here")
    ended(durable, "d")
    journal = durable.journal("d")
    assert journal is not None
    first = journal.once("one", lambda: None)
    second = journal.once("two", lambda: None)
    assert (first.value, first.by, first.executor, first.fresh) == ({"name": "one"}, "ana", "here", False)
    assert first.took >= 0 and second.clock >= first.clock + first.took and second.started >= first.ended
    with pytest.raises(JournalEnds):
        journal.once("another", lambda: None)


def test_once_a_journal_is_read_nobody_adds_to_it(opened: Open, work: Work) -> None:
    durable = opened()
    reached, go_on = threading.Event(), threading.Event()

    def wait() -> None:
        reached.set()
        go_on.wait(20)

    work.hooks["two"] = wait
    durable.start("d")
    assert reached.wait(20)
    assert isinstance(durable.journal("d"), Journal)
    go_on.set()
    said = durable.wait("d", 20)
    assert isinstance(said, Parked) and not isinstance(said, Stopped)
    time.sleep(0.5)
    assert work.acts == ["one", "two"]
    journal = durable.journal("d")
    assert journal is not None and journal.once("one", lambda: None)
    with pytest.raises(JournalEnds):
        journal.once("two", lambda: None)


def test_nobody_has_begun_it(opened: Open) -> None:
    assert opened().journal("d") is None


def test_a_fault_stops_it_where_it_can_go_on_and_its_text_is_not_kept(opened: Open, work: Work) -> None:
    durable = opened()

    def fault() -> None:
        raise ValueError("the password is hunter2")

    work.hooks["two"] = fault
    said = ended(durable, "d")
    assert isinstance(said, Parked) and str(said) == "prodproof failed (ValueError)"
    opened.close()
    everything = b"".join(path.read_bytes() for path in opened.state.glob(f"{FILE_NAME}*"))
    assert b"hunter2" not in everything and b"one" in everything
    work.hooks.clear()
    assert ended(opened(), "d") is True and work.acts == ["one", "two", "two", "three"]


def test_a_process_that_may_be_taken_for_dead_does_not_act(opened: Open, work: Work) -> None:
    lost = threading.Event()
    durable = opened(halted=lost.is_set)
    work.hooks["two"] = lost.set
    said = ended(durable, "d")
    assert isinstance(said, Parked) and not isinstance(said, Stopped) and work.acts == ["one", "two"]
    assert "cut off from the database" in str(said)


def test_what_became_somebody_elses_is_let_go_and_not_cancelled(opened: Open, work: Work) -> None:
    durable = opened()

    def take() -> None:
        with closing(opened.database()) as database, database:
            database.execute("UPDATE workflow_status SET owner_xid = 'somebody else'")

    work.hooks["two"] = take
    said = ended(durable, "d")
    assert isinstance(said, Parked) and str(said) == "another process took it over"
    opened.close()
    with closing(opened.database()) as database:
        assert database.execute("SELECT status FROM workflow_status").fetchall() == [("PENDING",)]
    assert work.acts == ["one", "two"]


@pytest.mark.parametrize("why", ["stopped", "halted"])
def test_a_process_that_let_go_of_a_drill_can_end(why: str, tmp_path: Path) -> None:
    ran = subprocess.run(
        [sys.executable, "-c", LETS_GO, str(tmp_path), why], capture_output=True, text=True, timeout=60, check=False
    )
    assert (ran.returncode, ran.stdout) == (0, "parked\n"), ran.stderr


def test_the_file_has_a_write_ahead_log_and_no_pickle(opened: Open, work: Work) -> None:
    ended(opened(), "d")
    opened.close()
    with opened.database() as database:
        assert database.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        forms = {
            row[0]
            for table in ("workflow_status", "operation_outputs")
            for row in database.execute(f"SELECT serialization FROM {table}")
        }
    assert forms == {"portable_json"}


class Bomb:
    """What runs code when it is unpickled."""

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.system, (f"touch {os.environ['BOMB']}",)


@pytest.mark.parametrize("where", ["step", "input"])
def test_a_pickle_in_the_database_does_not_run(
    opened: Open, work: Work, where: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BOMB", str(tmp_path / "exploded"))
    durable = opened()
    work.hooks["two"] = durable.stop
    ended(durable, "d")
    opened.close()
    bomb = base64.b64encode(pickle.dumps(Bomb())).decode()
    with opened.database() as database:
        if where == "step":
            database.execute("UPDATE operation_outputs SET output = ?, serialization = 'py_pickle'", [bomb])
        else:
            database.execute("UPDATE workflow_input SET inputs = ?", [bomb])
            database.execute("UPDATE workflow_status SET serialization = 'py_pickle'")
    work.hooks.clear()
    durable = opened()
    durable.start("d")
    if where == "input":
        with pytest.raises(JobError, match="prodproof failed"):
            durable.wait("d", 20)
    else:
        assert isinstance(durable.wait("d", 20), Parked)
    assert not (tmp_path / "exploded").exists() and work.acts == ["one", "two"]


@pytest.mark.parametrize(
    "forge",
    [
        """UPDATE operation_outputs SET output = replace(output, '"name":"one"', '"name":"six"')""",
        """UPDATE operation_outputs SET output = replace(output, '"by":"ana"', '"by":"eve"')""",
        """UPDATE operation_outputs SET output = '{"value": {}, "by": "eve", "seal": ""}'""",
        """UPDATE operation_outputs SET output = (SELECT output FROM operation_outputs WHERE function_name = 'two')
           WHERE function_name = 'one'""",
    ],
)
def test_what_others_write_into_the_database_is_not_followed(opened: Open, work: Work, forge: str) -> None:
    durable = opened()
    work.hooks["two"] = durable.stop
    ended(durable, "d")
    opened.close()
    with opened.database() as database:
        database.execute(forge)
    work.hooks.clear()
    durable = opened()
    said = ended(durable, "d")
    assert isinstance(said, Parked) and "was not written by prodproof" in str(said)
    assert work.acts == ["one", "two"]
    with pytest.raises(JobError, match="was not written by prodproof"):
        durable.journal("d")


def test_records_of_another_key_are_not_followed(opened: Open, work: Work) -> None:
    durable = opened()
    work.hooks["two"] = durable.stop
    ended(durable, "d")
    said = ended(opened(key=b"x" * 32), "d")
    assert isinstance(said, Parked) and "was not written by prodproof" in str(said)


def test_a_store_that_cannot_be_used_is_told(tmp_path: Path, work: Work) -> None:
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / FILE_NAME).write_bytes(b"no database at all" * 100)
    with pytest.raises(JobError, match="the store of drills cannot be used"):
        Durable(sqlite_url(tmp_path / "state"), "here", who="ana", key=KEY, work=work)


def test_importing_the_commands_does_not_import_dbos() -> None:
    code = "import sys, prodproof.cli.drill, prodproof.runner.conduct; sys.exit('dbos' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_who_is_there(tmp_path: Path) -> None:
    one, two = executor_name(), executor_name()
    assert one != two
    here = FilePresence(tmp_path, one)
    looking = FilePresence(tmp_path, None)
    assert looking.alive(one) and not looking.alive(two)
    there = FilePresence(tmp_path, two)
    assert here.alive(two) and there.alive(one)
    here.close()
    assert not looking.alive(one) and looking.alive(two)
    there.close()
    assert list(tmp_path.iterdir()) == []


def test_whoever_is_killed_is_not_there_any_more(tmp_path: Path) -> None:
    code = (
        "import sys, time; from pathlib import Path; from prodproof.runner.presence import FilePresence\n"
        "here = FilePresence(Path(sys.argv[1]), 'gone'); print('here', flush=True); time.sleep(60)"
    )
    child = subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE)
    assert child.stdout is not None and child.stdout.readline() == b"here\n"
    looking = FilePresence(tmp_path, None)
    assert looking.alive("gone")
    child.kill()
    child.wait()
    child.stdout.close()
    assert not looking.alive("gone")
    FilePresence(tmp_path, "next").close()
    assert list(tmp_path.iterdir()) == [], "what the dead left is cleared away"
