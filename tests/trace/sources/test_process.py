"""Processes: their environments and command lines, and what may not be read."""

import os
import secrets
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from prodproof.facts import Reason
from prodproof.trace.sources.process import ProcessSource
from tests.trace.sources.reading import read

SLEEP = "import sys; sys.stdin.read()"


@pytest.fixture
def value() -> str:
    """A secret that stands nowhere else."""
    return secrets.token_urlsafe(24)


@pytest.fixture
def child(value: str) -> "Iterator[subprocess.Popen[bytes]]":
    """A process that was handed a secret in its environment and another one as an argument."""
    command = [sys.executable, "-c", SLEEP, f"--password={value}-argument"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, env={"KEY": f"{value}-variable", "OTHER": "a\nb"}) as process:
        _started(process)
        yield process
        assert process.stdin
        process.stdin.close()
        process.wait(30)


def _started(process: "subprocess.Popen[bytes]") -> None:
    # Between fork and exec it still has its parent's memory.
    while b"--password" not in Path(f"/proc/{process.pid}/cmdline").read_bytes():
        assert process.poll() is None


def test_environment_and_command_line_of_a_process_are_read(child: "subprocess.Popen[bytes]", value: str) -> None:
    found = read(ProcessSource("process:"))
    name = Path(f"/proc/{child.pid}/comm").read_text().strip()
    assert found.where(f"{value}-variable".encode()) == {f"{child.pid} {name}!environ"}
    assert found.where(f"{value}-argument".encode()) == {f"{child.pid} {name}!cmdline"}
    assert b"\nOTHER=a\nb\n" in found.items[f"{child.pid} {name}!environ"]
    assert b"\0" not in found.items[f"{child.pid} {name}!cmdline"].rstrip(b"\0")


def test_one_process_can_be_named(child: "subprocess.Popen[bytes]", value: str) -> None:
    found = read(ProcessSource(f"process:{child.pid}", child.pid))
    assert {path.split()[0] for path in found.items} == {str(child.pid)}
    assert len(found.where(value.encode())) == 2
    assert not found.gaps


def test_a_process_that_was_named_and_does_not_run_is_a_gap(child: "subprocess.Popen[bytes]") -> None:
    child.kill()
    child.wait(30)
    found = read(ProcessSource(f"process:{child.pid}", child.pid))
    assert found.reasons(str(child.pid)) == {Reason.UNREACHABLE}


def test_a_process_that_ended_meanwhile_is_no_gap(child: "subprocess.Popen[bytes]", value: str) -> None:
    parts = list(ProcessSource("process:").parts(1))
    child.kill()
    child.wait(30)
    source = ProcessSource("process:")
    source.parts = lambda count: iter(parts)  # type: ignore[method-assign]  # the shares as they were made before
    found = read(source)
    assert not found.where(value.encode())
    assert not any(str(child.pid) in path or why is not Reason.DENIED for path, why, _ in found.gaps)


def test_the_search_itself_and_its_parents_are_left_out_and_that_is_said() -> None:
    source = ProcessSource("process:")
    found = read(source)
    own = {str(os.getpid()), str(os.getppid())} - {"1"}
    assert not own & {path.split()[0] for path in found.items}
    assert all(pid in source.left_out[0] for pid in own)


def test_a_name_cannot_look_like_another_path_or_write_to_the_terminal(value: str) -> None:
    program = f"import ctypes, sys; ctypes.CDLL(None).prctl(15, b'a)!\\x1b[1m b(', 0, 0, 0); print(); {SLEEP}"
    command = [sys.executable, "-uc", program, value]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout and process.stdin
        process.stdout.readline()
        found = read(ProcessSource(f"process:{process.pid}", process.pid))
        process.stdin.close()
        process.wait(30)
    assert f"{process.pid} a)??[1m b(!cmdline" in found.items


def test_the_positive_control_reads_this_process(tmp_path: Path) -> None:
    assert ProcessSource("process:").control() is None
    missing = ProcessSource("process:", proc=tmp_path).control()
    assert missing is not None
    assert missing.why is Reason.DENIED


def test_no_proc_file_system_is_a_gap(tmp_path: Path) -> None:
    found = read(ProcessSource("process:", proc=tmp_path / "none"))
    assert found.reasons("") == {Reason.DENIED}


READ_AS_NOBODY = """
import os, sys
from tests.trace.sources.reading import read
from prodproof.trace.sources.process import ProcessSource
os.setgroups([]); os.setgid(65534); os.setuid(65534)
found = read(ProcessSource("process:"))
value = sys.stdin.read().encode()
print(sorted(path.rpartition("!")[2] for path in found.where(value)))
print([(path, str(why), detail.split()[3].isdecimal()) for path, why, detail in found.gaps if path == "environment"])
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_environments_of_others_are_one_gap_and_their_command_lines_are_read(
    child: "subprocess.Popen[bytes]", value: str
) -> None:
    # It reads the value from its input: in its own command line it would be found there.
    finished = subprocess.run(
        [sys.executable, "-c", READ_AS_NOBODY], input=f"{value}-argument", text=True, capture_output=True, timeout=60,
        env={"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    )  # fmt: skip
    if "PermissionError" in finished.stderr:
        pytest.skip("this installation is not readable for others")
    assert finished.stdout.splitlines() == ["['cmdline']", "[('environment', 'denied', True)]"], finished.stderr
