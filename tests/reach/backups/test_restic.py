"""Repositories of restic that are damaged, locked, or closed to us."""

import os
import subprocess
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from prodproof.facts import Reason, Unseen
from prodproof.facts.declared import Backup
from prodproof.reach.backups.backup_store import (
    BackupStore,
    Damage,
    Damaged,
    PointKind,
    Restored,
    RestorePoint,
    Sound,
    open_store,
)
from tests.reach.backups.shelves import Bucket, Restic, declared, missing_program, opened
from tests.servers.aws import REGION

pytestmark = pytest.mark.skipif(bool(missing_program("restic")), reason="restic is not installed")


@pytest.fixture
def shelf(tmp_path: Path, request: pytest.FixtureRequest) -> Restic:
    made = Restic(tmp_path, request)
    made.filled()
    return made


@pytest.fixture
def store(shelf: Restic) -> BackupStore:
    return opened(shelf.backup, shelf.folder)


def newest(store: BackupStore) -> RestorePoint:
    points = store.points()
    assert isinstance(points, tuple) and points, points
    return points[0]


def pack(shelf: Restic) -> Path:
    """The file of the repository that holds the most."""
    return max((shelf.folder / "restic" / "data").rglob("*"), key=lambda path: path.stat().st_size * path.is_file())


def change(place: Path, data: bytes) -> None:
    place.chmod(0o600)
    place.write_bytes(data)


def test_what_a_snapshot_says(store: BackupStore) -> None:
    point = newest(store)
    assert (point.kind, point.encrypted, len(point.id)) == (PointKind.SNAPSHOT, "AES-256 (restic)", 64)
    assert point.completed is None and point.started is not None
    assert point.restored_size is not None and 3 << 20 < point.restored_size < 4 << 20


def test_a_valid_snapshot_of_three_weeks_ago_says_its_age(shelf: Restic, store: BackupStore) -> None:
    shelf.run("forget", "latest")
    old = datetime.now(UTC) - timedelta(days=21)
    shelf.run("backup", "--time", f"{old:%Y-%m-%d %H:%M:%S}", "media")
    point = newest(store)
    assert point.started is not None and abs(point.started - old) < timedelta(hours=15)  # its clock is local time
    assert isinstance(store.verify(point, deep=False), Sound)


def test_the_newest_comes_first(shelf: Restic, store: BackupStore) -> None:
    shelf.run("backup", "--time", "2020-01-01 00:00:00", "media")
    points = store.points()
    assert isinstance(points, tuple) and len(points) == 2
    assert points[1].started is not None and points[1].started.year in (2019, 2020)


@pytest.mark.parametrize("deep", [False, True])
def test_a_truncated_pack(shelf: Restic, store: BackupStore, deep: bool) -> None:
    change(pack(shelf), pack(shelf).read_bytes()[:-1000])
    found = store.verify(newest(store), deep=deep)
    assert isinstance(found, Damaged) and found.damage is Damage.TRUNCATED, found


def test_a_missing_pack(shelf: Restic, store: BackupStore) -> None:
    pack(shelf).unlink()
    found = store.verify(newest(store), deep=False)
    assert isinstance(found, Damaged) and found.damage is Damage.MISSING, found


def test_a_changed_byte(shelf: Restic, store: BackupStore, into: Path) -> None:
    point, data = newest(store), bytearray(pack(shelf).read_bytes())
    data[1000] ^= 0xFF
    change(pack(shelf), bytes(data))
    found = store.verify(point, deep=True)
    assert isinstance(found, Damaged) and found.damage is Damage.CORRUPT, found
    restored = store.restore(point, into)
    assert isinstance(restored, Damaged) and restored.damage is Damage.CORRUPT, restored


def test_a_snapshot_that_cannot_be_read_is_the_newest(shelf: Restic, store: BackupStore, into: Path) -> None:
    shelf.run("backup", "media")
    broken = next((shelf.folder / "restic" / "snapshots").iterdir())
    change(broken, broken.read_bytes()[:20])
    points = store.points()
    assert isinstance(points, tuple) and len(points) == 2
    assert points[0].trouble and broken.name.startswith(points[0].id) and not points[1].trouble
    assert isinstance(store.verify(points[0], deep=False), Damaged)
    assert isinstance(store.restore(points[0], into), Damaged)


def test_the_wrong_password(shelf: Restic, store: BackupStore, into: Path) -> None:
    point = newest(store)
    (shelf.folder / "password").write_text("another")
    refused = opened(shelf.backup, shelf.folder)
    for found in (refused.points(), refused.verify(point, deep=True), refused.restore(point, into)):
        assert isinstance(found, Unseen) and found.why is Reason.DENIED, found
        assert "password is refused" in found.detail


def test_a_locked_repository(shelf: Restic, store: BackupStore, into: Path) -> None:
    point = newest(store)
    # A lock as `restic prune` leaves it when it is killed: encrypted, so it is made by restic itself.
    script = "exec restic --no-cache --password-file password --repo restic check --read-data --limit-download 50"
    running = subprocess.Popen(
        ["sh", "-c", script], cwd=shelf.folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        env={"PATH": os.environ["PATH"], "HOME": str(shelf.folder)},
    )  # fmt: skip
    try:
        locks = shelf.folder / "restic" / "locks"
        until = datetime.now(UTC) + timedelta(seconds=60)
        while not [file for file in locks.iterdir() if len(file.name) == 64]:
            assert running.poll() is None and datetime.now(UTC) < until
    finally:
        running.kill()
        running.wait()
    for found in (store.verify(point, deep=True), store.restore(point, into)):
        assert isinstance(found, Unseen) and found.why is Reason.INCOMPLETE, found
        assert "locked since" in found.detail and "restic unlock" in found.detail
    # A list takes no lock.
    assert isinstance(store.points(), tuple)


def test_nothing_is_written_to_the_repository(shelf: Restic, store: BackupStore, into: Path) -> None:
    def state() -> dict[str, float]:
        return {str(path): path.stat().st_mtime for path in (shelf.folder / "restic").rglob("*")}

    before = state()
    point = newest(store)
    store.verify(point, deep=False)
    assert isinstance(store.restore(point, into), Restored)
    assert state() == before


def test_without_trust_or_a_password_nothing_is_run(shelf: Restic) -> None:
    system = replace(declared(shelf.folder), trusted=False)
    found = open_store(shelf.backup, system)
    assert isinstance(found, Unseen) and found.why is Reason.NOT_PERMITTED
    (shelf.folder / "password").unlink()
    found = open_store(shelf.backup, declared(shelf.folder))
    assert isinstance(found, Unseen) and found.why is Reason.NOT_CONFIGURED, found


def test_without_restic(shelf: Restic, store: BackupStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("prodproof.reach.backups._bench.find_program", lambda name: None)
    found = store.points()
    assert isinstance(found, Unseen) and found.why is Reason.TOOL_MISSING


def test_a_repository_in_a_bucket(shelf: Restic, into: Path, request: pytest.FixtureRequest) -> None:
    bucket = Bucket(shelf.folder, request)
    place = bucket.empty()
    repository = f"s3:{place.url}/{place.repository.split('/')[2]}"
    env = {"PATH": os.environ["PATH"], "HOME": str(shelf.folder), "AWS_ACCESS_KEY_ID": "setup",
           "AWS_SECRET_ACCESS_KEY": "setup", "AWS_DEFAULT_REGION": REGION}  # fmt: skip
    for words in (("init",), ("backup", "media")):
        command = ["restic", "--quiet", "--no-cache", "--password-file", "password", "--repo", repository, *words]
        subprocess.run(command, cwd=shelf.folder, env=env, check=True, timeout=60, capture_output=True)
    store = opened(
        Backup(name="n", kind="restic", repository=repository, password="file:password", credentials="file:keys",
               region=REGION), shelf.folder)  # fmt: skip
    restored = store.restore(newest(store), into)
    assert isinstance(restored, Restored), restored
    assert {need.name for need in restored.needed if need.what == "credential"} == {"file:password", "file:keys"}
