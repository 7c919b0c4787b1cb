"""zizmor really run; and zizmor answering nonsense."""

from pathlib import Path

import pytest

from prodproof.facts import Reason, Unseen
from prodproof.reach.programs import find_program
from prodproof.reach.scanners.zizmor import Audit, audit

TITLE = b"""on: pull_request_target
permissions: {}
jobs:
  a:
    runs-on: ubuntu-24.04
    steps:
      - run: echo ${{ github.event.pull_request.title }} # zizmor: ignore[template-injection]
"""


@pytest.fixture(scope="module")
def zizmor() -> str:
    program = find_program("zizmor")
    if program is None:
        pytest.skip("zizmor is not installed")
    return program


def test_findings_by_file_and_a_file_that_cannot_be_parsed(zizmor: str) -> None:
    healthy = TITLE.replace(b"pull_request_target", b"push").replace(
        b"${{ github.event.pull_request.title }}", b"hello"
    )
    answer = audit(zizmor, {"bad.yml": TITLE, "good.yml": healthy, "broken.yml": b"jobs: ["}, {}, 60)
    assert isinstance(answer, Audit)
    assert set(answer.files) == {"bad.yml", "good.yml"}
    findings = answer.files["bad.yml"]
    assert not isinstance(findings, Unseen)
    assert {("template-injection", 7), ("dangerous-triggers", 1)} <= {(item.rule, item.line) for item in findings}
    assert answer.files["good.yml"] == ()


def test_nothing_that_can_be_parsed(zizmor: str) -> None:
    answer = audit(zizmor, {"broken.yml": b"\x00\xff"}, {}, 60)
    assert isinstance(answer, Audit)
    assert answer.files == {}


@pytest.mark.parametrize(
    ("script", "reason"),
    [("exit 1", Reason.INCOMPLETE), ("echo '{'", Reason.INCOMPLETE), ("sleep 30", Reason.TIMED_OUT)],
)
def test_a_tool_that_fails_is_unseen(tmp_path: Path, script: str, reason: Reason) -> None:
    program = tmp_path / "zizmor"
    program.write_text(f'#!/bin/sh\n[ "$1" = --version ] && echo zizmor 0 && exit 0\n{script}\n')
    program.chmod(0o755)
    answer = audit(str(program), {"a.yml": TITLE}, {}, 2)
    assert isinstance(answer, Unseen)
    assert answer.why is reason


def test_a_half_that_times_out_is_not_taken_for_one_that_cannot_be_parsed(tmp_path: Path) -> None:
    """The whole fails, so it is cut in two: one half is audited, the other does not end."""
    program = tmp_path / "zizmor"
    done = "echo ' INFO audit: completed ./.github/workflows/w00000.yml' >&2; echo '[]'; exit 0"
    program.write_text(
        '#!/bin/sh\n[ "$1" = --version ] && echo zizmor 0 && exit 0\ncd .github/workflows\n'
        f"[ -e w00000.yml ] && [ -e w00001.yml ] && exit 1\n[ -e w00000.yml ] && {{ {done}; }}\nsleep 30\n"
    )
    program.chmod(0o755)
    answer = audit(str(program), {"a.yml": TITLE, "b.yml": TITLE}, {}, 3)
    assert isinstance(answer, Audit)
    assert answer.files["a.yml"] == ()
    slow = answer.files["b.yml"]
    assert isinstance(slow, Unseen)
    assert slow.why is Reason.TIMED_OUT


def test_findings_of_an_unknown_form_are_not_taken_for_none(tmp_path: Path) -> None:
    program = tmp_path / "zizmor"
    line = '[{"ident": "x"}, 3, {"ident": "y", "determinations": {}, "locations": [{"symbolic": {"kind": "Primary"}}]}]'
    program.write_text(f"#!/bin/sh\necho '{line}'\necho ' INFO audit: completed ./.github/workflows/w00000.yml' >&2\n")
    program.chmod(0o755)
    answer = audit(str(program), {"a.yml": TITLE}, {}, 20)
    assert isinstance(answer, Unseen)
    assert answer.why is Reason.INCOMPLETE
