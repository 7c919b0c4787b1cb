"""What every store of backups must do, whichever tool made them; on the real tools."""

import os
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from prodproof.facts import Reason, Unseen
from prodproof.reach import process
from prodproof.reach.backups.backup_store import BackupStore, Need, Restored, Sound
from tests.reach.backups.lab import PASSWORD
from tests.reach.backups.shelves import SHELVES, Shelf, missing_program, opened

every = pytest.mark.parametrize("name", list(SHELVES))


@pytest.fixture
def shelf(name: str, open_path: Path, request: pytest.FixtureRequest) -> Shelf:
    if program := missing_program(name):
        pytest.skip(f"{program} is not installed")
    (open_path / "work").mkdir()
    return SHELVES[name](open_path / "work", request)


@pytest.fixture
def filled(shelf: Shelf) -> BackupStore:
    return opened(shelf.filled(), shelf.folder)


def newest(store: BackupStore) -> Any:
    points = store.points()
    assert isinstance(points, tuple), points
    return points[0]


@every
def test_a_good_backup_is_listed_verified_and_comes_back(
    shelf: Shelf, into: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commands: list[str] = []
    spawn = process._spawn

    def watched(command: Any, cwd: Any, env: Any, *more: Any, **named: Any) -> Any:
        commands.extend([*map(os.fspath, command), *(env or {}).values()])
        return spawn(command, cwd, env, *more, **named)

    monkeypatch.setattr(process, "_spawn", watched)
    backup = shelf.filled()
    store = opened(backup, shelf.folder)
    points = store.points()
    assert isinstance(points, tuple) and points, points
    point = points[0]
    times = [moment for moment in (point.started, point.completed) if moment is not None]
    now = datetime.now(UTC)
    assert times and all(now - timedelta(hours=1) < moment <= now + timedelta(seconds=2) for moment in times)
    assert point.size is None or point.size > 0
    assert point.where and PASSWORD not in repr(point)

    for deep in (False, True):
        verified = store.verify(point, deep=deep)
        assert isinstance(verified, Sound), verified

    restored = store.restore(point, into)
    assert isinstance(restored, Restored), restored
    assert (restored.contents, restored.form) == (shelf.contents, shelf.form)
    assert restored.where == into or into in restored.where.parents
    assert restored.bytes > 0 and restored.files > 0
    shelf.check(restored)
    assert all(isinstance(need, Need) and need.name and need.came_from for need in restored.needed)
    references = {reference for reference in (backup.password, backup.credentials) if reference}
    assert references <= {need.name for need in restored.needed if need.what == "credential"}
    # No secret in arguments or in the environment of a program.
    assert not [word for word in commands if PASSWORD in word or "reading" in word]


@every
def test_an_empty_store_has_an_empty_list(shelf: Shelf) -> None:
    assert opened(shelf.empty(), shelf.folder).points() == ()


@every
def test_a_store_that_is_not_there_is_unseen(shelf: Shelf) -> None:
    found = opened(shelf.gone(), shelf.folder).points()
    assert isinstance(found, Unseen) and found.why is Reason.UNREACHABLE, found


@every
def test_nothing_is_restored_into_a_folder_that_is_open_or_in_use(filled: BackupStore, into: Path) -> None:
    point = newest(filled)
    (into / "other").write_text("mine")
    found = filled.restore(point, into)
    assert isinstance(found, Unseen) and found.why is Reason.NOT_PERMITTED, found
    (into / "other").unlink()
    into.chmod(0o755)
    found = filled.restore(point, into)
    assert isinstance(found, Unseen) and found.why is Reason.NOT_PERMITTED, found
    assert not any(into.iterdir())


@every
def test_a_restore_ends_when_it_is_told_to(filled: BackupStore, into: Path) -> None:
    found = filled.restore(newest(filled), into, ending=lambda: True)
    assert isinstance(found, Unseen) and found.why is Reason.TIMED_OUT, found


@pytest.fixture
def small(into: Path) -> Iterator[Path]:
    """A disk of one megabyte."""
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m,mode=0700", "tmpfs", os.fspath(into)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode != 0:
        pytest.skip("a small disk can be mounted by root alone")
    try:
        yield into
    finally:
        subprocess.run(["umount", os.fspath(into)], check=True)


@pytest.mark.parametrize("name", [name for name, shelf in SHELVES.items() if shelf.large])
def test_a_full_disk_is_named(filled: BackupStore, small: Path) -> None:
    found = filled.restore(newest(filled), small)
    assert isinstance(found, Unseen) and found.why is Reason.INCOMPLETE, found
    assert "disk is full" in found.detail
