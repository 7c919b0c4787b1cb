"""For how long the settings of backup programs and buckets keep copies."""

import os
from pathlib import Path

import pytest

from prodproof.facts import Reason, Unseen
from prodproof.facts.backups import RetentionSet
from prodproof.facts.declared import Backup
from prodproof.reach.backups.retention import DAY, retention_of
from tests.reach.backups.shelves import Bucket, declared
from tests.reach.backups.test_cloud import snapshots
from tests.servers.aws import AwsServer

PGBACKREST = Backup(name="n", kind="pgbackrest", stanza="main", config="pgbackrest.conf")
BARMAN = Backup(name="n", kind="barman", server="pg", config="barman.conf")


def pgbackrest(folder: Path, text: str) -> RetentionSet | Unseen | None:
    (folder / "pgbackrest.conf").write_text(text)
    return retention_of(PGBACKREST, declared(folder))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[global]\nrepo1-retention-full=7\n", RetentionSet(says="repo1-retention-full=7", count=7)),
        (
            "[global]\nrepo1-retention-full=30\nrepo1-retention-full-type=time\n[main]\npg1-path=/x\n",
            RetentionSet(says="repo1-retention-full=30 days", seconds=30 * DAY),
        ),
        (
            "[global]\nrepo1-retention-full=7\n[main]\nrepo1-retention-full=3\n",
            RetentionSet(says="repo1-retention-full=3", count=3),
        ),
        (
            "[global]\nrepo1-retention-full=2\nrepo2-path=/b\nrepo2-retention-full=9\n",
            RetentionSet(says="repo2-retention-full=9", count=9),
        ),
        ("[global]\nrepo1-retention-full=2\nrepo2-path=/b\n", None),
        ("[global]\nrepo1-path=/x\n", None),
    ],
)
def test_pgbackrest(tmp_path: Path, text: str, expected: RetentionSet | None) -> None:
    assert pgbackrest(tmp_path, text) == expected


def test_pgbackrest_by_its_repository_alone(tmp_path: Path) -> None:
    backup = Backup(name="n", kind="pgbackrest", stanza="main", repository="repository")
    assert retention_of(backup, declared(tmp_path)) is None


@pytest.mark.parametrize("text", ["no section\n", None])
def test_settings_that_cannot_be_read(tmp_path: Path, text: str | None) -> None:
    for backup in (PGBACKREST, BARMAN):
        if text is not None:
            (tmp_path / str(backup.config)).write_text(text)
        found = retention_of(backup, declared(tmp_path))
        assert isinstance(found, Unseen) and found.why is Reason.NOT_CONFIGURED, found


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        ("REDUNDANCY 3", RetentionSet(says="retention_policy = REDUNDANCY 3", count=3)),
        (
            "RECOVERY WINDOW OF 4 WEEKS",
            RetentionSet(says="retention_policy = RECOVERY WINDOW OF 4 WEEKS", seconds=28 * DAY),
        ),
        ("recovery window of 1 day", RetentionSet(says="retention_policy = recovery window of 1 day", seconds=DAY)),
    ],
)
def test_barman(tmp_path: Path, policy: str, expected: RetentionSet) -> None:
    (tmp_path / "barman.d").mkdir()
    (tmp_path / "barman.conf").write_text(
        f"[barman]\nconfiguration_files_directory = {tmp_path}/barman.d\nretention_policy = REDUNDANCY 99\n"
    )
    (tmp_path / "barman.d" / "pg.conf").write_text(f"[pg]\nretention_policy = {policy}\n")
    assert retention_of(BARMAN, declared(tmp_path)) == expected


def test_barman_without_a_policy_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "barman.conf").write_text("[barman]\nretention_policy = REDUNDANCY 2\n[pg]\ndescription = x\n")
    assert retention_of(BARMAN, declared(tmp_path)) == RetentionSet(says="retention_policy = REDUNDANCY 2", count=2)
    (tmp_path / "barman.conf").write_text("[barman]\nretention_policy = FOREVER\n")
    assert isinstance(retention_of(BARMAN, declared(tmp_path)), Unseen)
    (tmp_path / "barman.conf").write_text("[barman]\nbarman_home = /x\n")
    assert retention_of(BARMAN, declared(tmp_path)) is None


def test_files_and_repositories_that_others_prune(tmp_path: Path) -> None:
    for kind in ("dump", "restic", "borg"):
        assert retention_of(Backup(name="n", kind=kind), declared(tmp_path)) is None


def test_lifecycle_rules_of_a_bucket(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    bucket = Bucket(tmp_path, request)
    backup = bucket.empty()
    assert retention_of(backup, declared(tmp_path)) is None

    def rule(name: str, prefix: str, days: int, status: str = "Enabled") -> dict[str, object]:
        return {"ID": name, "Filter": {"Prefix": prefix}, "Status": status, "Expiration": {"Days": days}}

    rules = [rule("a", "copies/", 30), rule("b", "", 90), rule("c", "logs/", 1), rule("d", "copies/", 2, "Disabled")]
    bucket.client.put_bucket_lifecycle_configuration(
        Bucket=backup.repository.split("/")[2], LifecycleConfiguration={"Rules": rules}
    )
    assert retention_of(backup, declared(tmp_path)) == RetentionSet(says="lifecycle rule: 30 days", seconds=30 * DAY)


def test_a_bucket_that_is_not_there(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    found = retention_of(Bucket(tmp_path, request).gone(), declared(tmp_path))
    assert isinstance(found, Unseen) and found.why is Reason.UNREACHABLE


def test_a_managed_database(aws_server: AwsServer, tmp_path: Path) -> None:
    found = retention_of(snapshots(aws_server, tmp_path), declared(tmp_path))
    assert isinstance(found, RetentionSet) and found.seconds is not None and "BackupRetentionPeriod=" in found.says


def test_settings_that_may_not_be_read(tmp_path: Path) -> None:
    if os.geteuid() == 0:
        pytest.skip("root may read everything")
    pgbackrest(tmp_path, "[global]\n")
    (tmp_path / "pgbackrest.conf").chmod(0)
    found = retention_of(PGBACKREST, declared(tmp_path))
    assert isinstance(found, Unseen) and found.why is Reason.DENIED
