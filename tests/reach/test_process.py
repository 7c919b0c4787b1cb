"""Children are bounded in time and output, and do not inherit our secrets."""

import os
import sys
import time
from pathlib import Path

import pytest

from prodproof.facts import Reason, Unseen
from prodproof.reach.process import Finished, run


def python(code: str, **options: object) -> Finished | Unseen:
    arguments: dict[str, object] = {"timeout": 20.0, **options}
    return run([sys.executable, "-c", code], **arguments)  # type: ignore[arg-type]  # options are run's own


def test_output_code_and_input() -> None:
    answer = python("import sys; print(sys.stdin.read()[::-1]); print('e', file=sys.stderr); sys.exit(3)", stdin=b"abc")
    assert answer == Finished(3, b"cba\n", b"e\n")


def test_a_child_that_never_ends_is_killed_with_its_children(tmp_path: Path) -> None:
    code = f"""
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
open({str(tmp_path / "pid")!r}, "w").write(str(child.pid))
time.sleep(600)
"""
    answer = python(code, timeout=2.0)
    assert isinstance(answer, Unseen) and answer.why is Reason.TIMED_OUT
    stat = Path(f"/proc/{int((tmp_path / 'pid').read_text())}/stat")
    deadline = time.monotonic() + 20
    while stat.exists() and stat.read_text().rpartition(")")[2].split()[0] != "Z" and time.monotonic() < deadline:
        time.sleep(0.05)  # a killed process takes a moment to end
    assert not stat.exists() or stat.read_text().rpartition(")")[2].split()[0] == "Z"


def test_endless_output_is_cut_off() -> None:
    answer = python("while True: print('x' * 10000)", max_output=100_000)
    assert isinstance(answer, Unseen) and answer.why is Reason.INCOMPLETE


def test_large_input_and_output_do_not_block_each_other() -> None:
    answer = python("import sys; sys.stdout.write(sys.stdin.read())", stdin=b"y" * 3_000_000)
    assert isinstance(answer, Finished) and len(answer.stdout) == 3_000_000


def test_a_child_that_does_not_read_its_input_is_no_error() -> None:
    answer = python("pass", stdin=b"y" * 3_000_000)
    assert isinstance(answer, Finished) and answer.code == 0


def test_our_environment_stays_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "hidden")
    answer = python("import os; print(sorted(os.environ))", env={"GIVEN": "1"})
    assert isinstance(answer, Finished)
    names = answer.stdout.decode()
    assert "GIVEN" in names and "AWS_SECRET_ACCESS_KEY" not in names and "HOME" not in names


def test_what_is_not_installed_or_not_executable(tmp_path: Path) -> None:
    plain = tmp_path / "plain"
    plain.write_text("no program")
    os.chmod(plain, 0o644)
    missing, refused = run(["no-such-program-here"], timeout=1), run([plain], timeout=1)
    assert isinstance(missing, Unseen) and missing.why is Reason.TOOL_MISSING
    assert isinstance(refused, Unseen) and refused.why is Reason.DENIED


def test_a_program_gets_a_file_that_has_no_name() -> None:
    descriptor = os.memfd_create("given")
    try:
        os.write(descriptor, b"inherited")
        done = run(["cat", f"/dev/fd/{descriptor}"], timeout=30, inherit=(descriptor,))
    finally:
        os.close(descriptor)
    assert isinstance(done, Finished) and done.stdout == b"inherited"


def test_a_program_is_ended_when_it_is_told_to() -> None:
    found = run(["sleep", "600"], timeout=600, ending=lambda: True)
    assert isinstance(found, Unseen) and found.why is Reason.TIMED_OUT and "ended early" in found.detail
