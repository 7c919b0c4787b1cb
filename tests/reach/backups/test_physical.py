"""pgBackRest and Barman: log that is missing, damaged files, and recovery to a moment, on a real server."""

import os
import re
import shutil
import subprocess
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from prodproof.facts import Reason, Unseen
from prodproof.facts.declared import Backup
from prodproof.reach.backups import barman
from prodproof.reach.backups._bench import Bench
from prodproof.reach.backups.backup_store import BackupStore, Damage, Damaged, Limits, Restored, RestorePoint, Sound
from tests.reach.backups.clusters import PROGRAMS, as_other, running
from tests.reach.backups.lab import PASSWORD, ROWS, Lab
from tests.reach.backups.shelves import SHELVES, Barman, PgBackRest, opened


@pytest.fixture(params=["pgbackrest", "barman"])
def shelf(open_path: Path, request: pytest.FixtureRequest) -> "PgBackRest | Barman":
    (open_path / "work").mkdir()
    made = SHELVES[request.param](open_path / "work", request)
    assert isinstance(made, (PgBackRest, Barman))
    made.filled()
    return made


def newest(store: BackupStore) -> RestorePoint:
    points = store.points()
    assert isinstance(points, tuple) and points, points
    return points[0]


def segment(shelf: "PgBackRest | Barman", name: str) -> Path:
    """A segment of the log, as the tool keeps it."""
    return next(path for path in shelf.folder.rglob(f"{name}*") if re.fullmatch(rf"{name}(-.*)?", path.name))


def rows(base: Path, data: Path) -> tuple[int, list[str]]:
    """What a scratch server on a restored data directory has, once its recovery has ended."""
    settings = ["listen_addresses=", f"unix_socket_directories={base}", "archive_mode=off", "fsync=off"]
    options = [option for word in settings for option in ("-c", word)]
    files = {"hba_file": "local all all trust\n", "ident_file": ""}
    for name, text in files.items():
        (base / name).write_text(text)
        options += ["-c", f"{name}={base / name}"]

    def ask(sql: str) -> list[str]:
        words = [str(PROGRAMS / "psql"), "-XAtq", "-h", str(base), "-U", "postgres", "-c", sql, "postgres"]
        done = subprocess.run([*as_other(), *words], capture_output=True, text=True, check=True, timeout=60)
        return done.stdout.split()

    with running(base, data, *options):
        ask("DO $$ BEGIN WHILE pg_is_in_recovery() LOOP PERFORM pg_sleep(0.05); END LOOP; END $$")
        return int(ask("SELECT count(*) FROM film")[0]), ask("SELECT said FROM marker ORDER BY said DESC")


def scratch(into: Path) -> Path:
    """Let the server's user come through to what was restored, as a drill does."""
    into.chmod(0o711)
    base = into.parent / "s"
    base.mkdir()
    if os.geteuid() == 0:
        base.chmod(0o777)
    return base


@pytest.mark.parametrize("to_a_moment", [False, True])
def test_a_restored_server_has_the_rows(shelf: "PgBackRest | Barman", lab: Lab, into: Path, to_a_moment: bool) -> None:
    store = opened(shelf.backup, shelf.folder)
    restored = store.restore(newest(store), into, at=lab.before if to_a_moment else None)
    assert isinstance(restored, Restored), restored
    # Neither the repository nor its key is needed any more.
    shutil.rmtree(shelf.folder)
    assert not [file for file in into.rglob("*.conf") if PASSWORD in file.read_text()]
    assert restored.at == (lab.before if to_a_moment else None)
    wanted = ["before"] if to_a_moment else ["before", "after"]
    assert rows(scratch(into), restored.where) == (ROWS, wanted)


def test_what_a_point_says(shelf: "PgBackRest | Barman") -> None:
    point = newest(opened(shelf.backup, shelf.folder))
    assert point.started and point.completed and point.started <= point.completed
    assert point.size and point.restored_size and point.restored_size > 10 << 20
    assert point.wal and point.wal.first <= point.wal.needed < point.wal.last
    assert point.server_version.split(".")[0] == PROGRAMS.parts[-2]
    assert point.encrypted == ("aes-256-cbc" if isinstance(shelf, PgBackRest) else "")


def test_a_segment_that_the_backup_needs_is_missing(shelf: "PgBackRest | Barman", into: Path) -> None:
    store = opened(shelf.backup, shelf.folder)
    point = newest(store)
    assert point.wal is not None
    segment(shelf, point.wal.needed).unlink()
    for found in (store.verify(point, deep=False), store.verify(point, deep=True), store.restore(point, into)):
        assert isinstance(found, Damaged) and found.damage is Damage.MISSING_WAL, found
        assert point.wal.needed in found.says and "cannot be restored" in found.says


def test_a_later_segment_is_missing(shelf: "PgBackRest | Barman", into: Path) -> None:
    store = opened(shelf.backup, shelf.folder)
    point = newest(store)
    assert point.wal is not None
    later = f"{int(point.wal.last, 16) - 1:024X}"
    assert later > point.wal.needed
    segment(shelf, later).unlink()
    found = store.verify(point, deep=False)
    assert isinstance(found, Damaged) and found.damage is Damage.MISSING_WAL, found
    assert later in found.says and "nothing after it" in found.says


def test_a_changed_and_a_missing_file(shelf: "PgBackRest | Barman", into: Path) -> None:
    store = opened(shelf.backup, shelf.folder)
    point = newest(store)
    within = "backup/main" if isinstance(shelf, PgBackRest) else "barman/pg/base"
    root = shelf.folder / ("repository" if isinstance(shelf, PgBackRest) else ".") / within
    table = max(root.rglob("base/1/*"), key=lambda path: path.stat().st_size)
    data = bytearray(table.read_bytes())
    data[len(data) // 2] ^= 0xFF
    table.write_bytes(bytes(data))
    assert isinstance(store.verify(point, deep=False), Sound)  # it looks at the log alone
    found = store.verify(point, deep=True)
    assert isinstance(found, Damaged) and found.damage is Damage.CORRUPT, found
    table.unlink()
    found = store.verify(point, deep=True)
    assert isinstance(found, Damaged) and found.damage is Damage.MISSING, found
    if isinstance(shelf, PgBackRest):
        restored = store.restore(point, into)
        assert isinstance(restored, Damaged), restored


def test_a_moment_before_the_backup(shelf: "PgBackRest | Barman", into: Path) -> None:
    store = opened(shelf.backup, shelf.folder)
    point = newest(store)
    found = store.restore(point, into, at=point.started)
    assert isinstance(found, Unseen) and found.why is Reason.NOT_CONFIGURED, found


@pytest.fixture
def rest(open_path: Path, request: pytest.FixtureRequest) -> PgBackRest:
    (open_path / "work").mkdir()
    made = PgBackRest(open_path / "work", request)
    made.filled()
    return made


def test_the_wrong_password_of_pgbackrest(rest: PgBackRest, into: Path) -> None:
    point = newest(opened(rest.backup, rest.folder))
    (rest.folder / "password").write_text("another")
    store = opened(rest.backup, rest.folder)
    for found in (store.points(), store.verify(point, deep=True), store.restore(point, into)):
        assert isinstance(found, Unseen) and found.why is Reason.DENIED, found
        assert "password is refused" in found.detail


def test_pgbackrest_by_its_own_settings(rest: PgBackRest, lab: Lab, into: Path) -> None:
    backup = Backup(name="nightly", kind="pgbackrest", stanza="main", config=str(lab.base / "pgbackrest.conf"))
    store = opened(backup, rest.folder)
    restored = store.restore(newest(store), into)
    assert isinstance(restored, Restored), restored
    settings = (restored.where / "postgresql.auto.conf").read_text()
    assert "archive_mode = 'off'" in settings
    missing = opened(replace(backup, config="nowhere.conf"), rest.folder).points()
    assert isinstance(missing, Unseen) and missing.why is Reason.NOT_CONFIGURED, missing


def test_a_corrupt_segment_of_the_log(rest: PgBackRest) -> None:
    store = opened(rest.backup, rest.folder)
    point = newest(store)
    assert point.wal is not None
    place = segment(rest, point.wal.last)
    data = bytearray(place.read_bytes())
    data[len(data) // 2] ^= 0xFF
    place.write_bytes(bytes(data))
    assert isinstance(store.verify(point, deep=False), Sound)  # it only counts them
    found = store.verify(point, deep=True)
    assert isinstance(found, Damaged) and "segments of the log are corrupt" in found.says, found


def test_page_errors_that_pgbackrest_found_when_it_made_it(rest: PgBackRest) -> None:
    store = opened(rest.backup, rest.folder)
    found = store.verify(replace(newest(store), trouble="it found page checksum errors"), deep=False)
    assert isinstance(found, Damaged) and found.damage is Damage.CORRUPT


def test_a_restore_leaves_the_spool_of_the_running_server_alone(rest: PgBackRest, lab: Lab, into: Path) -> None:
    waiting = rest.folder / "spool" / "archive" / "main" / "out" / "000000010000000000000001.ok"
    waiting.parent.mkdir(parents=True)
    waiting.touch()
    text = (lab.base / "pgbackrest.conf").read_text()
    (rest.folder / "own.conf").write_text(text.replace("[main]", f"spool-path={rest.folder}/spool\n[main]"))
    store = opened(Backup(name="nightly", kind="pgbackrest", stanza="main", config="own.conf"), rest.folder)
    restored = store.restore(newest(store), into)
    assert isinstance(restored, Restored), restored
    assert waiting.exists()


def test_a_backup_that_barman_says_went_wrong(open_path: Path, into: Path, request: pytest.FixtureRequest) -> None:
    (open_path / "work").mkdir()
    shelf = Barman(open_path / "work", request)
    shelf.filled()
    (info,) = shelf.folder.rglob("backup.info")
    info.write_text(info.read_text().replace("status=DONE", "status=FAILED"))
    store = opened(shelf.backup, shelf.folder)
    point = newest(store)
    assert "FAILED" in point.trouble and point.completed is None
    for found in (store.verify(point, deep=True), store.restore(point, into)):
        assert isinstance(found, Damaged) and found.damage is Damage.FAILED, found


def test_a_backup_that_barman_is_making_is_none_yet(
    open_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Until it has taken so long that nobody is making it any more."""
    (open_path / "work").mkdir()
    shelf = Barman(open_path / "work", request)
    shelf.filled()
    (info,) = shelf.folder.rglob("backup.info")
    info.write_text(info.read_text().replace("status=DONE", "status=STARTED"))
    store = opened(shelf.backup, shelf.folder)
    assert store.points() == ()
    monkeypatch.setattr(barman, "_MADE_WITHIN", timedelta(0))
    assert "STARTED" in newest(store).trouble


@pytest.mark.parametrize(("said", "told"), [("gpg", "OpenPGP (Barman)"), ("none", ""), (None, "")])
def test_how_barman_encrypts(tmp_path: Path, said: str | None, told: str) -> None:
    """Later versions than Debian's say it; the form is of 3.19."""
    store = barman.BarmanStore(Backup(name="nightly", kind="barman", server="pg"), tmp_path, Bench(Limits()))
    about = {"encryption": said, "begin_time_timestamp": "1790000000", "end_time_timestamp": "1790000060"}
    assert store._point("20260921T161320", {"status": "DONE", "base_backup_information": about}).encrypted == told


@pytest.mark.skipif(os.geteuid() != 0, reason="only root becomes another user")
def test_barman_becomes_a_user_who_cannot_come_there(open_path: Path, request: pytest.FixtureRequest) -> None:
    (open_path / "work").mkdir()
    shelf = Barman(open_path / "work", request)
    shelf.filled()
    closed = open_path / "closed"
    closed.mkdir(mode=0o700)
    (closed / "into").mkdir(mode=0o700)
    store = opened(shelf.backup, shelf.folder)
    found = store.restore(newest(store), closed / "into")
    assert isinstance(found, Unseen) and found.why is Reason.DENIED, found
    assert "not as root" in found.detail


def test_barman_without_its_settings(tmp_path: Path) -> None:
    backup = Backup(name="nightly", kind="barman", server="pg", config="nowhere.conf")
    found = opened(backup, tmp_path).points()
    assert isinstance(found, Unseen) and found.why is Reason.NOT_CONFIGURED, found
