"""Repositories of BorgBackup that are damaged, locked, or closed to us."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from prodproof.facts import Reason, Unseen
from prodproof.reach.backups.backup_store import BackupStore, Damage, Damaged, Restored, RestorePoint, Sound
from tests.reach.backups.shelves import Borg, missing_program, opened

pytestmark = pytest.mark.skipif(bool(missing_program("borg")), reason="borg is not installed")


@pytest.fixture
def shelf(tmp_path: Path, request: pytest.FixtureRequest) -> Borg:
    made = Borg(tmp_path, request)
    made.filled()
    return made


@pytest.fixture
def store(shelf: Borg) -> BackupStore:
    return opened(shelf.backup, shelf.folder)


def newest(store: BackupStore) -> RestorePoint:
    points = store.points()
    assert isinstance(points, tuple) and points, points
    return points[0]


def segment(shelf: Borg) -> Path:
    """The file of the repository that holds the most."""
    return max((shelf.folder / "borg" / "data").rglob("*"), key=lambda path: path.stat().st_size * path.is_file())


def test_a_valid_archive_of_three_weeks_ago_says_its_age(shelf: Borg, store: BackupStore) -> None:
    old = datetime.now(UTC).replace(microsecond=0) - timedelta(days=21)
    shelf.run("delete", "borg::first")
    shelf.run("create", f"--timestamp={old:%Y-%m-%dT%H:%M:%S}", "borg::old", "media")
    point = newest(store)
    assert (point.id, point.started, point.encrypted) == ("old", old, "repokey (borg)")
    assert point.restored_size is not None and 3 << 20 < point.restored_size < 4 << 20
    assert isinstance(store.verify(point, deep=True), Sound)


def test_an_archive_that_is_not_encrypted(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    shelf = Borg(tmp_path, request)
    shelf.run("init", "--encryption=none", "borg")
    (tmp_path / "media").mkdir()
    shelf.run("create", "borg::first", "media")
    assert newest(opened(replace(shelf.backup, password=None), tmp_path)).encrypted == ""


@pytest.mark.parametrize(
    ("harm", "expected"),
    [("truncate", Damage.TRUNCATED), ("change", Damage.CORRUPT), ("remove", Damage.MISSING)],
)
def test_a_damaged_segment(shelf: Borg, store: BackupStore, into: Path, harm: str, expected: Damage) -> None:
    point, place = newest(store), segment(shelf)
    data = bytearray(place.read_bytes())
    data[5000] ^= 0xFF
    if harm == "remove":
        place.unlink()
    else:
        place.write_bytes(place.read_bytes()[:-5000] if harm == "truncate" else bytes(data))
    found = store.verify(point, deep=True)
    assert isinstance(found, Damaged) and found.damage is expected, found
    restored = store.restore(point, into)
    assert isinstance(restored, Damaged), restored


def test_the_wrong_password(shelf: Borg, store: BackupStore, into: Path) -> None:
    point = newest(store)
    (shelf.folder / "password").write_text("another")
    refused = opened(shelf.backup, shelf.folder)
    for found in (refused.points(), refused.verify(point, deep=True), refused.restore(point, into)):
        assert isinstance(found, Unseen) and found.why is Reason.DENIED, found
        assert "password is refused" in found.detail


def test_a_locked_repository(shelf: Borg, store: BackupStore, into: Path) -> None:
    point = newest(store)
    lock = shelf.folder / "borg" / "lock.exclusive"
    lock.mkdir()
    (lock / "backup-host@123.4567-0").touch()
    for found in (store.verify(point, deep=True), store.restore(point, into)):
        assert isinstance(found, Unseen) and found.why is Reason.INCOMPLETE, found
        assert "locked by backup-host" in found.detail


def test_data_is_never_written(shelf: Borg, store: BackupStore, into: Path) -> None:
    def state() -> dict[str, float]:
        return {str(path): path.stat().st_mtime for path in (shelf.folder / "borg").rglob("*")}

    before = state()
    point = newest(store)
    assert isinstance(store.restore(point, into), Restored)
    assert state() == before
    assert isinstance(store.verify(point, deep=True), Sound)
    after = state()
    # `borg check` notes in the repository how far it came.
    changed = {Path(name).name for name in before | after if before.get(name) != after.get(name)}
    assert changed <= {"config", "nonce", "borg"}


def test_a_folder_that_is_no_repository(shelf: Borg) -> None:
    found = opened(replace(shelf.backup, repository="media"), shelf.folder).points()
    assert isinstance(found, Unseen) and found.why is Reason.UNREACHABLE, found
