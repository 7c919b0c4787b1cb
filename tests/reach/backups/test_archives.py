"""Archives and folders that are broken, or made to do harm."""

import io
import os
import shutil
import tarfile
import zipfile
from pathlib import Path

import pytest

from prodproof.facts import Reason, Unseen
from prodproof.facts.declared import Backup
from prodproof.reach.backups.backup_store import BackupStore, Contents, Damage, Damaged, Restored, Sound
from tests.reach.backups.lab import Lab
from tests.reach.backups.shelves import ROW, media, opened
from tests.reach.backups.test_dumps import damage_of, judged, point_of, put, sqlite_file, store_of


def archive_of(*members: tuple[tarfile.TarInfo, bytes], mode: str = "w") -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode=mode) as archive:  # type: ignore[call-overload]  # one of its modes
        for member, data in members:
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return made.getvalue()


def file(name: str, data: bytes = b"data") -> tuple[tarfile.TarInfo, bytes]:
    return tarfile.TarInfo(name), data


def link(name: str, to: str, kind: bytes = tarfile.SYMTYPE) -> tuple[tarfile.TarInfo, bytes]:
    made = tarfile.TarInfo(name)
    made.type, made.linkname = kind, to
    return made, b""


def restored(store: BackupStore, into: Path) -> Restored | Damaged | Unseen:
    return store.restore(point_of(store), into)


@pytest.mark.parametrize("mode", ["w", "w:gz", "w:bz2", "w:xz"])
def test_a_truncated_archive(tmp_path: Path, into: Path, mode: str) -> None:
    data = archive_of(file("a", os.urandom(100_000)), file("b", os.urandom(100_000)), mode=mode)
    put(tmp_path, "shop.tar", data[: len(data) * 2 // 3])
    assert damage_of(judged(tmp_path, "archive")) is Damage.TRUNCATED
    assert damage_of(restored(store_of(tmp_path, "archive"), into)) is Damage.TRUNCATED


def test_an_archive_cut_between_two_files(tmp_path: Path) -> None:
    data = archive_of(file("a", bytes(512)), file("b", bytes(512)))
    put(tmp_path, "shop.tar", data[:1024])
    assert damage_of(judged(tmp_path, "archive")) is Damage.TRUNCATED


def test_a_corrupt_zip(tmp_path: Path) -> None:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("a", b"x" * 1000)
    data = bytearray(made.getvalue())
    data[200] ^= 0xFF
    put(tmp_path, "shop.zip", bytes(data))
    assert damage_of(judged(tmp_path, "archive")) is Damage.CORRUPT
    put(tmp_path, "shop.zip", made.getvalue()[:500])
    assert isinstance(judged(tmp_path, "archive"), Damaged)


def test_an_empty_archive(tmp_path: Path) -> None:
    put(tmp_path, "shop.tar", archive_of())
    assert damage_of(judged(tmp_path, "archive")) is Damage.EMPTY


@pytest.mark.parametrize(
    "members",
    [
        [file("../outside")],
        [file("a/../../outside")],
        [link("a", "/tmp"), file("a/outside")],
        [link("a", "../.."), file("a/outside")],
        [link("inner", "."), file("inner/outside")],
        [link("hard", "../secret", tarfile.LNKTYPE)],
    ],
)
def test_an_archive_leads_nowhere_else(
    tmp_path: Path, into: Path, members: list[tuple[tarfile.TarInfo, bytes]]
) -> None:
    (into.parent / "secret").write_text("mine")
    put(tmp_path, "shop.tar", archive_of(file("first"), *members))
    found = restored(store_of(tmp_path, "archive"), into)
    assert isinstance(found, (Unseen, Restored)), found
    assert not list(into.parent.glob("outside")) and not Path("/tmp/outside").exists()
    assert not [path for path in into.rglob("*") if path.is_file() and "mine" in path.read_text()]


def test_links_within_an_archive_and_absolute_names(tmp_path: Path, into: Path) -> None:
    data = archive_of(file("/srv/a", b"one"), link("srv/b", "a"), link("srv/c", "srv/a", tarfile.LNKTYPE))
    put(tmp_path, "shop.tar", data)
    assert isinstance(restored(store_of(tmp_path, "archive"), into), Restored)
    assert [(into / "srv" / name).read_text() for name in "abc"] == ["one", "one", "one"]
    assert (into / "srv" / "b").is_symlink()


def test_what_is_in_an_archive_is_told(tmp_path: Path, into: Path) -> None:
    data = sqlite_file(tmp_path / "made")
    put(tmp_path, "shop.tar.gz", archive_of(file("srv/shop.db", data), file("srv/1.png"), mode="w:gz"))
    found = restored(store_of(tmp_path, "archive"), into)
    assert isinstance(found, Restored)
    assert [(piece.contents, piece.where.name) for piece in found.pieces] == [
        (Contents.SQLITE, "shop.db"),
        (Contents.FILES, "into"),
    ]


def test_an_empty_folder_and_one_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "copies" / "media").mkdir(parents=True)
    assert damage_of(judged(tmp_path, "folder")) is Damage.EMPTY


def test_a_repository_of_a_program_is_no_folder_of_files(tmp_path: Path) -> None:
    place = tmp_path / "copies" / "restic"
    for name in ("data", "index", "keys", "snapshots"):
        (place / name).mkdir(parents=True)
    (place / "config").write_text("x")
    found = judged(tmp_path, "folder")
    assert isinstance(found, Unseen) and "kind = 'restic'" in found.detail


def test_one_point_for_each_dated_folder(tmp_path: Path) -> None:
    for number, day in enumerate(("2026-11-19", "2026-11-20")):
        media(tmp_path / "copies" / day)
        for path in (tmp_path / "copies" / day).rglob("*"):
            os.utime(path, (1_700_000_000 + number, 1_700_000_000 + number))
        os.utime(tmp_path / "copies" / day, (1_700_000_000 + number, 1_700_000_000 + number))
    points = store_of(tmp_path, "folder").points()
    assert isinstance(points, tuple)
    assert [point.id for point in points] == ["copies/2026-11-20", "copies/2026-11-19"]
    assert all(point.size == (3 << 20) + len(ROW) for point in points)


def base_backup(folder: Path, lab: Lab) -> Path:
    (folder / "copies").mkdir()
    shutil.copytree(lab.base_backup, folder / "copies" / "base")
    return folder / "copies" / "base"


def test_a_base_backup_with_a_truncated_or_missing_file(tmp_path: Path, lab: Lab) -> None:
    place = base_backup(tmp_path, lab)
    assert isinstance(judged(tmp_path, "folder"), Sound)
    table = next(path for path in sorted((place / "base" / "1").iterdir()) if path.stat().st_size > 8192)
    whole = table.read_bytes()
    table.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    assert damage_of(judged(tmp_path, "folder")) is Damage.CORRUPT
    table.unlink()
    assert damage_of(judged(tmp_path, "folder")) is Damage.MISSING


def test_a_base_backup_without_its_log(tmp_path: Path, lab: Lab) -> None:
    place = base_backup(tmp_path, lab)
    for segment in (place / "pg_wal").glob("0000*"):
        segment.unlink()
    assert damage_of(judged(tmp_path, "folder")) is Damage.MISSING_WAL


def test_a_base_backup_of_a_newer_server(tmp_path: Path, lab: Lab) -> None:
    place = base_backup(tmp_path, lab)
    (place / "PG_VERSION").write_text("99\n")
    found = judged(tmp_path, "folder")
    assert isinstance(found, Unseen) and found.why is Reason.TOOL_MISSING, found
    assert "PostgreSQL 99" in found.detail


def test_tablespaces_are_not_followed(tmp_path: Path, into: Path, lab: Lab) -> None:
    place = base_backup(tmp_path, lab)
    (place / "pg_tblspc" / "16400").symlink_to("/srv/production/data")
    found = restored(opened(Backup(name="n", kind="folder", path="copies/*"), tmp_path), into)
    assert isinstance(found, Unseen) and "tablespaces" in found.detail


def test_a_name_that_cannot_be_printed(tmp_path: Path, into: Path) -> None:
    (tmp_path / "copies").mkdir()
    name = os.fsencode(tmp_path / "copies") + b"/shop-\xff\x1b[31m.tar"
    with open(name, "wb") as made:
        made.write(archive_of(file("a", b"one")))
    store = store_of(tmp_path, "archive")
    point = point_of(store)
    assert point.id.isprintable() and point.where.isprintable()
    assert isinstance(store.verify(point, deep=True), Sound)
    with open(name, "wb") as made:
        made.write(archive_of(file("a", bytes(5000)))[:2000])
    found = store.restore(point, into)
    assert isinstance(found, Damaged) and found.says.isprintable(), found


def test_a_zip_with_a_password(tmp_path: Path) -> None:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("a", b"x" * 100)
    data = bytearray(made.getvalue())
    for place in (6, data.index(b"PK\x01\x02") + 8):  # the flags of the file, and of the directory's entry
        data[place] |= 1
    put(tmp_path, "shop.zip", bytes(data))
    found = judged(tmp_path, "archive")
    assert isinstance(found, Unseen) and found.why is Reason.DENIED, found
