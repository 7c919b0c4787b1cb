"""Several writers at once, a killed writer, a full disk: the chain stays whole."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from prodproof.ledger import Ledger, LedgerError, Run, open_ledger
from prodproof.ledger.store import Store
from tests.ledger.conftest import Make
from tests.ledger.samples import AT, STEP, fill, observation, survey

Location = tuple[Path | None, str | None]

WRITER = """
import sys
from pathlib import Path
from prodproof.ledger import open_ledger
from tests.ledger.samples import AT, STEP, observation, survey
place, name, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
state, url = (None, place) if place.startswith("postgresql:") else (Path(place), None)
with open_ledger(state, url, system="shop") as ledger:
    print("open", flush=True)
    run = ledger.start_run("production", AT, id=name)
    number = 0
    while number != count:
        ledger.append_surveys(run, f"{STEP} {name}", [survey(observation(purpose=f"{name} {number}"))])
        number += 1
"""


def start(location: Location, name: str, count: int) -> "subprocess.Popen[bytes]":
    place = str(location[0] or location[1])
    return subprocess.Popen(
        [sys.executable, "-c", WRITER, place, name, str(count)],
        cwd=Path(__file__).parents[2],
        stdout=subprocess.PIPE,
    )


def test_processes_that_write_at_once_make_one_chain(location: Location) -> None:
    writers = [start(location, f"writer-{number}", 25) for number in range(4)]
    assert [writer.communicate(timeout=240) and writer.returncode for writer in writers] == [0] * 4

    with open_ledger(*location, system="shop") as ledger:
        found = ledger.verify()
        assert found.ok and found.entries == 4 * 26
        names = [f"writer-{number}" for number in range(4)]
        latest = ledger.latest_surveys([f"{STEP} {name}" for name in names], "production")
        assert [latest[f"{STEP} {name}"] for name in names] == [
            ledger.latest_surveys([f"{STEP} {name}"], "production")[f"{STEP} {name}"] for name in names
        ]
        assert len(ledger.runs("production")) == 4


def test_a_writer_that_is_killed_at_any_moment_leaves_a_whole_chain(location: Location) -> None:
    chance = random.Random(20260301)
    entries = 0
    for attempt in range(6):
        writer = start(location, f"killed-{attempt}", -1)
        assert writer.stdout is not None and writer.stdout.readline() == b"open\n"
        time.sleep(chance.uniform(0.0, 0.25))
        os.kill(writer.pid, signal.SIGKILL)
        writer.communicate()
        with open_ledger(*location, system="shop") as ledger:
            found = ledger.verify()
            assert found.ok and found.entries >= entries
            entries = found.entries
            fill(ledger, runs=1)
            entries += 5
            assert ledger.verify().ok


@pytest.fixture
def small_disk(tmp_path: Path) -> Path:
    """A file system with room for little."""
    if os.geteuid() != 0:
        pytest.skip("mounting a small file system needs root")
    path = tmp_path / "small"
    path.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(path)], capture_output=True, check=False
    )
    if mounted.returncode != 0:
        pytest.skip(f"a small file system cannot be mounted here: {mounted.stderr.decode().strip()}")
    return path


def test_a_full_disk_is_one_clear_error_and_a_whole_chain(small_disk: Path) -> None:
    try:
        ledger = open_ledger(small_disk / "state", system="shop")
        run = ledger.start_run("production", AT)
        with pytest.raises(LedgerError, match=r"ledger\.sqlite3: .*(full|I/O).*: .*nothing was half-written") as caught:
            write_until_it_fails(ledger, run)
        assert "\n" not in str(caught.value)
        before = ledger.verify()
        assert before.ok and before.entries > 1
        ledger.close()
        with open_ledger(small_disk / "state", system="shop") as again:
            assert again.verify() == before
    finally:
        subprocess.run(["umount", "-l", str(small_disk)], check=True)


def test_a_database_that_may_not_grow_is_one_clear_error_and_a_whole_chain(make: Make) -> None:
    ledger = make()
    run = fill(ledger, runs=1)
    limit(ledger, 40)
    with pytest.raises(LedgerError, match="no space is left"):
        write_until_it_fails(ledger, run)
    before = ledger.verify()
    assert before.ok
    limit(ledger, 100_000)
    ledger.append_surveys(run, STEP, [survey()])
    assert ledger.verify().ok and ledger.verify().entries == before.entries + 1


def write_until_it_fails(ledger: Ledger, run: Run) -> None:
    for number in range(1000):
        ledger.append_surveys(run, STEP, [survey(observation(purpose=f"{number} " + "x" * 20_000))])


def limit(ledger: Ledger, pages: int) -> None:
    """Bound the size of an open SQLite ledger."""

    def set_limit() -> None:
        with ledger._store.connection.cursor() as cursor:
            cursor.execute(f"PRAGMA max_page_count = {pages}")

    ledger._do(set_limit)


def test_a_failed_append_leaves_nothing_of_itself(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    ledger = make()
    run = fill(ledger, runs=1)
    before = ledger.verify()

    def fail(*arguments: object) -> None:
        raise RuntimeError("in the middle")

    monkeypatch.setattr(Store, "move_head", fail)
    with pytest.raises(RuntimeError, match="in the middle"):
        ledger.append_surveys(run, "a step that was never seen", [survey(observation("new.example"))])
    monkeypatch.undo()
    assert ledger.verify() == before
    ledger.append_surveys(run, "a step that was never seen", [survey(observation("new.example"))])
    assert ledger.verify().ok
