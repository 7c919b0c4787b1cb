"""Buckets and snapshots at AWS, against moto."""

import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from prodproof.facts import Reason, Unseen
from prodproof.facts.declared import Backup
from prodproof.reach.backups._aws import unseen
from prodproof.reach.backups.backup_store import BackupStore, Contents, Damage, Damaged, PointKind, Restored, Sound
from tests.reach.backups.shelves import ROW, Bucket, opened
from tests.reach.backups.test_archives import archive_of, file
from tests.reach.backups.test_dumps import point_of
from tests.servers.aws import REGION, AwsServer


@pytest.fixture
def bucket(tmp_path: Path, request: pytest.FixtureRequest) -> Bucket:
    return Bucket(tmp_path, request)


def put(bucket: Bucket, backup: Backup, key: str, data: bytes) -> None:
    bucket.client.put_object(Bucket=backup.repository.split("/")[2], Key=f"copies/{key}", Body=data)


def store_of(bucket: Bucket, backup: Backup) -> BackupStore:
    return opened(backup, bucket.folder)


def test_what_an_object_says(bucket: Bucket) -> None:
    backup = bucket.filled()
    point = point_of(store_of(bucket, backup))
    assert point.id == "copies/shop.tar.gz" and point.encrypted == "AES256 (server side)"
    assert point.where.startswith(backup.repository)


def test_until_when_an_object_is_locked(bucket: Bucket) -> None:
    name = f"b-{os.urandom(6).hex()}"
    bucket.client.create_bucket(
        Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION}, ObjectLockEnabledForBucket=True
    )
    until = datetime.now(UTC).replace(microsecond=0) + timedelta(days=30)
    bucket.client.put_object(
        Bucket=name, Key="copies/shop.dump", Body=b"x", ObjectLockMode="COMPLIANCE", ObjectLockRetainUntilDate=until
    )
    assert point_of(store_of(bucket, bucket._declared(name))).keep_until == until


def test_a_truncated_object(bucket: Bucket, into: Path) -> None:
    backup = bucket.empty()
    put(bucket, backup, "shop.tar.gz", archive_of(file("a", os.urandom(5000)), mode="w:gz")[:-1000])
    store = store_of(bucket, backup)
    for found in (store.verify(point_of(store), deep=True), store.restore(point_of(store), into)):
        assert isinstance(found, Damaged) and found.damage is Damage.TRUNCATED, found


def test_an_empty_object(bucket: Bucket) -> None:
    backup = bucket.empty()
    put(bucket, backup, "shop.dump", b"")
    store = store_of(bucket, backup)
    for deep in (False, True):
        found = store.verify(point_of(store), deep=deep)
        assert isinstance(found, Damaged) and found.damage is Damage.EMPTY, found


def test_a_mirror_of_files_is_one_point(bucket: Bucket, into: Path) -> None:
    backup = bucket.empty()
    put(bucket, backup, "media/a.png", b"\x89PNG")
    put(bucket, backup, "media/deep/note.txt", ROW.encode())
    store = store_of(bucket, backup)
    point = point_of(store)
    assert (point.kind, point.size) == (PointKind.SNAPSHOT, 4 + len(ROW))
    restored = store.restore(point, into)
    assert isinstance(restored, Restored) and restored.contents is Contents.FILES and restored.files == 2
    assert (into / "media" / "deep" / "note.txt").read_text() == ROW
    assert isinstance(store.verify(point, deep=False), Sound)


def test_an_object_that_leads_elsewhere(bucket: Bucket, into: Path) -> None:
    backup = bucket.empty()
    put(bucket, backup, "../../outside.png", b"x")
    store = store_of(bucket, backup)
    found = store.restore(point_of(store), into)
    assert isinstance(found, Unseen) and found.why is Reason.NOT_PERMITTED, found
    assert not (into.parent / "outside.png").exists()


def test_a_bucket_without_an_answer(tmp_path: Path) -> None:
    (tmp_path / "keys").write_text("AKIAREADER:reading")
    backup = Backup(name="n", kind="s3", repository="s3://shop/x", url="http://127.0.0.1:1", credentials="file:keys")
    found = opened(backup, tmp_path).points()
    assert isinstance(found, Unseen) and found.why is Reason.UNREACHABLE, found


def snapshots(aws_server: AwsServer, folder: Path) -> Backup:
    client, name = aws_server.client("rds"), f"shop-{os.urandom(4).hex()}"
    client.create_db_instance(
        DBInstanceIdentifier=name, DBInstanceClass="db.t3.micro", Engine="postgres", AllocatedStorage=20,
        MasterUsername="shop", MasterUserPassword="for-tests-only", StorageEncrypted=True,
    )  # fmt: skip
    (folder / "keys").write_text("AKIAREADER:reading")
    return Backup(name="n", kind="rds", server=name, url=aws_server.url, region=REGION, credentials="file:keys")


def test_snapshots_of_a_managed_database(aws_server: AwsServer, tmp_path: Path, into: Path) -> None:
    backup = snapshots(aws_server, tmp_path)
    store = opened(backup, tmp_path)
    before = store.points()
    assert isinstance(before, tuple), before
    aws_server.client("rds").create_db_snapshot(
        DBSnapshotIdentifier=f"{backup.server}-night", DBInstanceIdentifier=backup.server
    )
    point = point_of(store)
    assert point.id == f"{backup.server}-night" and point.restored_size == 20 * 1024**3
    assert point.started and datetime.now(UTC) - point.started < timedelta(minutes=5)
    assert point.encrypted and point.encrypted.startswith("KMS")
    for found in (store.verify(point, deep=True), store.restore(point, into)):
        assert isinstance(found, Unseen) and "without the service" in found.detail


def test_a_managed_database_that_is_not_there(aws_server: AwsServer, tmp_path: Path) -> None:
    backup = replace(snapshots(aws_server, tmp_path), server="another")
    found = opened(backup, tmp_path).points()
    assert isinstance(found, Unseen) and found.why is Reason.UNREACHABLE, found


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("AccessDenied", Reason.DENIED),
        ("InvalidAccessKeyId", Reason.DENIED),
        ("NoSuchBucket", Reason.UNREACHABLE),
        ("SlowDown", Reason.INCOMPLETE),
    ],
)
def test_what_a_refusal_means(code: str, expected: Reason) -> None:
    error = ClientError({"Error": {"Code": code, "Message": "arn:aws:iam::1:user/somebody"}}, "ListObjectsV2")
    found = unseen(error, "the bucket shop")
    assert found.why is expected and "arn" not in found.detail
