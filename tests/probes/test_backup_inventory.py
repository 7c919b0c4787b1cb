"""What each declared backup could restore."""

import gzip
import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from prodproof.facts import Observation, Proof, Reason
from prodproof.facts.backups import BackupInventory
from prodproof.facts.codec import decode, encode
from prodproof.facts.declared import Backup
from prodproof.facts.restore_points import Contents, Damage, Damaged, Sound
from prodproof.probes import backup_inventory
from prodproof.probes.backup_inventory import observe
from tests.probes.work import seen_by, why, world_of

_PLAIN = b"-- PostgreSQL database dump\n\nSELECT 1;\n\n-- PostgreSQL database dump complete\n"


def put(folder: Path, name: str, data: bytes, age: timedelta = timedelta()) -> None:
    (folder / "copies").mkdir(exist_ok=True)
    (folder / "copies" / name).write_bytes(data)
    moment = (datetime.now(UTC) - age).timestamp()
    os.utime(folder / "copies" / name, (moment, moment))


def look(folder: Path, backup: Backup) -> BackupInventory:
    found = seen_by(observe, world_of(folder), backup)
    assert isinstance(found, BackupInventory), found
    return found


NIGHTLY = Backup(
    name="nightly", kind="dump", path="copies/*.gz", store="database", keep=30 * 86400, offsite="another provider"
)


def test_points_with_their_ages_and_the_newest_verified(tmp_path: Path) -> None:
    for days in (21, 1, 0):
        put(tmp_path, f"shop-{days}.sql.gz", gzip.compress(_PLAIN), timedelta(days=days))
    found = look(tmp_path, NIGHTLY)
    assert [point.id for point in found.points] == [f"copies/shop-{days}.sql.gz" for days in (0, 1, 21)]
    ages = [datetime.now(UTC) - point.completed for point in found.points if point.completed]
    assert [age.days for age in ages] == [0, 1, 21]
    assert {(point.contents, point.form, point.encrypted) for point in found.points} == {
        (Contents.DUMP, "plain.gz", "")
    }
    (verified,) = found.verified
    assert verified.id == found.points[0].id and verified.deep and isinstance(verified.result, Sound)
    assert (found.store, found.keep, found.offsite) == ("database", 30 * 86400, "another provider")


def test_a_truncated_newest_copy(tmp_path: Path) -> None:
    put(tmp_path, "shop.sql.gz", gzip.compress(_PLAIN)[:-10])
    (verified,) = look(tmp_path, NIGHTLY).verified
    assert isinstance(verified.result, Damaged) and verified.result.damage is Damage.TRUNCATED


def test_the_fact_is_stored_and_read_back(tmp_path: Path) -> None:
    for data in (gzip.compress(_PLAIN), gzip.compress(_PLAIN)[:-10], b"age-encryption.org/v1\n"):
        put(tmp_path, "shop.sql.gz", data)
        found = look(tmp_path, NIGHTLY)
        assert decode(BackupInventory, encode(found)) == found


def test_a_large_copy_is_not_read_at_each_look(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backup_inventory, "READ_WHOLE", 10)
    put(tmp_path, "shop.sql.gz", gzip.compress(_PLAIN))
    (verified,) = look(tmp_path, NIGHTLY).verified
    assert not verified.deep


def test_an_empty_store_and_one_that_is_not_there(tmp_path: Path) -> None:
    assert why(seen_by(observe, world_of(tmp_path), NIGHTLY)) is Reason.UNREACHABLE
    (tmp_path / "copies").mkdir()
    found = look(tmp_path, NIGHTLY)
    assert (found.points, found.verified) == ((), ())


def test_a_store_that_we_may_not_read(tmp_path: Path) -> None:
    if os.geteuid() == 0:
        pytest.skip("root may read everything")
    put(tmp_path, "shop.sql.gz", gzip.compress(_PLAIN))
    (tmp_path / "copies").chmod(0)
    try:
        assert why(seen_by(observe, world_of(tmp_path), NIGHTLY)) is Reason.DENIED
    finally:
        (tmp_path / "copies").chmod(0o755)


def test_programs_are_not_run_without_trust(tmp_path: Path) -> None:
    backup = Backup(name="nightly", kind="restic", repository="/srv/restic", password="env:RESTIC")
    assert why(seen_by(observe, world_of(tmp_path), backup)) is Reason.NOT_PERMITTED


def test_a_password_that_is_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RESTIC_TEST", raising=False)
    backup = Backup(name="nightly", kind="restic", repository="/srv/restic", password="env:RESTIC_TEST")
    found = seen_by(observe, world_of(tmp_path, trusted=True), backup)
    assert why(found) is Reason.NOT_CONFIGURED


def test_when_the_oldest_copy_was_made_that_any_look_saw(tmp_path: Path) -> None:
    put(tmp_path, "shop-0.sql.gz", gzip.compress(_PLAIN), timedelta(days=1))
    first = look(tmp_path, NIGHTLY)
    assert first.begun == first.points[0].completed
    earlier = replace(first, begun=datetime(2026, 1, 2, tzinfo=UTC))

    def seen_before(before: BackupInventory) -> datetime | None:
        told = Observation[object](NIGHTLY.subject, before, datetime.now(UTC), "inside", Proof.INSIDE)
        world = replace(world_of(tmp_path), previous=lambda fact, subject: told)
        found = seen_by(observe, world, NIGHTLY)
        assert isinstance(found, BackupInventory)
        return found.begun

    assert seen_before(earlier) == earlier.begun
    assert seen_before(replace(earlier, place="elsewhere/*.gz")) == first.begun


def test_a_key_beside_the_copies(tmp_path: Path) -> None:
    put(tmp_path, "shop.sql.gz", gzip.compress(_PLAIN))
    put(tmp_path, "key.txt", b"AGE-SECRET-KEY-1QQQQ\n")
    assert look(tmp_path, NIGHTLY).keys_beside == (f"{tmp_path}/copies/key.txt",)
