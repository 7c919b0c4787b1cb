"""Where the store of a backup is reached: every form in which its tools are told."""

from pathlib import Path

import pytest

from prodproof.facts.declared import Backup
from prodproof.reach.backups.ways import places_of


def reached(tmp_path: Path, kind: str, repository: str = "", **more: str) -> list[str]:
    made = Backup(name="nightly", kind=kind, repository=repository, **more)  # type: ignore[arg-type]  # fields by name
    return [str(place) for place in places_of(made, tmp_path)]


@pytest.mark.parametrize(
    ("kind", "repository", "expected"),
    [
        ("restic", "s3:https://s3.shop.example:9000/shop/backups",
         ["s3.shop.example:9000", "shop.s3.shop.example:9000"]),
        ("restic", "s3:http://s3.shop.example/shop", ["s3.shop.example:80", "shop.s3.shop.example:80"]),
        ("restic", "s3:s3.amazonaws.com/shop", ["s3.amazonaws.com:443", "shop.s3.amazonaws.com:443"]),
        ("restic", "s3://s3.shop.example/shop/x", ["s3.shop.example:443", "shop.s3.shop.example:443"]),
        ("restic", "rest:https://ana:x@backup.example/", ["backup.example:8000"]),
        ("restic", "rest:http://backup.example:8080/", ["backup.example:8080"]),
        ("restic", "sftp:ana@backup.example:/srv/repository", ["backup.example:22"]),
        ("restic", "sftp://ana@backup.example:2222//srv/repository", ["backup.example:2222"]),
        ("restic", "/srv/repository", []),
        ("restic", "b2:bucket:path", []),
        ("borg", "ssh://ana@backup.example:2022/srv/repository", ["backup.example:2022"]),
        ("borg", "ana@backup.example:repository", ["backup.example:22"]),
        ("borg", "/srv/repository", []),
        ("borg", "ssh://[not an address/x", []),
        ("s3", "s3://shop/backups", ["s3.amazonaws.com:443", "shop.s3.amazonaws.com:443"]),
        ("barman", "", []),
        ("dump", "", []),
    ],
)  # fmt: skip
def test_the_store_of_a_backup(tmp_path: Path, kind: str, repository: str, expected: list[str]) -> None:
    assert reached(tmp_path, kind, repository) == expected


def test_buckets_of_a_region_and_of_others(tmp_path: Path) -> None:
    assert reached(tmp_path, "s3", "s3://shop", region="eu-central-1") == [
        "s3.amazonaws.com:443", "s3.eu-central-1.amazonaws.com:443",
        "shop.s3.amazonaws.com:443", "shop.s3.eu-central-1.amazonaws.com:443",
    ]  # fmt: skip
    assert reached(tmp_path, "s3", "s3://shop", url="https://store.example") == [
        "store.example:443", "shop.store.example:443",
    ]  # fmt: skip
    assert reached(tmp_path, "s3", "s3://shop", url="http://127.0.0.1:9000") == ["127.0.0.1:9000"]
    assert reached(tmp_path, "s3", "s3://shop", url="https://[::1]") == ["[::1]:443"]
    assert "shop.s3.eu-central-1.amazonaws.com:443" in reached(
        tmp_path, "restic", "s3:s3.amazonaws.com/shop", region="eu-central-1"
    )


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ("repo1-path=/srv/repository", []),
        ("repo1-host=backup.example", ["backup.example:22"]),
        ("repo1-host=backup.example\nrepo1-host-type=tls", ["backup.example:8432"]),
        ("repo1-host=backup.example\nrepo1-host-port=2022", ["backup.example:2022"]),
        ("repo1-type=s3\nrepo1-s3-endpoint=s3.shop.example\nrepo1-s3-bucket=shop",
         ["s3.shop.example:443", "shop.s3.shop.example:443"]),
        ("repo1-type=s3\nrepo1-s3-endpoint=s3.shop.example\nrepo1-storage-host=store.example\nrepo1-storage-port=9000",
         ["store.example:9000"]),
        ("repo2-type=s3\nrepo2-s3-endpoint=https://s3.shop.example:9443", ["s3.shop.example:9443"]),
    ],
)  # fmt: skip
def test_the_repository_of_pgbackrest(tmp_path: Path, lines: str, expected: list[str]) -> None:
    (tmp_path / "pgbackrest.conf").write_text(f"[global]\n{lines}\n[main]\npg1-path=/nonexistent\n")
    assert reached(tmp_path, "pgbackrest", stanza="main", config="pgbackrest.conf") == expected


def test_settings_that_cannot_be_read(tmp_path: Path) -> None:
    assert reached(tmp_path, "pgbackrest", stanza="main", config="nowhere.conf") == []
