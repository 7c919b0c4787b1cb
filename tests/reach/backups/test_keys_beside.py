"""Keys that lie where the copies lie."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from prodproof.facts import Reason, Unseen
from prodproof.facts.declared import Backup
from prodproof.facts.restore_points import RestorePoint
from prodproof.reach.backups import keys_beside as module
from prodproof.reach.backups.keys_beside import keys_beside
from tests.reach.backups.lab import PASSWORD
from tests.reach.backups.shelves import Borg, Bucket, Restic, TarGz, declared, opened
from tests.reach.backups.test_dumps import point_of

_AGE = b"# created: today\nAGE-SECRET-KEY-1QQPQQQQ\n"
_FILES = Backup(name="n", kind="dump", path="copies/*.age")


def found(backup: Backup, folder: Path, *points: RestorePoint) -> tuple[str, ...]:
    places, gap = keys_beside(backup, points, declared(folder))
    assert gap is None, gap
    return places


@pytest.fixture
def copies(tmp_path: Path) -> Path:
    folder = tmp_path / "copies"
    folder.mkdir()
    (folder / "shop.dump.age").write_bytes(b"age-encryption.org/v1\n")
    return folder


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("key.txt", _AGE),
        ("old/2024/01/03/night/key.txt", _AGE),
        ("keys/id", b"-----BEGIN OPENSSH PRIVATE KEY-----\n"),
        ("gpg.asc", b"-----BEGIN PGP PRIVATE KEY BLOCK-----\n"),
        ("pgbackrest.conf", b"[global]\nrepo1-cipher-pass=abc\n"),
        ("env", b"export RESTIC_PASSWORD=abc\n"),
    ],
)
def test_a_key_beside_a_dump(copies: Path, name: str, data: bytes) -> None:
    (copies / name).parent.mkdir(parents=True, exist_ok=True)
    (copies / name).write_bytes(data)
    assert found(_FILES, copies.parent) == (str(copies / name),)


def test_no_key(copies: Path) -> None:
    (copies / "README").write_text("restore with: age -d -i KEY shop.dump.age\n")
    (copies / "public.asc").write_text("-----BEGIN PGP PUBLIC KEY BLOCK-----\n")
    (copies.parent / "key.txt").write_bytes(_AGE)
    (copies / "link").symlink_to(copies.parent / "key.txt")
    assert found(_FILES, copies.parent) == ()


def test_the_copies_themselves_are_no_keys(copies: Path) -> None:
    (copies / "etc").mkdir()
    (copies / "etc" / "tls.pem").write_bytes(b"-----BEGIN PRIVATE KEY-----\n")
    assert found(Backup(name="n", kind="folder", path="copies/etc"), copies.parent) == ()


def test_more_small_files_than_are_read(copies: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST", 3)
    for number in range(4):
        (copies / f"{number}.txt").write_text("x")
    _, gap = keys_beside(_FILES, (), declared(copies.parent))
    assert gap is not None and gap.why is Reason.INCOMPLETE


def repository(kind: type[Restic] | type[Borg], folder: Path, request: pytest.FixtureRequest) -> Backup:
    if shutil.which(kind.backup.kind) is None:
        pytest.skip(f"{kind.backup.kind} is not installed")
    return kind(folder, request).filled()


@pytest.mark.parametrize("kind", [Restic, Borg])
def test_a_password_in_the_repository(
    kind: type[Restic] | type[Borg], tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    backup = repository(kind, tmp_path, request)
    point = point_of(opened(backup, tmp_path))
    assert found(backup, tmp_path, point) == ()
    (tmp_path / backup.repository / "how-to.txt").write_text(f"open it with {PASSWORD}\n")
    assert found(backup, tmp_path, point) == (f"{tmp_path}/{backup.repository}/how-to.txt",)


def test_the_password_is_kept_in_the_repository(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    backup = repository(Restic, tmp_path, request)
    (tmp_path / "restic" / "pw").write_text("short")
    assert found(replace(backup, password="file:restic/pw"), tmp_path) == (f"{tmp_path}/restic/pw",)
    # Among the program's own files, too.
    (tmp_path / "restic" / "keys" / "pw").write_text("short")
    assert found(replace(backup, password="file:restic/keys/pw"), tmp_path) == (f"{tmp_path}/restic/keys/pw",)


def test_a_password_that_may_not_be_looked_for(tmp_path: Path) -> None:
    (tmp_path / "restic").mkdir()
    backup = Backup(name="n", kind="restic", repository="restic", password="file:pw")
    _, gap = keys_beside(backup, (), replace(declared(tmp_path), trusted=False))
    assert gap is not None and gap.why is Reason.NOT_PERMITTED


def test_a_repokey_without_a_password(tmp_path: Path) -> None:
    (tmp_path / "borg").mkdir()
    backup = Backup(name="n", kind="borg", repository="borg")
    point = RestorePoint(id="a", encrypted="repokey (borg)")
    assert found(backup, tmp_path, point) == ("in the repository itself, without a password",)
    assert found(backup, tmp_path, replace(point, encrypted="")) == ()


def test_settings_of_pgbackrest_in_its_repository(tmp_path: Path) -> None:
    (tmp_path / "repository" / "backup").mkdir(parents=True)
    text = f"[global]\nrepo1-path={tmp_path}/repository\nrepo1-cipher-pass=abc\n"
    for place, expected in ((tmp_path, ()), (tmp_path / "repository", (f"{tmp_path}/repository/pgbackrest.conf",))):
        settings = place / "pgbackrest.conf"
        settings.write_text(text)
        backup = Backup(name="n", kind="pgbackrest", stanza="main", config=str(settings))
        assert found(backup, tmp_path) == expected


def test_a_repository_on_another_host(tmp_path: Path) -> None:
    (tmp_path / "pgbackrest.conf").write_text("[global]\nrepo1-type=s3\nrepo1-path=/x\n")
    for backup in (
        Backup(name="n", kind="borg", repository="ssh://borg@backup.example/./shop"),
        Backup(name="n", kind="borg", repository="borg@backup.example:shop"),
        Backup(name="n", kind="restic", repository="sftp:backup.example:/shop"),
        Backup(name="n", kind="pgbackrest", stanza="main", config="pgbackrest.conf"),
    ):
        places, gap = keys_beside(backup, (), declared(tmp_path))
        assert places == () and isinstance(gap, Unseen) and gap.why is Reason.INSUFFICIENT_PROOF


def test_a_key_in_the_bucket(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    bucket = Bucket(tmp_path, request)
    backup = bucket.filled()
    name = backup.repository.split("/")[2]
    bucket.client.put_object(Bucket=name, Key="elsewhere/key.txt", Body=_AGE)
    assert found(backup, tmp_path) == ()
    bucket.client.put_object(Bucket=name, Key="copies/key.txt", Body=_AGE)
    assert found(backup, tmp_path) == (f"s3://{name}/copies/key.txt",)


def test_what_restic_keeps_in_a_bucket_is_no_key(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    bucket = Bucket(tmp_path, request)
    backup = bucket.empty()
    name = backup.repository.split("/")[2]
    restic = Backup(name="n", kind="restic", repository=f"s3:{backup.url}/{name}/shop", credentials="file:keys")
    for key in ("shop/keys/abc", "shop/config"):
        bucket.client.put_object(Bucket=name, Key=key, Body=_AGE)
    assert found(restic, tmp_path) == ()
    bucket.client.put_object(Bucket=name, Key="shop/old/password", Body=_AGE)
    assert found(restic, tmp_path) == (f"s3://{name}/shop/old/password",)


def test_a_bucket_without_trust(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    backup = Bucket(tmp_path, request).empty()
    _, gap = keys_beside(backup, (), replace(declared(tmp_path), trusted=False))
    assert gap is not None and gap.why is Reason.NOT_PERMITTED


def test_how_objects_are_encrypted(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    bucket = Bucket(tmp_path, request)
    backup = bucket.empty()
    name = backup.repository.split("/")[2]
    TarGz(tmp_path, request).write(tmp_path / "a.tar.gz")
    data = (tmp_path / "a.tar.gz").read_bytes()
    bucket.client.put_object(Bucket=name, Key="copies/1.tar.gz", Body=data, ServerSideEncryption="AES256")
    bucket.client.put_object(Bucket=name, Key="copies/2.tar.gz", Body=data, ServerSideEncryption="aws:kms")
    bucket.client.put_object(
        Bucket=name, Key="copies/3.tar.age", Body=b"age-encryption.org/v1\n", ServerSideEncryption="AES256"
    )
    bucket.client.put_object(Bucket=name, Key="copies/4.tar.gz", Body=b"")
    points = opened(backup, tmp_path).points()
    assert not isinstance(points, Unseen)
    assert {point.id[7]: (point.encrypted, point.store_key) for point in points} == {
        "1": ("AES256 (server side)", True),
        "2": ("aws:kms (server side)", False),
        "3": ("age, AES256 (server side)", False),
        "4": ("", False),
    }


def test_how_a_mirror_is_encrypted(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    bucket = Bucket(tmp_path, request)
    backup = bucket.empty()
    name = backup.repository.split("/")[2]
    bucket.client.put_object(Bucket=name, Key="copies/a.png", Body=b"x", ServerSideEncryption="aws:kms")
    assert point_of(opened(backup, tmp_path)).encrypted == "aws:kms (server side)"
    bucket.client.put_object(Bucket=name, Key="copies/b.png", Body=b"x", ServerSideEncryption="AES256")
    assert point_of(opened(backup, tmp_path)).store_key
    bucket.client.put_object(Bucket=name, Key="copies/c.png", Body=b"x")
    assert point_of(opened(backup, tmp_path)).encrypted == ""


def test_a_repository_that_is_only_authenticated(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    if shutil.which("borg") is None:
        pytest.skip("borg is not installed")
    shelf = Borg(tmp_path, request)
    (tmp_path / "password").write_text(PASSWORD)
    shelf.run("init", "--encryption=authenticated", "borg")
    (tmp_path / "media").mkdir()
    shelf.run("create", "borg::first", "media")
    assert point_of(opened(shelf.backup, tmp_path)).encrypted == ""
