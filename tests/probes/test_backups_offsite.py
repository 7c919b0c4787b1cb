"""Where backups lie, and whether production could take them away; against an AWS that holds keys to policies."""

import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from prodproof.facts import Reason, Unseen
from prodproof.facts.backup_places import BackupPlace, CanaryKept, PlaceKind
from prodproof.facts.declared import Backup, EntryPoint, Host, Permission, Service
from prodproof.probes import backup_canary, backup_places
from prodproof.reach.backups import canary, places
from tests.probes.work import seen_by, why, world_of
from tests.servers import aws
from tests.servers.aws import REGION, AwsServer

CANARY = frozenset({Permission.CANARY})


def policy(*actions: str, effect: str = "Allow") -> dict[str, Any]:
    return {"Effect": effect, "Action": list(actions), "Resource": "*"}


@dataclass(frozen=True)
class Cloud:
    """An AWS with users whose policies count."""

    server: AwsServer
    keys: dict[str, str]

    @property
    def admin(self) -> Any:
        return self.server.client("s3", self.keys["admin"])

    def bucket(self, versioned: bool = False) -> str:
        name = f"b-{os.urandom(6).hex()}"
        self.admin.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
        if versioned:
            self.admin.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
        self.admin.put_object(Bucket=name, Key="copies/shop.dump", Body=b"PGDMP")
        return name

    def held(self, bucket: str) -> set[str]:
        return {item["Key"] for item in self.admin.list_objects_v2(Bucket=bucket)["Contents"]}


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    reads = ("s3:Get*", "s3:List*")
    users = {
        "admin": [policy("*")],
        "backup": [policy(*reads, "s3:PutObject", "s3:DeleteObject*")],
        "office": [policy(*reads)],
        "adds": [policy("s3:PutObject")],
        "nothing": [policy("sts:*")],
        "deletes": [policy("s3:PutObject", "s3:DeleteObject", "s3:DeleteObjectVersion")],
        "hides": [policy("s3:DeleteObject"), policy("s3:DeleteObjectVersion", effect="Deny")],
    }
    with aws.running(tmp_path_factory.mktemp("aws"), keys=True) as server:
        keys = {name: server.user(name, {"Version": "2012-10-17", "Statement": said}) for name, said in users.items()}
        server.lock()
        yield Cloud(server, keys)


def declared(cloud: Cloud, folder: Path, bucket: str, own: str = "backup", production: str = "adds") -> Backup:
    for name in (own, production):
        (folder / name).write_text(cloud.keys.get(name, f"AKIA{name.upper()}:made-up"))
    return Backup(
        name="nightly", kind="s3", repository=f"s3://{bucket}/copies", url=cloud.server.url, region=REGION,
        credentials=f"file:{own}", production_credentials=f"file:{production}", allow=CANARY,
    )  # fmt: skip


def tried(folder: Path, backup: Backup, trusted: bool = True) -> CanaryKept | Unseen:
    found = seen_by(backup_canary.observe, world_of(folder, trusted=trusted), backup)
    assert isinstance(found, (CanaryKept, Unseen))
    return found


def kept(folder: Path, backup: Backup) -> CanaryKept:
    found = tried(folder, backup)
    assert isinstance(found, CanaryKept), found
    return found


@pytest.mark.parametrize("production", ["adds", "nothing"])
def test_production_may_not_delete(cloud: Cloud, tmp_path: Path, production: str) -> None:
    bucket = cloud.bucket()
    found = kept(tmp_path, declared(cloud, tmp_path, bucket, production=production))
    assert (found.refused, found.left, found.put_by) == ("AccessDenied", False, "the backup's own credentials")
    assert cloud.held(bucket) == {"copies/shop.dump"}


def test_production_may_delete(cloud: Cloud, tmp_path: Path) -> None:
    bucket = cloud.bucket()
    found = kept(tmp_path, declared(cloud, tmp_path, bucket, production="deletes"))
    assert (found.refused, found.versions_stay) == ("", False)
    assert cloud.held(bucket) == {"copies/shop.dump"}


def test_production_may_delete_versions_too(cloud: Cloud, tmp_path: Path) -> None:
    backup = declared(cloud, tmp_path, cloud.bucket(versioned=True), production="deletes")
    assert not kept(tmp_path, backup).versions_stay


def test_production_may_only_hide(cloud: Cloud, tmp_path: Path) -> None:
    bucket = cloud.bucket(versioned=True)
    found = kept(tmp_path, declared(cloud, tmp_path, bucket, production="hides"))
    assert (found.refused, found.versions_stay) == ("", True)


class _Unwell:
    """A store that takes things away, and does not say whether an older version may be taken away, too."""

    def put_object(self, **words: object) -> dict[str, object]:
        return {"VersionId": "1"}

    def delete_object(self, **words: object) -> dict[str, object]:
        if "VersionId" in words:
            raise ClientError({"Error": {"Code": "SlowDown"}}, "DeleteObject")
        return {}


def test_a_store_that_does_not_say_whether_versions_stay(
    cloud: Cloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(canary, "client", lambda *_: _Unwell())
    assert isinstance(tried(tmp_path, declared(cloud, tmp_path, "shop-backups")), Unseen)


def test_who_only_reads_lets_production_put_it_there(cloud: Cloud, tmp_path: Path) -> None:
    bucket = cloud.bucket()
    backup = declared(cloud, tmp_path, bucket, own="office")
    for _ in range(2):
        found = kept(tmp_path, backup)
        assert (found.put_by, found.refused, found.left) == ("production's", "AccessDenied", True)
    assert cloud.held(bucket) == {"copies/shop.dump", "copies/prodproof-canary"}


def test_a_key_that_the_store_does_not_know(cloud: Cloud, tmp_path: Path) -> None:
    found = tried(tmp_path, declared(cloud, tmp_path, cloud.bucket(), production="stranger"))
    assert isinstance(found, Unseen) and found.why is Reason.DENIED, found
    assert "InvalidAccessKeyId" in found.detail or "refused" in found.detail


def test_a_store_that_does_not_answer(cloud: Cloud, tmp_path: Path) -> None:
    backup = replace(declared(cloud, tmp_path, "shop-backups"), url="http://127.0.0.1:1")
    assert why(tried(tmp_path, backup)) is Reason.UNREACHABLE


def test_nothing_is_sent_without_leave(cloud: Cloud, tmp_path: Path) -> None:
    bucket = cloud.bucket()
    backup = declared(cloud, tmp_path, bucket, production="deletes")
    assert why(tried(tmp_path, replace(backup, allow=frozenset()))) is Reason.NOT_PERMITTED
    assert why(tried(tmp_path, replace(backup, production_credentials=None))) is Reason.NOT_DECLARED
    assert why(tried(tmp_path, backup, trusted=False)) is Reason.NOT_PERMITTED
    assert why(tried(tmp_path, Backup(name="n", kind="dump", path="*"))) is Reason.INSUFFICIENT_PROOF
    local = Backup(name="n", kind="restic", repository="/srv/r", production_credentials="file:adds", allow=CANARY)
    assert why(tried(tmp_path, local)) is Reason.INSUFFICIENT_PROOF


def place(folder: Path, backup: Backup, **more: Any) -> BackupPlace:
    found = seen_by(backup_places.observe, world_of(folder, trusted=True, **more), backup)
    assert isinstance(found, BackupPlace), found
    return found


def test_what_a_bucket_says(cloud: Cloud, tmp_path: Path) -> None:
    plain = place(tmp_path, declared(cloud, tmp_path, cloud.bucket()))
    assert (plain.kind, plain.versioned, plain.lock) == (PlaceKind.BUCKET, False, "")
    assert place(tmp_path, declared(cloud, tmp_path, cloud.bucket(versioned=True))).versioned
    name = f"b-{os.urandom(6).hex()}"
    cloud.admin.create_bucket(
        Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION}, ObjectLockEnabledForBucket=True
    )
    rule = {"DefaultRetention": {"Mode": "COMPLIANCE", "Days": 30}}
    cloud.admin.put_object_lock_configuration(
        Bucket=name, ObjectLockConfiguration={"ObjectLockEnabled": "Enabled", "Rule": rule}
    )
    assert place(tmp_path, declared(cloud, tmp_path, name)).lock == "COMPLIANCE, 30 days"


def test_who_may_ask_nothing_of_a_bucket(cloud: Cloud, tmp_path: Path) -> None:
    found = place(tmp_path, declared(cloud, tmp_path, cloud.bucket(), own="nothing"))
    assert (found.versioned, found.lock) == (None, "")


class _Store:
    """A bucket at AWS of one account, as S3 answers about it."""

    def __init__(self, owner: str | None) -> None:
        self.owner = owner

    def head_bucket(self, **words: str) -> dict[str, object]:
        if self.owner is None or words.get("ExpectedBucketOwner") not in (None, self.owner):
            raise ClientError({"Error": {"Code": "403"}}, "HeadBucket")
        return {}

    def get_bucket_versioning(self, **words: str) -> dict[str, object]:
        return {}

    def get_object_lock_configuration(self, **words: str) -> dict[str, object]:
        raise ClientError({"Error": {"Code": "ObjectLockConfigurationNotFoundError"}}, "GetObjectLockConfiguration")


@pytest.mark.parametrize(("owner", "own"), [("1111", True), ("2222", False), (None, None)])
def test_whose_account_a_bucket_is_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, owner: str | None, own: bool | None
) -> None:
    monkeypatch.setattr(places, "client", lambda *_: _Store(owner))
    account = Service(name="aws", kind="aws", account="1111")
    backup = Backup(name="n", kind="s3", repository="s3://shop-backups/db")
    assert place(tmp_path, backup, services=(account,)).own_account is own
    assert place(tmp_path, backup).own_account is None
    elsewhere = replace(backup, url="https://objects.example")
    assert place(tmp_path, elsewhere, services=(account,)).own_account is None


def test_a_store_that_does_not_say_whose_a_bucket_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Tired(_Store):
        def head_bucket(self, **words: str) -> dict[str, object]:
            if "ExpectedBucketOwner" in words:
                raise ClientError({"Error": {"Code": "503"}}, "HeadBucket")
            return {}

    monkeypatch.setattr(places, "client", lambda *_: Tired("1111"))
    backup = Backup(name="n", kind="s3", repository="s3://shop-backups/db")
    account = Service(name="aws", kind="aws", account="1111")
    assert place(tmp_path, backup, services=(account,)).own_account is None


def test_where_barman_keeps_its_copies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    backup = Backup(name="n", kind="barman", server="pg", config="barman.conf")
    assert why(seen_by(backup_places.observe, world_of(tmp_path), backup)) is Reason.NOT_CONFIGURED
    for text, folder in (
        ("[barman]\nbarman_home = /srv/barman\n[pg]\ndescription = x\n", "/srv/barman/pg"),
        ("[barman]\nbarman_home = /srv/barman\n[pg]\nbackup_directory = /mnt/pg\n", "/mnt/pg"),
    ):
        (tmp_path / "barman.conf").write_text(text)
        found = place(tmp_path, backup)
        assert (found.kind, found.where) == (PlaceKind.MACHINE, folder)
    monkeypatch.setattr(places, "_file_system", lambda path: "nfs4" if path == Path("/mnt/pg") else "")
    assert place(tmp_path, backup).kind is PlaceKind.MOUNTED


def test_a_folder_of_this_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = place(tmp_path, Backup(name="n", kind="dump", path="copies/*.dump"))
    assert (found.kind, found.where) == (PlaceKind.MACHINE, f"{tmp_path}/copies/*.dump")
    monkeypatch.setattr(places, "_file_system", lambda path: "nfs4")
    assert place(tmp_path, Backup(name="n", kind="restic", repository="/srv/r")).kind is PlaceKind.MOUNTED


def test_on_which_file_system_a_folder_lies() -> None:
    assert places._file_system(Path("/proc/self")) == "proc"
    assert places._file_system(Path("/proc/self/nowhere/at/all")) == "proc"


@pytest.mark.parametrize(
    ("kind", "repository", "host"),
    [
        ("borg", "ssh://borg@backup.example/./shop", "backup.example"),
        ("borg", "borg@backup.example:shop", "backup.example"),
        ("borg", "backup.example:shop", "backup.example"),
        ("restic", "sftp:restic@backup.example:/shop", "backup.example"),
        ("restic", "sftp:backup.example:/shop", "backup.example"),
        ("restic", "rest:https://backup.example:8000/", "backup.example"),
        ("restic", "b2:bucket:shop", "b2"),
    ],
)
def test_on_another_server(tmp_path: Path, kind: str, repository: str, host: str) -> None:
    backup = Backup(name="n", kind=kind, repository=repository)
    found = place(tmp_path, backup, entry_points=(EntryPoint(url="https://shop.example"),))
    assert (found.kind, found.where, found.production_host) == (PlaceKind.SERVER, host, "")
    same = (Host(name="db.example", addresses=(host,)), Host(name="web.example"))
    assert place(tmp_path, backup, hosts=same).production_host == host


def test_a_server_that_is_this_machine(tmp_path: Path) -> None:
    for host in ("localhost", "127.0.0.1", "[::1]"):
        backup = Backup(name="n", kind="borg", repository=f"ssh://borg@{host}/./shop")
        assert place(tmp_path, backup).production_host == "this machine"


def test_pgbackrest_by_its_settings(tmp_path: Path) -> None:
    backup = Backup(name="n", kind="pgbackrest", stanza="main", config="pgbackrest.conf")

    def where(text: str) -> tuple[PlaceKind, str]:
        (tmp_path / "pgbackrest.conf").write_text(f"[global]\n{text}\n")
        found = place(tmp_path, backup)
        return found.kind, found.where

    assert where("repo1-path=/srv/pg") == (PlaceKind.MACHINE, "/srv/pg")
    assert where("repo1-host=backup.example\nrepo1-path=/srv/pg") == (PlaceKind.SERVER, "backup.example")
    assert where("repo1-type=sftp\nrepo1-sftp-host=backup.example") == (PlaceKind.SERVER, "backup.example")
    assert where("repo1-type=gcs\nrepo1-gcs-bucket=b") == (PlaceKind.SERVER, "gcs")
    bucket = "repo2-type=s3\nrepo2-s3-bucket=shop\nrepo2-s3-endpoint=objects.example"
    assert where(f"repo1-path=/srv/pg\n{bucket}") == (PlaceKind.BUCKET, "s3://shop at objects.example")
    assert where("repo1-path=/srv/pg\nrepo2-path=/srv/other") == (PlaceKind.MACHINE, "/srv/pg")
    assert where("repo1-path=/srv/pg\nrepo2-host=localhost")[0] is PlaceKind.MACHINE
    by_path = Backup(name="n", kind="pgbackrest", stanza="main", repository="repository")
    assert place(tmp_path, by_path).where == f"{tmp_path}/repository"
    unread = seen_by(backup_places.observe, world_of(tmp_path), replace(backup, config="nowhere.conf"))
    assert why(unread) is Reason.NOT_CONFIGURED
