"""Restored files, SQLite databases, media beside the rows that name them, and the application on the copy."""

import os
import shutil
import sqlite3
import sys
import tarfile
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from prodproof.facts.drills import DrillOutcome
from prodproof.facts.restores import ComparedWith, DifferenceKind
from prodproof.reach.compare import files as comparing
from prodproof.reach.compare import sqlite as comparing_sqlite
from prodproof.reach.cut_off import alone_with_loopback, reachable
from tests.drills.restore.restoring import Result, backup, declared_shop, drilled, dump, shop_store
from tests.servers.postgres import program

OLD = time.time() - 7 * 86400


@pytest.fixture(autouse=True)
def no_margin(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was written a moment before the backup counts, since a test cannot make files older than they are."""
    from datetime import timedelta

    monkeypatch.setattr(comparing, "MARGIN", timedelta(days=-1))
    monkeypatch.setattr(comparing_sqlite, "MARGIN", timedelta(0))


@pytest.fixture
def uploads(tmp_path: Path) -> Path:
    """The source's files."""
    root = tmp_path / "uploads"
    for number in range(20):
        file = root / f"{number % 3}" / f"p{number}.jpg"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(os.urandom(500))
    return root


def archive(folder: Path, path: Path) -> Path:
    with tarfile.open(path, "w:gz") as made:
        made.add(folder, "uploads")
    return path


def restored_files(tmp_path: Path, scratch: Path, path: Path, **more: object) -> Result:
    restoring: dict[str, Any] = {"source": "uploads", "root": "uploads", "takes_at_most": 0, **more}
    store = shop_store(None, scratch, kind="files", restore=restoring)
    return drilled(declared_shop(tmp_path, store, backup(path, "archive")))


def test_good_files_are_proven(tmp_path: Path, scratch: Path, uploads: Path) -> None:
    done = restored_files(tmp_path, scratch, archive(uploads, tmp_path / "a.tar.gz"))
    assert done.run.outcome is DrillOutcome.PROVEN, done.run.detail
    assert (done.restored.tables, done.restored.compared_with) == (20, ComparedWith.SOURCE)


def test_missing_and_changed_files_are_named(tmp_path: Path, scratch: Path, uploads: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(uploads, copy)
    (copy / "0/p0.jpg").unlink()
    (copy / "1/p1.jpg").write_bytes(os.urandom(500))
    (copy / "2/p2.jpg").write_bytes(b"short")
    done = restored_files(tmp_path, scratch, archive(copy, tmp_path / "a.tar.gz"))
    assert done.run.outcome is DrillOutcome.FAILED
    assert done.found() == {
        (DifferenceKind.MISSING_FILE, "0/p0.jpg"),
        (DifferenceKind.CHANGED_FILE, "1/p1.jpg"),
        (DifferenceKind.CHANGED_FILE, "2/p2.jpg"),
    }


def test_files_that_came_later_are_no_damage(
    tmp_path: Path, scratch: Path, uploads: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from datetime import timedelta

    made = archive(uploads, tmp_path / "a.tar.gz")
    os.utime(made, (OLD, OLD))
    (uploads / "new.jpg").write_bytes(b"new")
    (uploads / "0/p0.jpg").write_bytes(b"other")
    (uploads / "1/p1.jpg").unlink()
    monkeypatch.setattr(comparing, "MARGIN", timedelta(0))
    done = restored_files(tmp_path, scratch, made)
    assert done.run.outcome is DrillOutcome.PROVEN, done.run.detail


def test_an_empty_archive(tmp_path: Path, scratch: Path, uploads: Path) -> None:
    (tmp_path / "uploads-empty").mkdir()
    done = restored_files(tmp_path, scratch, archive(tmp_path / "uploads-empty", tmp_path / "a.tar.gz"))
    assert done.run.outcome is not DrillOutcome.PROVEN, "the source has files"


def test_files_without_a_declared_source_are_not_proven(tmp_path: Path, scratch: Path, uploads: Path) -> None:
    done = restored_files(tmp_path, scratch, archive(uploads, tmp_path / "a.tar.gz"), source=None)
    assert done.run.outcome is DrillOutcome.NOT_PROVEN and "not declared" in done.run.detail


# ---- SQLite

NOW = "2026-01-01 00:00:00"


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "shop.sqlite3"
    with sqlite3.connect(path) as link:
        link.executescript(
            "CREATE TABLE item (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT, raw BLOB, updated_at TEXT);"
            "CREATE TABLE tag (item INTEGER REFERENCES item, word TEXT, PRIMARY KEY (item, word));"
            "CREATE VIEW names AS SELECT name FROM item;"
        )
        link.executemany("INSERT INTO item (name, raw, updated_at) VALUES (?, ?, ?)",
                         [(f"n{number}", os.urandom(8), NOW) for number in range(300)])  # fmt: skip
        link.executemany("INSERT INTO tag VALUES (?, 'a')", [(number,) for number in range(1, 100)])
    link.close()
    return path


def restored_sqlite(tmp_path: Path, scratch: Path, statements: str = "", **more: object) -> Result:
    copy = tmp_path / "copy.sqlite3"
    shutil.copy(tmp_path / "shop.sqlite3", copy)
    with sqlite3.connect(copy) as link:
        link.executescript(statements)
    link.close()
    restoring: dict[str, Any] = {"source": "shop.sqlite3", "takes_at_most": 0, **more}
    store = shop_store(None, scratch, kind="sqlite", restore=restoring)
    return drilled(declared_shop(tmp_path, store, backup(copy, "sqlite")))


def test_a_good_sqlite_database_is_proven(tmp_path: Path, scratch: Path, source: Path) -> None:
    done = restored_sqlite(tmp_path, scratch)
    assert done.run.outcome is DrillOutcome.PROVEN, done.run.detail
    assert (done.restored.tables, done.restored.rows) == (2, 399)


def test_each_damage_of_a_sqlite_database_is_named(tmp_path: Path, scratch: Path, source: Path) -> None:
    done = restored_sqlite(
        tmp_path,
        scratch,
        "DELETE FROM item WHERE id = 200; UPDATE item SET name = 'x' WHERE id = 201; DELETE FROM item WHERE id = 5;"
        "UPDATE sqlite_sequence SET seq = 10; DROP VIEW names; DELETE FROM tag;",
    )
    assert done.run.outcome is DrillOutcome.FAILED
    kinds = DifferenceKind
    assert done.found() == {
        (kinds.MISSING_ROWS, "item"), (kinds.CHANGED_ROWS, "item"), (kinds.SEQUENCE_BEHIND, "item"),
    }  # fmt: skip
    assert {item.what for item in done.restored.undecided} == {"view names", "tag"}


def test_a_sqlite_database_that_nothing_is_held_against_is_not_called_empty(
    tmp_path: Path, scratch: Path, source: Path
) -> None:
    done = restored_sqlite(tmp_path, scratch, source=None)
    assert (done.run.outcome, done.restored.differences) == (DrillOutcome.NOT_PROVEN, ())
    assert done.restored.rows > 0 and done.restored.compared_with is ComparedWith.NOTHING


def test_a_sqlite_database_whose_source_was_emptied_is_not_proven(tmp_path: Path, scratch: Path, source: Path) -> None:
    (tmp_path / "kept").mkdir()
    whole = shutil.copy(source, tmp_path / "kept" / "whole.sqlite3")
    for file, statement in ((whole, "DROP TABLE tag"), (source, "DROP TABLE tag; DELETE FROM item")):
        with sqlite3.connect(file) as link:
            link.executescript(statement)
        link.close()
    store = shop_store(None, scratch, kind="sqlite", restore={"source": source.name, "takes_at_most": 0})
    done = drilled(declared_shop(tmp_path, store, backup(whole, "sqlite")))
    assert (done.run.outcome, done.restored.differences) == (DrillOutcome.NOT_PROVEN, ()), done.run.detail


def test_a_torn_sqlite_database(tmp_path: Path, scratch: Path, source: Path) -> None:
    done = restored_sqlite(tmp_path, scratch)
    copy = tmp_path / "copy.sqlite3"
    data = bytearray(copy.read_bytes())
    data[5 * 4096 : 6 * 4096] = os.urandom(4096)
    copy.write_bytes(data)
    store = shop_store(None, scratch, kind="sqlite", restore={"source": "shop.sqlite3", "takes_at_most": 0})
    done = drilled(declared_shop(tmp_path, store, backup(copy, "sqlite")))
    assert done.run.outcome is DrillOutcome.FAILED
    assert done.restored.damage == "corrupt" or done.restored.differs(DifferenceKind.DAMAGED_PAGE)


# ---- media beside rows, and the application

needs_postgres = pytest.mark.skipif(program("pg_amcheck") is None, reason="PostgreSQL is not installed (postgresql)")


@needs_postgres
def test_rows_without_files_and_files_without_rows(
    tmp_path: Path, scratch: Path, shop: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHOP_URL", shop)
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    for number in range(1, 21):
        (pictures / f"p{number}.jpg").write_bytes(b"x")
    (pictures / "p7.jpg").unlink()
    (pictures / "stray.jpg").write_bytes(b"x")
    files = archive(pictures, tmp_path / "a.tar.gz")
    whole = dump(shop, tmp_path / "shop.dump", "-Fc")
    os.utime(files, (time.time() - 60,) * 2)
    restoring = {"media": "uploads", "media_columns": ("stock.picture.file",)}
    store = shop_store("env:SHOP_URL", scratch, restore=restoring)
    media = shop_store(None, scratch, name="uploads", kind="files", restore={"root": "uploads"})
    system = declared_shop(tmp_path, store, backup(whole), backup(files, "archive", name="pictures", store="uploads"))
    done = drilled(replace(system, data_stores=(store, media)))
    assert done.run.outcome is DrillOutcome.FAILED, done.run.detail
    assert done.found() == {
        (DifferenceKind.ROW_WITHOUT_FILE, "p7.jpg"),
        (DifferenceKind.FILE_WITHOUT_ROW, "stray.jpg"),
    }
    assert done.gave["restore-media"]["no_network"] == done.gave["restore"]["no_network"] == done.restored.no_network


APPLICATION = """\
import os, sys
from urllib.parse import urlsplit, parse_qs
from wsgiref.simple_server import make_server
import django
from django.conf import settings
url = urlsplit(os.environ["DATABASE_URL"])
asked = parse_qs(url.query)
settings.configure(ALLOWED_HOSTS=["127.0.0.1"], ROOT_URLCONF=__name__, SECRET_KEY="x", DATABASES={"default": {
    "ENGINE": "django.db.backends.postgresql", "NAME": url.path[1:],
    "USER": asked["user"][0], "HOST": asked["host"][0]}})
django.setup()
from django.db import connection
from django.http import HttpResponse
from django.urls import path
from django.core.wsgi import get_wsgi_application
def health(request):
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM customer")
        count = cursor.fetchone()[0]
    return HttpResponse("well", status=200 if count == int(sys.argv[1]) else 503)
urlpatterns = [path("healthz", health)]
make_server("127.0.0.1", 8000, get_wsgi_application()).serve_forever()
"""


@needs_postgres
@pytest.mark.parametrize(("rows", "well"), [(200, True), (5, False)])
def test_the_application_answers_on_the_copy(
    scratch: Path, shop: str, monkeypatch: pytest.MonkeyPatch, rows: int, well: bool
) -> None:
    if alone_with_loopback() is None or not reachable(Path(sys.prefix) / "bin"):
        pytest.skip("programs cannot be cut off here, or the server's user cannot come to this Python")
    from prodproof.drills import _proof_application

    monkeypatch.setattr(_proof_application, "START_SECONDS", 60.0 if well else 8.0)
    monkeypatch.setenv("SHOP_URL", shop)
    with tempfile.TemporaryDirectory(prefix="prodproof-test-") as name:
        root = Path(name)
        root.chmod(0o755)
        (root / "serve.py").write_text(APPLICATION)
        restoring = {
            "application": (sys.executable, "serve.py", str(rows)),
            "variables": (("DATABASE_URL", "{url}"),),
        }
        store = shop_store("env:SHOP_URL", scratch, restore=restoring)
        done = drilled(declared_shop(root, store, backup(dump(shop, root / "shop.dump", "-Fc"))))
    assert done.restored.application is well, done.run.detail
    assert done.run.outcome is (DrillOutcome.PROVEN if well else DrillOutcome.FAILED)
    if not well:
        assert done.found() == {(DifferenceKind.APPLICATION, "application")}
        assert "it answers with 503" in done.run.detail
