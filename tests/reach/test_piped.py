"""A program whose output is read as it comes."""

import os
import sys
import time
from pathlib import Path

import pytest

from prodproof.reach.piped import Piped

BUFFER = 1000


def output(piped: Piped) -> bytes:
    """All of it, in small pieces."""
    found = bytearray()
    buffer = memoryview(bytearray(BUFFER))
    while count := piped.readinto(buffer):
        found += buffer[:count]
    return bytes(found)


def python(program: str) -> list[str]:
    """A command that runs a program of Python."""
    return [sys.executable, "-c", program]


def test_output_and_messages_are_read_beside_each_other() -> None:
    program = "import sys\nfor n in range(200): print('o' * 999); print('e' * 999, file=sys.stderr)\nsys.exit(3)"
    with Piped(python(program), silence=60) as piped:
        assert output(piped) == (b"o" * 999 + b"\n") * 200
        assert piped.code() == 3
        assert not piped.silent
        assert set(piped.messages) == {"e", "\n"}


def test_silence_ends_it() -> None:
    with Piped(["sleep", "600"], silence=0.2) as piped:
        assert output(piped) == b""
        assert piped.silent
        assert piped.code() is None


def test_whatever_it_started_is_killed_at_the_end(tmp_path: Path) -> None:
    script = f"sleep 600 & echo $! > {tmp_path}/pid; echo started; wait"
    with Piped(["sh", "-c", script], silence=60) as piped:
        assert piped.readinto(memoryview(bytearray(BUFFER))) == len("started\n")
    started = Path(f"/proc/{(tmp_path / 'pid').read_text().strip()}/stat")
    deadline = time.monotonic() + 60
    # The signal was sent; until the first process of the system takes note, what it ended is a zombie.
    while started.exists() and started.read_text().rpartition(")")[2].split()[0] not in ("Z", "X"):
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_it_gets_none_of_our_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("API_KEY", "for-tests-only")
    with Piped(python("import os; print(os.environ)"), silence=60, env={"LC_ALL": "C"}) as piped:
        found = output(piped)
    assert b"API_KEY" not in found
    assert b"LC_ALL" in found


def test_a_program_that_does_not_exist_is_an_error() -> None:
    before = len(os.listdir("/proc/self/fd"))
    with pytest.raises(FileNotFoundError):
        Piped(["/does/not/exist"], silence=1)
    assert len(os.listdir("/proc/self/fd")) == before
