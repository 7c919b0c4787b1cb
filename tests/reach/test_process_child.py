"""Programs that are read while they run: bounded in silence, never left behind."""

import os
import subprocess
import time

import pytest

from prodproof.facts import Reason, Unseen
from prodproof.reach.process import Child, started


def gone(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


def everything(child: Child) -> bytes:
    view = memoryview(bytearray(1000))
    read = b""
    while True:
        child.wait(20)
        count = child.read_into(view)
        if not count:
            return read
        read += bytes(view[:count])


def test_what_goes_in_comes_out_however_much_it_is() -> None:
    sent, received = memoryview(os.urandom(3_000_000)), b""
    view = memoryview(bytearray(100_000))
    rest = sent
    with started(["cat"], stdin=subprocess.PIPE) as child:
        assert isinstance(child, Child)
        while True:
            takes, gives = child.wait(20)
            if takes:
                rest = rest[child.write(rest) :] if rest else rest
                if not rest:
                    child.end_input()
            if gives:
                count = child.read_into(view)
                if not count:
                    break
                received += bytes(view[:count])
        assert child.code() == 0
    assert received == sent


def test_how_it_ended_is_told() -> None:
    with started(["sh", "-c", "echo out; echo first >&2; echo last >&2; exit 3"]) as child:
        assert isinstance(child, Child)
        assert everything(child) == b"out\n"
        assert (child.code(), child.error_line()) == (3, "last")
        assert child.messages() == "first\nlast\n"
    with started(["sh", "-c", "kill -9 $$"]) as child:
        assert isinstance(child, Child)
        assert everything(child) == b""
        assert (child.code(), child.error_line()) == (-9, "it ended early")


def test_silence_is_bounded_and_the_group_is_killed() -> None:
    with started(["sh", "-c", "sleep 60 & echo $!; wait"]) as child:
        assert isinstance(child, Child)
        child.wait(20)
        view = memoryview(bytearray(20))
        pid = int(bytes(view[: child.read_into(view)]))
        with pytest.raises(TimeoutError):
            child.wait(0.05)
    deadline = time.monotonic() + 20
    while not gone(pid) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert gone(pid)


def test_one_that_closes_its_output_and_goes_on_does_not_end() -> None:
    with started(["sh", "-c", "exec 1>&-; sleep 60"]) as child:
        assert isinstance(child, Child)
        assert everything(child) == b"" and not child.ends(0.1)
    with started(["true"]) as child:
        assert isinstance(child, Child)
        assert everything(child) == b"" and child.ends(20)


def test_input_to_what_has_ended_is_dropped() -> None:
    with started(["true"], stdin=subprocess.PIPE) as child:
        assert isinstance(child, Child)
        assert child.code() == 0
        assert child.write(b"12345") == 5
        child.end_input()
        child.end_input()


def test_it_has_none_of_our_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_OF_OURS", "1")
    with started(["env"], env={"GIVEN": "2"}) as child:
        assert isinstance(child, Child)
        told = everything(child)
    assert b"SECRET_OF_OURS" not in told
    assert b"GIVEN=2" in told


def test_what_is_not_installed_is_told() -> None:
    with started(["there-is-no-such-program"]) as child:
        assert isinstance(child, Unseen)
        assert child.why is Reason.TOOL_MISSING
