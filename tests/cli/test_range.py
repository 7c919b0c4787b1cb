"""`prodproof range`: up, look, break, look, mend, down; beside each other, and after the starter was killed."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from prodproof.cli.main import app
from prodproof.range import Range, all_faults
from prodproof.range.processes import belonging
from tests.cli.conftest import Command

SHOWN = "exposure.hsts"


def processes_of(made: Range) -> list[int]:
    """The living processes of a range, by their mark and by where they work."""
    return list(belonging(made.identity, made.directory, ()))


def until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 120
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Where the ranges of this module lie; `harbour` is up, and nothing of it is left at the end."""
    folder = tmp_path_factory.mktemp("ranges")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PRODPROOF_RANGES", str(folder))
        started = CliRunner().invoke(app, ["range", "up", "--form", "embedded"])
        made = Range.open(folder / "harbour")
        try:
            assert started.exit_code == 0, started.output
            assert f"prodproof range break {SHOWN}" in started.output
            assert len(processes_of(made)) > 3
            yield folder
        finally:
            ended = CliRunner().invoke(app, ["range", "down"])
        assert (ended.exit_code, ended.output) == (0, "harbour is down; nothing of it is left\n")
        assert processes_of(made) == [] and list(folder.iterdir()) == []


@pytest.fixture
def healthy(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The same, mended after each test."""
    monkeypatch.setenv("PRODPROOF_RANGES", str(home))
    yield home
    made = Range.open(home / "harbour")
    if made.broken:
        made.mend()


@pytest.fixture
def nothing_up(tmp_path: Path) -> Path:
    """A place without ranges, where `own_home` lets them lie."""
    return tmp_path / "ranges"


# ---- one range


def test_status_tells_its_parts_and_what_is_broken(prodproof: Command, healthy: Path) -> None:
    before = prodproof("range", "status")
    assert before.code == 0
    assert before.out.startswith("harbour   embedded   https://harbour.example:8443 at 127.")
    assert "  ok  application\n" in before.out and "  not " not in before.out
    assert f"of {len(all_faults())} faults can be switched on here" in before.out
    assert "broken on purpose" not in before.out
    assert prodproof("range", "break", SHOWN).code == 0
    assert f"  broken on purpose: {SHOWN} (" in prodproof("range", "status").out


def test_a_part_that_ended_is_trouble(prodproof: Command, healthy: Path) -> None:
    made = Range.open(healthy / "harbour")
    (mail,) = [part for part in made.parts if part.name == "mail"]
    for pid in made.pids(mail):
        os.kill(pid, signal.SIGKILL)
    until(lambda: made.pids(mail) == ())
    answer = prodproof("range", "status")
    assert answer.code == 4 and "  not mail             stopped\n" in answer.out
    assert prodproof("range", "mend").code == 0
    assert prodproof("range", "status").code == 0


def test_what_is_broken_is_found_and_mended(prodproof: Command, healthy: Path, tmp_path: Path) -> None:
    def verdict() -> tuple[int, str]:
        file = tmp_path / "report.json"
        code = prodproof("range", "verify", "--only", SHOWN, "--format", "json", "-o", file).code
        (item,) = json.loads(file.read_text())["guarantees"]
        return code, item["verdict"]

    assert verdict() == (0, "holds")
    broken = prodproof("range", "break", SHOWN, "--variant", "1")
    assert broken.code == 0 and f"mend:  prodproof range mend {SHOWN}\n" in broken.out
    assert verdict() == (1, "broken")
    mended = prodproof("range", "mend", SHOWN)
    assert (mended.code, mended.out) == (0, "mended: everything is healthy\n")
    assert verdict() == (0, "holds")


def test_one_of_two_is_mended(prodproof: Command, healthy: Path) -> None:
    assert prodproof("range", "break", SHOWN).code == 0
    assert prodproof("range", "break", "supply.versions-pinned").code == 0
    assert prodproof("range", "mend", "supply.versions-pinned").out == f"mended; still broken on purpose: {SHOWN}\n"
    assert [item.guarantee for item in Range.open(healthy / "harbour").broken] == [SHOWN]
    assert prodproof("range", "mend").out == "mended: everything is healthy\n"


def test_the_faults_are_listed(prodproof: Command, nothing_up: Path) -> None:
    every = prodproof("range", "faults")
    assert every.code == 0
    assert [line for line in every.out.splitlines() if "." in line.split()[0]] == [
        fault.guarantee for fault in all_faults()
    ]
    one = prodproof("range", "faults", SHOWN).out.splitlines()
    assert one[0] == SHOWN and one[1].startswith("  0  ") and one[2].startswith("  1  ")
    some = prodproof("range", "faults", "exposure.*").out
    assert SHOWN in some and "supply." not in some


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["break", "exposure.nothing"], "there is no fault for exposure.nothing"),
        (["break", "hsts"], "there is no fault for hsts"),
        (["break", SHOWN, "--variant", "99"], f"{SHOWN} has variants 0 to "),
        (["break", SHOWN, "--name", "elsewhere"], "no range at "),
        (["mend", SHOWN], f"{SHOWN} is not broken; prodproof range status says what is"),
        (["mend", "a\x1b[31m"], "is not broken"),
        (["status", "--name", "elsewhere"], "no range at "),
        (["status", "--name", "../etc"], "lower-case letters, digits and hyphens"),
        (["down", "--name", ""], "lower-case letters, digits and hyphens"),
        (["faults", "exposure.n*thing"], "there is no fault for exposure.n*thing"),
        (["up", "--form", "embedded"], "is not empty: prodproof range down, or another --name"),
        (["up", "--form", "huge"], "huge"),
        (["explode"], "explode"),
    ],
)
def test_wrong_use(prodproof: Command, healthy: Path, arguments: list[str], says: str) -> None:
    answer = prodproof("range", *arguments)
    assert answer.code == 2
    assert says in answer.err and "\x1b" not in answer.err and "Traceback" not in answer.err


def test_broken_twice(prodproof: Command, healthy: Path) -> None:
    assert prodproof("range", "break", SHOWN).code == 0
    again = prodproof("range", "break", SHOWN)
    assert again.code == 2 and f"{SHOWN} is broken already: prodproof range mend {SHOWN}" in again.err


def test_while_another_command_changes_it(prodproof: Command, healthy: Path) -> None:
    with Range.open(healthy / "harbour").locked():
        answer = prodproof("range", "break", SHOWN)
        assert answer.code == 2 and "another command is changing the range" in answer.err
        assert prodproof("range", "mend").code == 2
        assert prodproof("range", "status").code == 0, "looking is free"
    assert Range.open(healthy / "harbour").broken == ()


@pytest.mark.parametrize(
    "arguments", [["status"], ["down"], ["break", SHOWN], ["mend"], ["verify"], ["shell"]], ids=lambda words: words[0]
)
def test_nothing_is_up(prodproof: Command, nothing_up: Path, arguments: list[str]) -> None:
    answer = prodproof("range", *arguments)
    assert answer.code == 2 and "prodproof range up" in answer.out + answer.err
    assert not nothing_up.exists()


# ---- several


def test_two_beside_each_other(prodproof: Command, healthy: Path, tmp_path: Path) -> None:
    up = prodproof("range", "up", "--form", "embedded", "--name", "second")
    second = Range.open(healthy / "second")
    try:
        assert up.code == 0, up.err
        assert f"prodproof range break {SHOWN} --name second" in up.out
        first = Range.open(healthy / "harbour")
        assert first.places.outside_of != second.places.outside_of
        assert prodproof("range", "break", SHOWN, "--name", "second").code == 0
        only = ("--only", SHOWN, "-o", tmp_path / "report.txt")
        assert prodproof("range", "verify", "--name", "second", *only).code == 1
        assert prodproof("range", "verify", *only).code == 0
        status = prodproof("range", "status")
        assert "other ranges: second" in status.out and "broken on purpose" not in status.out
    finally:
        down = prodproof("range", "down", "--name", "second")
    assert (down.code, processes_of(second), second.directory.exists()) == (0, [], False)
    assert prodproof("range", "status").code == 0


# ---- a starter that was killed


def processes_are_written_down(directory: Path) -> bool:
    return bool(json.loads((directory / "range.json").read_text())["processes"])


def the_shop_is_prepared(directory: Path) -> bool:
    """Django's commands run in the deployed code, started by the starter and written down nowhere."""
    found = subprocess.run(["find", "/proc", "-maxdepth", "2", "-name", "cwd", "-lname", f"{directory}/srv/*"],
        capture_output=True, text=True, check=False)  # fmt: skip
    return bool(found.stdout)


@pytest.mark.parametrize(
    "moment", [lambda directory: True, processes_are_written_down, the_shop_is_prepared],
    ids=["at once", "with its first processes", "while the shop is prepared"],
)  # fmt: skip
def test_nothing_is_left_of_a_range_whose_starter_was_killed(
    prodproof: Command, tmp_path: Path, moment: Callable[[Path], bool]
) -> None:
    directory = tmp_path / "ranges" / "killed"
    command = [sys.executable, "-c", "from prodproof.cli.main import run; run()"]
    starter = subprocess.Popen([*command, "range", "up", "--form", "embedded", "--name", "killed"])
    try:
        until((directory / "range.json").exists)
        until(lambda: moment(directory))
    finally:
        starter.kill()
        assert starter.wait() == -signal.SIGKILL, "it was to be killed in mid-start"
    made = Range.open(directory)
    down = prodproof("range", "down", "--name", "killed")
    assert down.code == 0, down.err
    assert processes_of(made) == []
    assert list((tmp_path / "ranges").iterdir()) == []
