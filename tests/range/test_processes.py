"""Processes of a range are told from all others, and every one of them ends."""

import fcntl
import os
import pty
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from prodproof.range.processes import MARK, Process, as_user, belonging, spawn, stop, stop_all

IGNORES_TERM = """
import signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("ready", flush=True)
time.sleep(600)
"""
LOSES_ENVIRONMENT = ("sh", "-c", "echo ready; exec env -i sleep 600")
LEAVES_A_CHILD = ("sh", "-c", "sleep 600 & echo ready")
HAS_A_CHILD = ("sh", "-c", "sleep 600 & echo ready; wait")

Start = Callable[..., Process]


def until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def session(pid: int) -> list[int]:
    """The living processes of a session."""
    listed = subprocess.run(["ps", "-o", "pid=,stat=", "--sid", str(pid)], capture_output=True, text=True, check=False)
    return [int(line.split()[0]) for line in listed.stdout.splitlines() if not line.split()[1].startswith("Z")]


@pytest.fixture
def var(tmp_path: Path) -> Path:
    (tmp_path / "range" / "var" / "run").mkdir(parents=True)
    return tmp_path / "range" / "var"


@pytest.fixture
def mark(tmp_path: Path) -> str:
    return f"test-{os.getpid()}-{tmp_path.name}"


@pytest.fixture
def start(var: Path, mark: str) -> Iterator[Start]:
    """Starts a process and waits until it says that it is ready."""
    started: list[Process] = []

    def one(*command: str, **environment: str) -> Process:
        log = var / f"{len(started)}.log"
        given = {"PATH": os.environ["PATH"], **environment}
        process = spawn(command, mark=mark, cwd=var / "run", log=log, environment=given)
        started.append(process)
        until(lambda: "ready" in log.read_text())
        return process

    yield one
    stop_all(mark, var.parent, started)


def test_a_process_is_told_from_a_later_one_with_its_number(start: Start) -> None:
    process = start(*HAS_A_CHILD)
    later = replace(process, started=process.started - 1)
    assert (process.alive, later.alive) == (True, False)
    stop([later])
    assert process.alive and len(session(process.pid)) == 2
    stop([process])
    assert not process.alive


def test_children_end_with_their_session(start: Start) -> None:
    process = start(*HAS_A_CHILD)
    assert len(session(process.pid)) == 2
    stop([process])
    assert session(process.pid) == []


def test_a_session_that_lost_its_first_process_still_ends(start: Start) -> None:
    process = start(*LEAVES_A_CHILD)
    until(lambda: not process.alive)
    assert len(session(process.pid)) == 1
    stop([process])
    assert session(process.pid) == []


def test_who_ignores_the_request_is_killed(start: Start) -> None:
    process = start(sys.executable, "-c", IGNORES_TERM)
    stop([process], seconds=0.3)
    assert not process.alive


def test_one_that_nobody_wrote_down_is_found_by_its_mark(start: Start, mark: str, var: Path) -> None:
    process = start(*HAS_A_CHILD)
    assert set(belonging(mark, Path("/nowhere"), ())) == set(session(process.pid))
    assert list(belonging(mark + "0", Path("/nowhere"), ())) == []
    assert stop_all(mark, Path("/nowhere"), ()) == []
    assert not process.alive


def test_one_that_overwrote_its_environment_is_found_by_where_it_works(start: Start, mark: str, var: Path) -> None:
    process = start(*LOSES_ENVIRONMENT)
    until(lambda: Path(f"/proc/{process.pid}/environ").read_bytes() == b"")
    assert list(belonging(mark, Path("/nowhere"), ())) == []
    assert list(belonging(mark, var.parent, ())) == [process.pid]
    assert stop_all(mark, var.parent, ()) == []
    assert not process.alive


def test_a_folder_whose_name_only_begins_alike_is_another(start: Start, var: Path) -> None:
    start(*LOSES_ENVIRONMENT)
    assert list(belonging("none", var.parent.with_name(var.parent.name[:-1]), ())) == []


def test_one_that_prepares_the_code_is_found_by_where_it_works(var: Path, mark: str) -> None:
    code = var.parent / "srv" / "harbour"
    code.mkdir(parents=True)
    preparing = subprocess.Popen(["sleep", "600"], cwd=code, stdin=subprocess.DEVNULL, start_new_session=True)
    assert list(belonging(mark, var.parent, ())) == [preparing.pid]
    assert stop_all(mark, var.parent, ()) == []
    assert preparing.wait() is not None


def test_an_editor_in_the_repository_is_left_alone(var: Path, mark: str) -> None:
    repository = var.parent / "harbour"
    repository.mkdir()
    with subprocess.Popen(["sleep", "600"], cwd=repository, stdin=subprocess.DEVNULL, start_new_session=True) as editor:
        try:
            assert list(belonging(mark, var.parent, ())) == []
        finally:
            editor.kill()


def test_a_shell_that_looks_at_the_logs_is_left_alone(var: Path, mark: str) -> None:
    ours, its = pty.openpty()
    shell = subprocess.Popen(
        ["sleep", "600"],
        cwd=var,
        stdin=its,
        start_new_session=True,
        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
    )
    try:
        assert list(belonging(mark, var.parent, ())) == []
    finally:
        shell.kill()
        shell.wait()
        os.close(ours)
        os.close(its)


def test_the_caller_and_who_started_it_are_left_alone(var: Path, mark: str, monkeypatch: pytest.MonkeyPatch) -> None:
    code = (
        "import sys\nfrom pathlib import Path\nfrom prodproof.range.processes import belonging\n"
        "print(list(belonging(sys.argv[1], Path(sys.argv[2]), ())))"
    )
    caller = ["sh", "-c", f'"$0" -c "$1" {mark} {var.parent}; true', sys.executable, code]
    done = subprocess.run(caller, cwd=var, env={**os.environ, MARK: mark}, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_it_gets_nothing_of_the_callers_environment(start: Start, var: Path, mark: str) -> None:
    process = start("sh", "-c", "env; echo ready; exec sleep 600", GIVEN="yes")
    (log,) = var.glob("*.log")
    names = {line.split("=")[0] for line in log.read_text().splitlines() if "=" in line}
    assert names - {"PWD", "SHLVL", "_", "OLDPWD"} == {"PATH", "GIVEN", MARK}
    assert os.getsid(process.pid) == process.pid


def test_another_user_only_where_the_starter_is_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert as_user("nobody")[:2] == ("setpriv", "--reuid=nobody")
    assert as_user(None) == ()
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert as_user("nobody") == ()
