"""Programs that outlive whoever started them are found by their mark, and ended."""

import os
import subprocess
import sys
import time
from pathlib import Path

from prodproof.reach.marked import MARK, end_marked


def started(mark: str, command: list[str]) -> "subprocess.Popen[bytes]":
    child = subprocess.Popen(command, env={**os.environ, MARK: mark}, start_new_session=True)
    while MARK.encode() not in Path(f"/proc/{child.pid}/environ").read_bytes():  # until it is the program
        time.sleep(0.01)
    return child


def over(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


def test_all_of_a_mark_are_ended_and_no_others() -> None:
    mine = [started("d-1.a", ["sleep", "60"]), started("d-1.a", ["sh", "-c", "trap '' TERM; sleep 60 & wait"])]
    other = started("d-1.ab", ["sleep", "60"])
    end_marked("d-1.a")
    assert all(child.poll() is not None for child in mine)
    assert other.poll() is None
    other.kill()
    other.wait()


def test_children_of_children_are_ended_too() -> None:
    code = "import subprocess, sys; c = subprocess.Popen(['sleep', '60']); print(c.pid, flush=True); c.wait()"
    child = subprocess.Popen(
        [sys.executable, "-c", code], env={**os.environ, MARK: "d-2.b"}, stdout=subprocess.PIPE, start_new_session=True
    )
    assert child.stdout is not None
    grandchild = int(child.stdout.readline())
    child.kill()
    child.wait()
    child.stdout.close()
    assert os.path.exists(f"/proc/{grandchild}")
    end_marked("d-2.b")
    deadline = time.monotonic() + 10
    while not over(grandchild):
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_nothing_to_end_is_no_error() -> None:
    end_marked("nobody")
