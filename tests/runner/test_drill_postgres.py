"""Drills on PostgreSQL: two processes, one is killed or cut off, the other one goes on."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest

from prodproof.jobs.errors import JobError
from prodproof.runner import conduct, presence
from prodproof.runner.conduct import Conductor, Place
from prodproof.runner.presence import PostgresPresence, executor_name
from tests.drills.carrying import waiting
from tests.drills.exercises import book
from tests.servers.postgres import PostgresServer, running


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresServer]:
    with running() as made:
        yield made


@pytest.fixture
def environ(server: PostgresServer, tmp_path: Path) -> dict[str, str]:
    url = server.create_database(f"d{time.monotonic_ns()}")
    return {"PRODPROOF_DATABASE_URL": url, "PRODPROOF_KEY_DIR": str(tmp_path / "keys")}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    made = tmp_path / "root"
    made.mkdir()
    return made


@pytest.fixture(autouse=True)
def drills(monkeypatch: pytest.MonkeyPatch) -> None:
    drill = waiting(False)
    monkeypatch.setattr(conduct, "registered", lambda: {"deliver": drill})


@contextmanager
def other(environ: dict[str, str], root: Path) -> Iterator["subprocess.Popen[str]"]:
    """Another process, in the middle of a drill: its second line is written, and nobody wrote that down."""
    child = subprocess.Popen(
        [sys.executable, "-m", "tests.drills.carrying", str(root.parent / "their-state"), str(root), "deliver-1"],
        env={**os.environ, **environ},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parent.parent.parent,
    )
    try:
        assert child.stdout is not None and child.stdout.readline() == "waiting\n"
        yield child
    finally:
        child.kill()
        child.communicate(timeout=30)


def lines(root: Path) -> list[str]:
    return [item.rpartition(".")[2] for item in book(root)]


def finish(conductor: Conductor, workflow: str | None) -> dict[str, object]:
    assert workflow is not None and conductor.wait(workflow, 60) is True
    stored = conductor.store.run("deliver-1")
    assert stored is not None and stored.result is not None
    return dict(stored.result)


@pytest.mark.parametrize("then", ["resume", "undo"])
def test_one_is_killed_and_the_other_goes_on_or_back(
    environ: dict[str, str], root: Path, tmp_path: Path, then: str
) -> None:
    with other(environ, root) as child, Conductor(Place("shop", tmp_path / "our-state", environ), "ben") as conductor:
        with pytest.raises(JobError, match="is being carried out by"):
            conductor.resume("deliver-1", datetime.now(UTC), trusted=True)
        child.kill()
        child.wait()
        deadline = time.monotonic() + 30
        stored = conductor.store.run("deliver-1")
        assert stored is not None
        while conductor.alive(stored.executor):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        if then == "resume":
            result = finish(conductor, conductor.resume("deliver-1", datetime.now(UTC), trusted=True))
            assert (result["outcome"], lines(root)) == ("proven", ["first", "second", "third"])
        else:
            result = finish(conductor, conductor.undo("deliver-1", "ben"))
            assert (result["outcome"], lines(root)) == ("not-proven", [])
        assert result["left"] == [] and conductor.store.unfinished() == ()


def test_whoever_is_cut_off_from_the_database_stops_and_another_goes_on(
    environ: dict[str, str], root: Path, tmp_path: Path
) -> None:
    with other(environ, root) as child, Conductor(Place("shop", tmp_path / "our-state", environ), "ben") as conductor:
        stored = conductor.store.run("deliver-1")
        assert stored is not None
        with psycopg.connect(environ["PRODPROOF_DATABASE_URL"], autocommit=True) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(l.pid) FROM pg_locks l JOIN pg_stat_activity a USING (pid)"
                " WHERE l.locktype = 'advisory' AND l.objsubid = 1 AND a.pid <> pg_backend_pid()"
                " AND a.backend_start = (SELECT min(backend_start) FROM pg_stat_activity b JOIN pg_locks m USING (pid)"
                " WHERE m.locktype = 'advisory' AND m.objsubid = 1)"
            )
        deadline = time.monotonic() + 30
        while conductor.alive(stored.executor):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        time.sleep(3)  # it looks after its lock every second
        assert child.stdin is not None and child.stdout is not None
        child.stdin.write("\n")
        child.stdin.flush()
        assert "cut off from the database" in child.stdout.readline()
        assert lines(root) == ["first", "second"], "it did not act any more"
        assert child.wait(60) == 0, "it does not wait for what others do with it"
        result = finish(conductor, conductor.resume("deliver-1", datetime.now(UTC), trusted=True))
        assert (result["outcome"], lines(root)) == ("proven", ["first", "second", "third"])


def test_the_database_goes_away_for_a_moment(environ: dict[str, str], root: Path) -> None:
    with other(environ, root) as child, psycopg.connect(environ["PRODPROOF_DATABASE_URL"], autocommit=True) as here:
        here.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            " AND pid NOT IN (SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 1)"
        )
        assert child.stdin is not None and child.stdout is not None
        child.stdin.write("\n")
        child.stdin.flush()
        assert child.stdout.readline() == "True\n"
        assert lines(root) == ["first", "second", "third"]


def test_who_is_there(environ: dict[str, str]) -> None:
    url, one, two = environ["PRODPROOF_DATABASE_URL"], executor_name(), executor_name()
    here, looking = PostgresPresence(url, one), PostgresPresence(url, None)
    assert looking.alive(one) and not looking.alive(two) and not here.lost
    here.close()
    deadline = time.monotonic() + 20
    while looking.alive(one):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    looking.close()


def test_whoever_hears_nothing_of_the_server_takes_its_lock_for_lost(
    environ: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(presence, "LOOK_SECONDS", 0.05)
    monkeypatch.setattr(presence, "_UNSURE", 1.0)
    here = PostgresPresence(environ["PRODPROOF_DATABASE_URL"], executor_name())
    silent, over = threading.Event(), threading.Event()
    real = PostgresPresence._ask

    def ask(self: PostgresPresence, query: Any, *values: str) -> bool:
        return over.wait(60) if silent.is_set() else real(self, query, *values)

    def lost() -> bool:
        return here.lost

    monkeypatch.setattr(PostgresPresence, "_ask", ask)
    assert not lost()
    silent.set()
    deadline = time.monotonic() + 30
    while not lost():
        assert time.monotonic() < deadline
        time.sleep(0.05)
    over.set()
    here.close()


def test_a_server_that_is_not_there_is_told_without_its_password() -> None:
    with pytest.raises(JobError) as caught:
        PostgresPresence("postgresql://u:hunter2@127.0.0.1:1/x", "here")
    assert "hunter2" not in str(caught.value)
