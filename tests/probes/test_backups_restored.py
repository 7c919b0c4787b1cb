"""Secrets in the newest copy of a repository, which is restored to be looked into."""

import os
import secrets
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from prodproof.facts import Reason, Unseen
from prodproof.facts.backups import BackupSearch
from prodproof.facts.declared import Backup, Secret
from prodproof.probes import _restored
from prodproof.probes.backups import observe
from prodproof.reach import scratch
from prodproof.trace.patterns.canary import made_up, rule_of
from tests.probes.test_store_backups import Server
from tests.probes.test_store_backups import server as server
from tests.probes.work import kept_here as kept_here
from tests.probes.work import seen_by, why, world_of
from tests.reach.backups.conftest import aws_server as aws_server
from tests.reach.backups.lab import PASSWORD
from tests.reach.backups.shelves import Borg, Bucket, Restic, Shelf

pytestmark = pytest.mark.usefixtures("kept_here", "nothing_stays")
SIGNING = Secret(name="signing", ref="env:TEST_SIGNING_KEY")


@pytest.fixture
def nothing_stays() -> Iterator[None]:
    """Nothing of what was restored is left."""
    before = set(Path("/dev/shm").glob("prodproof-*")) | set(Path("/var/tmp").glob("prodproof-look-*"))
    yield
    own = {path for path in Path("/dev/shm").glob("prodproof-look-*") if f"-{os.getpid()}-" in path.name}
    assert not own - before


@pytest.fixture
def value(monkeypatch: pytest.MonkeyPatch) -> str:
    value = secrets.token_urlsafe(30)
    monkeypatch.setenv("TEST_SIGNING_KEY", value)
    return value


def seen(folder: Path, backup: Backup, trusted: bool = True) -> BackupSearch | Unseen:
    found = seen_by(observe, world_of(folder, trusted=trusted, all_secrets=(SIGNING,)), backup)
    assert isinstance(found, (BackupSearch, Unseen))
    return found


def look(folder: Path, backup: Backup) -> BackupSearch:
    found = seen(folder, backup)
    assert isinstance(found, BackupSearch), found
    return found


def key() -> bytes:
    return made_up(rule_of("stripe-secret-key"))


@pytest.fixture(params=[Restic, Borg])
def shelf(request: pytest.FixtureRequest, tmp_path: Path) -> Restic | Borg:
    kind: type[Restic] | type[Borg] = request.param
    if shutil.which(kind.backup.kind) is None:
        pytest.skip(f"{kind.backup.kind} is not installed")
    made = kind(tmp_path, request)
    made.empty()
    (tmp_path / "media" / "etc").mkdir(parents=True)
    (tmp_path / "media" / "note.txt").write_text("nothing")
    return made


def test_an_encrypted_repository_with_an_environment_file(shelf: Restic | Borg, tmp_path: Path, value: str) -> None:
    (tmp_path / "media" / "etc" / ".env").write_bytes(f"X={value}\n".encode() + key())
    shelf.fill()
    found = look(tmp_path, shelf.backup)
    assert {(item.rule, item.path.rpartition("/")[2]) for item in found.traced.seen} == {
        ("value", ".env"),
        ("stripe-secret-key", ".env"),
    }
    assert value not in repr(found)


def test_an_encrypted_repository_without_one(shelf: Restic | Borg, tmp_path: Path, value: str) -> None:
    shelf.fill()
    found = look(tmp_path, shelf.backup)
    assert (found.traced.seen, found.traced.unsearched, found.encrypted) == ((), (), ())
    assert len(found.files) == 1 and found.traced.bytes_read


def test_rows_of_a_dump_in_a_repository(shelf: Restic | Borg, tmp_path: Path, value: str) -> None:
    (tmp_path / "media" / "shop.sql").write_bytes(
        b"-- PostgreSQL database dump\n\nCOPY notes FROM stdin;\n" + key() + f"\n{value}\n\\.\n".encode()
    )
    shelf.fill()
    found = look(tmp_path, shelf.backup)
    assert [item.rule for item in found.traced.seen] == ["value"]
    assert [item.rule for item in found.in_data] == ["stripe-secret-key"]


def test_a_password_that_is_refused(tmp_path: Path, request: pytest.FixtureRequest, value: str) -> None:
    if shutil.which("restic") is None:
        pytest.skip("restic is not installed")
    made: Shelf = Restic(tmp_path, request)
    made.empty()
    (tmp_path / "password").write_text(PASSWORD[::-1])
    assert why(seen(tmp_path, Restic.backup)) is Reason.DENIED


def test_without_trust(tmp_path: Path) -> None:
    assert why(seen(tmp_path, Restic.backup, trusted=False)) is Reason.NOT_PERMITTED


def test_a_repository_without_a_copy(shelf: Restic | Borg, tmp_path: Path) -> None:
    assert why(seen(tmp_path, shelf.backup)) is Reason.INCOMPLETE


def test_a_copy_that_is_too_large(shelf: Restic | Borg, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shelf.fill()
    monkeypatch.setattr(_restored, "LARGEST", 3)
    assert why(seen(tmp_path, shelf.backup)) is Reason.INCOMPLETE


def test_an_archive_in_a_bucket(tmp_path: Path, request: pytest.FixtureRequest, value: str) -> None:
    backup = Bucket(tmp_path, request).filled()
    assert look(tmp_path, backup).traced.seen == ()


def test_a_managed_database(tmp_path: Path) -> None:
    backup = Backup(name="n", kind="rds", server="shop", url="http://127.0.0.1:1", credentials="file:keys")
    (tmp_path / "keys").write_text("AKIAREADER:reading")
    assert isinstance(seen(tmp_path, backup), Unseen)


def test_pages_of_a_database(server: Server, tmp_path: Path, value: str) -> None:
    stripe = key().decode().split("=")[-1].strip().strip('"')
    rows = f"('{value}'), ($k$it is {stripe} of us$k$)"
    server.cluster.sql(f"CREATE TABLE IF NOT EXISTS kept (note text); INSERT INTO kept VALUES {rows}")
    server.cluster.sql("CHECKPOINT")
    settings = server.cluster.data / "pg_ident.conf"
    before = settings.read_text()
    settings.write_bytes(before.encode() + b"# " + key())
    try:
        server.cluster.run("pgbackrest", f"--config={server.backup.config}", "--stanza=main", "--type=full", "backup")
    finally:
        settings.write_text(before)
        server.cluster.sql("DROP TABLE kept")
    found = look(tmp_path, server.backup)
    assert {item.path for item in found.traced.seen if item.rule != "value"} == {"data/pg_ident.conf"}
    values = {item.path.split("/")[1] for item in found.traced.seen if item.rule == "value"}
    assert "base" in values
    assert found.in_data and all(item.path.startswith(("data/", "log/")) for item in found.in_data)


def test_what_a_killed_search_left_is_removed(tmp_path: Path) -> None:
    gone, mine, young = (tmp_path / f"prodproof-look-{number}-abc" for number in (99999999, os.getpid(), 99999998))
    for folder in (gone, mine, young):
        folder.mkdir()
        (folder / "data").write_text("x")
    for folder in (gone, mine):
        os.utime(folder, (time.time() - 7200, time.time() - 7200))
    with scratch.private_folder(10, memory=tmp_path, disk=tmp_path) as made:
        assert isinstance(made, Path) and made.stat().st_mode & 0o777 == 0o700
        assert not gone.exists() and mine.exists() and young.exists()
    assert not made.exists()


def test_no_room(tmp_path: Path) -> None:
    with scratch.private_folder(1 << 60, memory=tmp_path, disk=tmp_path) as made:
        assert isinstance(made, Unseen) and made.why is Reason.INCOMPLETE
