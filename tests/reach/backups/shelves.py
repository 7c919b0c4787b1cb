"""A good store of each kind, an empty one, and the place of one that is not there; for the suite that all must pass."""

import gzip
import os
import shutil
import sqlite3
import subprocess
import tarfile
import zipfile
from abc import ABC, abstractmethod
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import zstandard

from prodproof.facts import Unseen
from prodproof.facts.declared import Backup, Declared, Environment
from prodproof.reach.backups.backup_store import BackupStore, Contents, Limits, Restored, open_store
from tests.reach.backups.clusters import own
from tests.reach.backups.lab import PASSWORD, Lab
from tests.reach.backups.mariadb import MariaDb
from tests.servers.aws import REGION, AwsServer

ROW = "a row that must come back"
LIMITS = Limits(listing=60, verifying=120, restoring=120)


def declared(root: Path, **more: Any) -> Declared:
    """A trusted system of which only the backups matter."""
    return Declared(system="shop", environment=Environment(name="production"), root=str(root), trusted=True, **more)


def opened(backup: Backup, root: Path, **more: Any) -> BackupStore:
    """The store, which must open."""
    store = open_store(backup, declared(root), limits=LIMITS, **more)
    assert not isinstance(store, Unseen), store
    return store


class Shelf(ABC):
    """One kind of store."""

    contents: Contents
    form = ""
    large = False
    """Whether a restore takes megabytes, so that a small disk is full of it."""

    def __init__(self, folder: Path, request: Any) -> None:
        self.folder = folder
        self.request = request

    @abstractmethod
    def filled(self) -> Backup:
        """A store with one good restore point or more."""

    @abstractmethod
    def empty(self) -> Backup:
        """A store that is there and holds nothing."""

    @abstractmethod
    def gone(self) -> Backup:
        """A store that is not there."""

    @abstractmethod
    def check(self, restored: Restored) -> None:
        """That what came back is what was there."""


class _Files(Shelf):
    kind: str
    name: str

    @abstractmethod
    def write(self, place: Path) -> None:
        """Put the copy there."""

    def filled(self) -> Backup:
        place = self.folder / "copies"
        place.mkdir()
        self.write(place / self.name)
        return Backup(name="nightly", kind=self.kind, path="copies/shop*")

    def empty(self) -> Backup:
        (self.folder / "none").mkdir()
        return Backup(name="nightly", kind=self.kind, path="none/shop*")

    def gone(self) -> Backup:
        return Backup(name="nightly", kind=self.kind, path="nowhere/shop*")


class Plain(_Files):
    kind, name, contents, form = "dump", "shop.sql", Contents.DUMP, "plain"

    @property
    def lab(self) -> Lab:
        found = self.request.getfixturevalue("lab")
        assert isinstance(found, Lab)
        return found

    def write(self, place: Path) -> None:
        shutil.copy(self.lab.dump("plain"), place)

    def check(self, restored: Restored) -> None:
        assert "film 1000" in restored.where.read_text()


class PlainGz(Plain):
    name = "shop.sql.gz"

    def write(self, place: Path) -> None:
        place.write_bytes(gzip.compress(self.lab.dump("plain").read_bytes()))


class PlainZst(Plain):
    name = "shop.sql.zst"

    def write(self, place: Path) -> None:
        place.write_bytes(zstandard.ZstdCompressor().compress(self.lab.dump("plain").read_bytes()))


class Custom(Plain):
    name, form = "shop.dump", "custom"

    def write(self, place: Path) -> None:
        shutil.copy(self.lab.dump("custom"), place)

    def check(self, restored: Restored) -> None:
        sql = subprocess.run(["pg_restore", "--file=-", restored.where], capture_output=True, check=True).stdout
        assert b"film 1000" in sql
        assert restored.pieces[0].server_version.split(".")[0].isdigit()


class Directory(Custom):
    name, form = "shop-dump", "directory"

    def write(self, place: Path) -> None:
        shutil.copytree(self.lab.dump("directory"), place)


class BaseBackup(Plain):
    kind, name, contents, form, large = "folder", "shop-base", Contents.DATA_DIRECTORY, "", True

    def write(self, place: Path) -> None:
        shutil.copytree(self.lab.base_backup, place)

    def check(self, restored: Restored) -> None:
        assert (restored.where / "backup_label").is_file()
        assert restored.where.stat().st_mode & 0o777 == 0o700


class MysqlDumpGz(_Files):
    kind, name, contents, form = "mysql-dump", "shop.sql.gz", Contents.MYSQL_DUMP, "plain"

    def write(self, place: Path) -> None:
        server = self.request.getfixturevalue("mariadb")
        assert isinstance(server, MariaDb)
        server.sql(f"CREATE DATABASE IF NOT EXISTS shop; CREATE OR REPLACE TABLE shop.notes (note TEXT);"
                   f"INSERT INTO shop.notes VALUES ('{ROW}')")  # fmt: skip
        place.write_bytes(gzip.compress(server.run("mariadb-dump", "shop")))

    def check(self, restored: Restored) -> None:
        assert ROW in restored.where.read_text()


class Sqlite(_Files):
    kind, name, contents = "sqlite", "shop.db", Contents.SQLITE

    def write(self, place: Path) -> None:
        with closing(sqlite3.connect(place)) as made:
            made.execute("CREATE TABLE notes (note TEXT)")
            made.executemany("INSERT INTO notes VALUES (?)", [(ROW,)] * 500)
            made.commit()

    def check(self, restored: Restored) -> None:
        with closing(sqlite3.connect(restored.where)) as copy:
            assert copy.execute("SELECT count(*) FROM notes WHERE note = ?", (ROW,)).fetchone() == (500,)


class SqliteGz(Sqlite):
    name = "shop.db.gz"

    def write(self, place: Path) -> None:
        super().write(place.with_name("plain"))
        place.write_bytes(gzip.compress(place.with_name("plain").read_bytes()))
        place.with_name("plain").unlink()


def media(folder: Path) -> None:
    """Files as visitors upload them; one of them takes megabytes."""
    (folder / "uploads").mkdir(parents=True)
    (folder / "uploads" / "note.txt").write_text(ROW)
    (folder / "uploads" / "film.bin").write_bytes(os.urandom(3 << 20))


class TarGz(_Files):
    kind, name, contents, large = "archive", "shop.tar.gz", Contents.FILES, True

    def write(self, place: Path) -> None:
        media(self.folder / "media")
        with tarfile.open(place, "w:gz", compresslevel=1) as archive:
            archive.add(self.folder / "media", "media")

    def check(self, restored: Restored) -> None:
        (found,) = restored.where.rglob("note.txt")
        assert found.read_text() == ROW
        (film,) = restored.where.rglob("film.bin")
        assert film.stat().st_size == 3 << 20


class Zip(TarGz):
    name = "shop.zip"

    def write(self, place: Path) -> None:
        media(self.folder / "media")
        with zipfile.ZipFile(place, "w") as archive:
            for path in sorted((self.folder / "media").rglob("*")):
                archive.write(path, path.relative_to(self.folder))


class Folder(TarGz):
    kind, name = "folder", "shop-media"

    def write(self, place: Path) -> None:
        media(place)


class _Repository(Shelf):
    """A program's repository, made once and copied."""

    contents, large = Contents.FILES, True
    backup: Backup

    @abstractmethod
    def fill(self) -> None:
        """Put a copy of some files into the empty repository."""

    def filled(self) -> Backup:
        templates = self.request.getfixturevalue("templates")
        assert isinstance(templates, Path)
        template = templates / self.backup.kind
        if not template.exists():
            self.empty()
            media(self.folder / "media")
            self.fill()
            shutil.copytree(self.folder, template)
        else:
            shutil.copytree(template, self.folder, dirs_exist_ok=True)
        return self.backup

    def gone(self) -> Backup:
        (self.folder / "password").write_text(PASSWORD)
        return replace(self.backup, repository="nowhere")

    check = TarGz.check


class Restic(_Repository):
    backup = Backup(name="nightly", kind="restic", repository="restic", password="file:password")

    def run(self, *words: str, repository: str = "restic") -> str:
        """Run restic as those do who make the backups."""
        done = subprocess.run(
            ["restic", "--quiet", "--no-cache", "--password-file", "password", "--repo", repository, *words],
            cwd=self.folder, capture_output=True, text=True, check=False, timeout=60,
            env={"PATH": os.environ["PATH"], "HOME": str(self.folder)},
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout

    def fill(self) -> None:
        self.run("backup", "media")

    def empty(self) -> Backup:
        (self.folder / "password").write_text(PASSWORD)
        self.run("init")
        return self.backup


class Borg(_Repository):
    backup = Backup(name="nightly", kind="borg", repository="borg", password="file:password")

    def run(self, *words: str) -> str:
        """Run borg as those do who make the backups."""
        done = subprocess.run(
            ["borg", *words],
            cwd=self.folder, capture_output=True, text=True, check=False, timeout=60,
            env={"PATH": os.environ["PATH"], "HOME": str(self.folder), "BORG_PASSPHRASE": PASSWORD, "TZ": "UTC",
                 "BORG_RELOCATED_REPO_ACCESS_IS_OK": "yes"},
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout

    def fill(self) -> None:
        self.run("create", "borg::first", "media")

    def empty(self) -> Backup:
        (self.folder / "password").write_text(PASSWORD)
        self.run("init", "--encryption=repokey", "borg")
        return self.backup


class PgBackRest(Shelf):
    contents, large = Contents.DATA_DIRECTORY, True
    backup = Backup(name="nightly", kind="pgbackrest", stanza="main", repository="repository", password="file:password")

    @property
    def lab(self) -> Lab:
        found = self.request.getfixturevalue("lab")
        assert isinstance(found, Lab)
        return found

    def filled(self) -> Backup:
        (self.folder / "password").write_text(PASSWORD)
        self.lab.copy_pgbackrest(self.folder / "repository")
        return self.backup

    def empty(self) -> Backup:
        backup = self.filled()
        # As `pgbackrest stanza-create` leaves it: the stanza is known, and has no backup yet.
        shutil.rmtree(self.folder / "repository")
        data = self.lab.base_backup
        settings = self.folder / "make.conf"
        settings.write_text(
            f"[global]\nrepo1-path={self.folder}/repository\nrepo1-cipher-type=aes-256-cbc\n"
            f"repo1-cipher-pass={PASSWORD}\nlog-level-file=off\nlock-path={self.folder}/lock\n"
            f"[main]\npg1-path={data}\n"
        )
        (self.folder / "repository").mkdir()
        words = ["pgbackrest", f"--config={settings}", "--stanza=main", "--no-online", "stanza-create"]
        subprocess.run(words, check=True, capture_output=True, timeout=60)
        return backup

    def gone(self) -> Backup:
        (self.folder / "password").write_text(PASSWORD)
        return replace(self.backup, repository="nowhere")

    def check(self, restored: Restored) -> None:
        assert (restored.where / "PG_VERSION").read_text().strip() == restored.pieces[0].server_version
        assert "restore_command" in (restored.where / "postgresql.auto.conf").read_text()


class Barman(Shelf):
    contents, large = Contents.DATA_DIRECTORY, True
    backup = Backup(name="nightly", kind="barman", server="pg", config="barman.conf")

    def filled(self) -> Backup:
        lab = self.request.getfixturevalue("lab")
        assert isinstance(lab, Lab)
        lab.copy_barman(self.folder)
        return self.backup

    def empty(self) -> Backup:
        backup = self.filled()
        shutil.rmtree(self.folder / "barman" / "pg" / "base")
        (self.folder / "barman" / "pg" / "base").mkdir()
        own(self.folder / "barman" / "pg" / "base")
        return backup

    def gone(self) -> Backup:
        return replace(self.filled(), server="other")

    def check(self, restored: Restored) -> None:
        assert (restored.where / "PG_VERSION").is_file()


class Bucket(Shelf):
    contents, large = Contents.FILES, True
    keys = "AKIAREADER:reading"

    def _declared(self, bucket: str) -> Backup:
        server = self.request.getfixturevalue("aws_server")
        assert isinstance(server, AwsServer)
        (self.folder / "keys").write_text(self.keys)
        return Backup(name="nightly", kind="s3", repository=f"s3://{bucket}/copies/", url=server.url, region=REGION,
                      credentials="file:keys")  # fmt: skip

    @property
    def client(self) -> Any:
        server = self.request.getfixturevalue("aws_server")
        assert isinstance(server, AwsServer)
        return server.client("s3")

    def _made(self) -> str:
        bucket = f"b-{os.urandom(6).hex()}"
        self.client.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
        return bucket

    def filled(self) -> Backup:
        bucket = self._made()
        TarGz(self.folder, self.request).write(self.folder / "shop.tar.gz")
        data = (self.folder / "shop.tar.gz").read_bytes()
        self.client.put_object(Bucket=bucket, Key="copies/shop.tar.gz", Body=data, ServerSideEncryption="AES256")
        return self._declared(bucket)

    def empty(self) -> Backup:
        return self._declared(self._made())

    def gone(self) -> Backup:
        return self._declared(f"b-{os.urandom(6).hex()}")

    check = TarGz.check


SHELVES: dict[str, type[Shelf]] = {
    "plain": Plain,
    "plain-gz": PlainGz,
    "plain-zst": PlainZst,
    "custom": Custom,
    "directory": Directory,
    "base-backup": BaseBackup,
    "mysql-dump-gz": MysqlDumpGz,
    "sqlite": Sqlite,
    "sqlite-gz": SqliteGz,
    "tar-gz": TarGz,
    "zip": Zip,
    "folder": Folder,
    "restic": Restic,
    "borg": Borg,
    "pgbackrest": PgBackRest,
    "barman": Barman,
    "s3": Bucket,
}
_PROGRAMS = {"restic": "restic", "borg": "borg"}


def missing_program(name: str) -> str:
    """The program that a shelf lacks on this machine; empty if none."""
    program = _PROGRAMS.get(name, "")
    return program if program and shutil.which(program) is None else ""
