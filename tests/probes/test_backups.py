"""Secrets in copies of data."""

import io
import secrets
import sqlite3
import tarfile
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from prodproof.facts import Reason
from prodproof.facts.backups import BackupSearch
from prodproof.facts.declared import Backup, Secret
from prodproof.probes.backups import observe
from prodproof.trace.patterns.canary import made_up, rule_of
from tests.probes.work import kept_here as kept_here
from tests.probes.work import seen_by, why, world_of

pytestmark = pytest.mark.usefixtures("kept_here")
SIGNING = Secret(name="signing", ref="env:TEST_SIGNING_KEY")


@pytest.fixture
def value(monkeypatch: pytest.MonkeyPatch) -> str:
    value = secrets.token_urlsafe(30)
    monkeypatch.setenv("TEST_SIGNING_KEY", value)
    return value


def look(directory: Path, path: str, kind: str = "archive", **declared: Any) -> BackupSearch:
    backup = Backup(name="nightly", path=path, kind=kind)
    found = seen_by(observe, world_of(directory, **declared), backup)
    assert isinstance(found, BackupSearch), found
    return found


def places(found: BackupSearch) -> list[tuple[str, str]]:
    return [(item.rule, item.path) for item in found.traced.seen]


def key() -> bytes:
    return made_up(rule_of("stripe-secret-key"))


def archive(place: Path, members: dict[str, bytes]) -> None:
    with tarfile.open(place, "w:gz") as file:
        for name, data in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            file.addfile(member, io.BytesIO(data))


def database(place: Path, note: str) -> None:
    with closing(sqlite3.connect(place)) as made:
        made.execute("CREATE TABLE notes (note TEXT)")
        made.execute("INSERT INTO notes VALUES (?)", (note,))
        made.commit()


def test_an_archive_with_an_environment_file(tmp_path: Path, value: str) -> None:
    archive(tmp_path / "a.tar.gz", {"srv/.env": f"X={value}\n".encode() + key(), "srv/1.png": b"\x89PNG"})
    found = look(tmp_path, "*.tar.gz", trusted=True, all_secrets=(SIGNING,))
    assert sorted(places(found)) == [("stripe-secret-key", "a.tar.gz!srv/.env"), ("value", "a.tar.gz!srv/.env")]
    assert value not in repr(found)


def test_an_archive_without_one(tmp_path: Path) -> None:
    archive(tmp_path / "a.tar.gz", {"srv/1.png": b"\x89PNG"})
    found = look(tmp_path, "*.tar.gz")
    assert (found.traced.seen, found.traced.unsearched, found.files) == ((), (), ("a.tar.gz",))


def test_rows_of_a_database_are_data_but_for_the_values_themselves(tmp_path: Path, value: str) -> None:
    database(tmp_path / "shop.dump", f"{key().decode()} and {value}")
    found = look(tmp_path, "*.dump", "dump", trusted=True, all_secrets=(SIGNING,))
    assert [rule for rule, _ in places(found)] == ["value"]
    assert {item.rule for item in found.in_data} == {"stripe-secret-key"}


def test_a_dump_within_an_archive(tmp_path: Path) -> None:
    archive(tmp_path / "all.tar.gz", {"db/shop.sql": b"COPY notes FROM stdin;\n" + key(), "etc/shop.conf": key()})
    found = look(tmp_path, "*.tar.gz")
    assert places(found) == [("stripe-secret-key", "all.tar.gz!etc/shop.conf")]
    assert [item.path for item in found.in_data] == ["all.tar.gz!db/shop.sql"]


def test_a_folder(tmp_path: Path) -> None:
    folder = tmp_path / "copy" / "etc"
    folder.mkdir(parents=True)
    (folder / "shop.conf").write_bytes(key())
    database(folder / "shop.sqlite3", key().decode())
    found = look(tmp_path, "copy", "folder")
    assert places(found) == [("stripe-secret-key", "etc/shop.conf")]
    assert {item.path.split("!")[0] for item in found.in_data} == {"etc/shop.sqlite3"}


@pytest.mark.parametrize(
    ("name", "head", "scheme"),
    [
        ("a.tar.age", b"age-encryption.org/v1\n-> X25519 abc\n", "age"),
        ("a.tar", b"-----BEGIN AGE ENCRYPTED FILE-----\n", "age"),
        ("a.tar", b"Salted__12345678", "OpenSSL"),
        ("a.tar", b"\x85\x02\x0c\x03abcdefgh", "OpenPGP"),
        ("a.tar", b"\x8c\x0d\x04\x09\x03\x02", "OpenPGP"),
        ("a.tar", b"\xc1\xc0\x4c\x03abcdefgh", "OpenPGP"),
        ("a.tar.gpg", b"", "OpenPGP"),
        ("a.tar", b"-----BEGIN PGP MESSAGE-----\n", "OpenPGP"),
        ("a.tar", b"\x85\x00 plain", ""),
    ],
)
def test_what_is_encrypted(tmp_path: Path, name: str, head: bytes, scheme: str) -> None:
    (tmp_path / name).write_bytes(head + secrets.token_bytes(2000))
    assert look(tmp_path, "a.*").encrypted == ((f"{name} ({scheme})",) if scheme else ())


def test_repositories_of_backup_programs(tmp_path: Path) -> None:
    restic = tmp_path / "restic"
    for name in ("data", "index", "keys", "snapshots"):
        (restic / name).mkdir(parents=True)
    (restic / "config").write_bytes(secrets.token_bytes(155))
    borg = tmp_path / "borg"
    (borg / "data").mkdir(parents=True)
    (borg / "README").write_text("This is a Borg Backup repository.\n")
    assert look(tmp_path, "*o*", "folder").encrypted == ("borg (borg)",)
    assert look(tmp_path, "r*", "folder").encrypted == ("restic (restic)",)


def test_an_encrypted_file_in_a_folder(tmp_path: Path) -> None:
    (tmp_path / "copy").mkdir()
    (tmp_path / "copy" / "db.dump.age").write_bytes(b"age-encryption.org/v1\n" + secrets.token_bytes(500))
    (tmp_path / "copy" / "notes.txt").write_bytes(b"nothing\n")
    assert look(tmp_path, "copy", "folder").encrypted == ("copy/db.dump.age (age)",)


def test_there_are_none(tmp_path: Path) -> None:
    backup = Backup(name="nightly", path="*.dump", kind="dump")
    assert why(seen_by(observe, world_of(tmp_path), backup)) is Reason.UNREACHABLE


def test_a_cut_off_archive_is_said(tmp_path: Path) -> None:
    archive(tmp_path / "a.tar.gz", {"srv/a": secrets.token_bytes(50_000)})
    (tmp_path / "a.tar.gz").write_bytes((tmp_path / "a.tar.gz").read_bytes()[:20_000])
    found = look(tmp_path, "*.tar.gz")
    assert found.traced.unsearched


def test_without_trust(tmp_path: Path, value: str) -> None:
    archive(tmp_path / "a.tar.gz", {"srv/.env": f"X={value}\n".encode()})
    found = look(tmp_path, "*.tar.gz", all_secrets=(SIGNING,))
    assert [item.why for item in found.traced.unresolved] == [Reason.NOT_PERMITTED]
