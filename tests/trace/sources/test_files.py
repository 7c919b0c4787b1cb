"""Files, folders and logs, also those that change while they are read."""

import gzip
import os
import random
import socket
import sqlite3
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from prodproof.facts import Reason
from prodproof.trace.content import Limits, feed
from prodproof.trace.search import Search
from prodproof.trace.sources import files
from prodproof.trace.sources.files import FilesSource
from prodproof.trace.stream import Item, Part, Sink, Slab
from tests.trace.content.archives import tar
from tests.trace.content.collecting import OVERLAP, SECRET, Collected
from tests.trace.content.test_image import LAYERS, oci_files
from tests.trace.plain import Literal


def collect(source: FilesSource, threads: int = 2) -> Collected:
    """What a source feeds, part after part."""
    collected = Collected()
    for part in source.parts(threads):
        part.read(collected.sink)
        collected.sink.flush()
    return collected


def grow(monkeypatch: pytest.MonkeyPatch, act: Callable[[], None]) -> None:
    """Do something to a file when it is read for the second time."""
    original = os.preadv
    calls = 0

    def preadv(descriptor: int, buffers: Sequence[memoryview], offset: int) -> int:
        nonlocal calls
        calls += 1
        if calls == 2:
            act()
        return original(descriptor, buffers, offset)

    monkeypatch.setattr(os, "preadv", preadv)


def test_a_folder_with_all_that_is_in_it(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "x.txt").write_bytes(b"plain")
    (tmp_path / "app.log.2.gz").write_bytes(gzip.compress(b"rotated"))
    (tmp_path / "backup.tar.gz").write_bytes(gzip.compress(tar(SECRET)))
    (tmp_path / "empty").touch()
    source = FilesSource("x", tmp_path)
    assert source.size() == sum(path.stat().st_size for path in tmp_path.rglob("*") if path.is_file())
    assert collect(source).items == {
        "a/x.txt": b"plain",
        "app.log.2.gz": b"rotated",
        "backup.tar.gz!etc/app.env": SECRET,
        "empty": b"",
    }


def test_a_single_file(tmp_path: Path) -> None:
    (tmp_path / "one").write_bytes(SECRET)
    (tmp_path / "link").symlink_to("one")
    assert collect(FilesSource("x", tmp_path / "one")).items == {"one": SECRET}
    assert collect(FilesSource("x", tmp_path / "link")).items == {"link": SECRET}


def test_the_git_folder_is_left_out_without_a_word(tmp_path: Path) -> None:
    for folder in (".git", "sub/.git"):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "config").write_bytes(SECRET)
    (tmp_path / "a.pyc").write_bytes(SECRET)
    collected = collect(FilesSource("x", tmp_path, (".git", "*.pyc")))
    assert collected.items == {} and collected.gaps == []


def test_only_what_is_asked_for(tmp_path: Path) -> None:
    for name in ("kept", "other"):
        (tmp_path / name).write_bytes(name.encode())
    only = ["kept", "deleted", "../outside", "/etc/hostname", "a\0b"]
    collected = collect(FilesSource("x", tmp_path, only=only))
    assert collected.items == {"kept": b"kept"} and collected.gaps == []


def test_links_loops_and_what_is_no_file(tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    (tree / "inner").mkdir(parents=True)
    (tmp_path / "outside").write_bytes(SECRET)
    (tmp_path / "tree-beside").mkdir()
    (tree / "inner" / "loop").symlink_to("..")
    (tree / "itself").symlink_to("itself")
    (tree / "nowhere").symlink_to("missing")
    (tree / "out").symlink_to(tmp_path / "outside")
    (tree / "beside").symlink_to("../tree-beside")
    os.mkfifo(tree / "pipe")
    with socket.socket(socket.AF_UNIX) as unix:
        unix.bind(str(tree / "socket"))
        collected = collect(FilesSource("x", tree))
    assert collected.items == {}
    assert sorted((path, why) for path, why, _ in collected.gaps) == [
        (name, Reason.INCOMPLETE) for name in ("beside", "out", "pipe", "socket")
    ]


def test_the_kernels_state_is_no_folder_of_files() -> None:
    collected = collect(FilesSource("x", Path("/proc/self")))
    assert collected.items == {} and collected.whys == {Reason.INCOMPLETE}


def test_names_that_are_no_utf8(tmp_path: Path) -> None:
    path = os.fsencode(tmp_path) + b"/caf\xe9"
    with open(path, "wb") as file:
        file.write(SECRET)
    assert collect(FilesSource("x", tmp_path)).holding() == ["caf\udce9"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_what_may_not_be_read_is_denied(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(SECRET)
    (tmp_path / "file").chmod(0)
    (tmp_path / "folder").mkdir(0)
    collected = collect(FilesSource("x", tmp_path))
    assert {(path, why) for path, why, _ in collected.gaps} == {("file", Reason.DENIED), ("folder", Reason.DENIED)}


def test_a_refusal_is_told_as_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_bytes(SECRET)

    def refused(*_: object) -> int:
        raise PermissionError(13, "Permission denied")

    source = FilesSource("x", tmp_path)
    parts = list(source.parts(1))
    monkeypatch.setattr(os, "open", refused)
    collected = Collected()
    for part in parts:
        part.read(collected.sink)
    assert [(path, why) for path, why, _ in collected.gaps] == [("file", Reason.DENIED)]


def test_a_file_that_vanishes_is_a_gap(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(SECRET)
    parts = list(FilesSource("x", tmp_path).parts(1))
    (tmp_path / "file").unlink()
    collected = Collected()
    for part in parts:
        part.read(collected.sink)
    assert collected.gaps == [("file", Reason.INCOMPLETE, "it vanished while the folder was read")]


def test_a_file_that_becomes_a_link_or_a_pipe_is_a_gap(tmp_path: Path) -> None:
    for name in ("link", "pipe"):
        (tmp_path / name).write_bytes(SECRET)
    parts = list(FilesSource("x", tmp_path).parts(1))
    for name in ("link", "pipe"):
        (tmp_path / name).unlink()
    (tmp_path / "link").symlink_to("/etc/hostname")
    os.mkfifo(tmp_path / "pipe")
    collected = Collected()
    for part in parts:
        part.read(collected.sink)
    assert collected.items == {} and {path for path, _, _ in collected.gaps} == {"link", "pipe"}


@pytest.mark.parametrize("size", [1_000, 3_000_000])
def test_what_is_appended_while_it_is_read_is_read_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    path = tmp_path / "app.log"
    path.write_bytes(b"x" * size)

    def append() -> None:
        with path.open("ab") as file:
            file.write(SECRET)

    if size < files.SMALL:
        parts = list(FilesSource("x", path).parts(1))
        append()
        collected = Collected()
        for part in parts:
            part.read(collected.sink)
        collected.sink.flush()
    else:
        grow(monkeypatch, append)
        collected = collect(FilesSource("x", path), 1)
    assert collected.items == {"app.log": b"x" * size + SECRET} and collected.gaps == []


def test_a_file_that_becomes_shorter_is_a_gap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "app.log"
    path.write_bytes(b"x" * 3_000_000)
    grow(monkeypatch, lambda: os.truncate(path, 100))
    collected = collect(FilesSource("x", path), 1)
    assert collected.gaps == [("app.log", Reason.INCOMPLETE, "it became shorter while it was read")]


def test_a_file_that_never_ends_is_a_gap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "app.log"
    path.write_bytes(b"x" * 300_000)
    monkeypatch.setattr(files, "_GROWTH", 100_000)
    original = os.preadv

    def preadv(descriptor: int, buffers: Sequence[memoryview], offset: int) -> int:
        with path.open("ab") as file:
            file.write(b"y" * 200_000)
        return original(descriptor, buffers, offset)

    monkeypatch.setattr(os, "preadv", preadv)
    collected = collect(FilesSource("x", path), 1)
    assert collected.gaps == [("app.log", Reason.INCOMPLETE, "it grew faster than it was read")]
    assert len(collected.items["app.log"]) == 400_000


def test_the_holes_of_a_sparse_file_are_not_read(tmp_path: Path) -> None:
    path = tmp_path / "disk"
    with path.open("wb") as file:
        for at in (0, 30_000_000, 70_000_000):
            file.seek(at)
            file.write(SECRET)
        file.truncate(200_000_000)
    if path.stat().st_blocks * 512 > 100_000_000:
        pytest.skip("the file system has no holes")
    read: list[int] = []
    sink = Sink(lambda slab: None, 100, lambda *_: None, read.append)
    for part in FilesSource("x", path).parts(2):
        part.read(sink)
    assert sum(read) < 2_000_000
    found = collect(FilesSource("x", path)).items["disk"]
    assert [found.find(SECRET, at) for at in (0, 1_000, 30_000_001)] == [0, 30_000_000, 70_000_000]


@pytest.fixture
def small_ranges(monkeypatch: pytest.MonkeyPatch) -> int:
    """Files above 200 KB are cut."""
    monkeypatch.setattr(files, "LARGE", 200_000)
    return 200_000


def test_one_large_file_is_cut_and_nothing_at_a_cut_is_lost(tmp_path: Path, small_ranges: int) -> None:
    chance = random.Random(1)
    data = bytearray(chance.randbytes(1_000_003))
    parts: list[Part] = list(_parts(tmp_path, data))
    starts = [getattr(part, "start") for part in parts]  # noqa: B009 - a private type
    assert len(parts) >= 4
    for start in starts[1:]:
        for shift in (-len(SECRET), -len(SECRET) // 2, -1, 0):
            changed = bytearray(data)
            changed[start + shift : start + shift + len(SECRET)] = SECRET
            (tmp_path / "big").write_bytes(changed)
            outcome = Search([FilesSource("x", tmp_path / "big")], [Literal(SECRET)], threads=2).run()
            assert [finding.offset for finding in outcome.findings] == [start + shift]
            assert outcome.gaps == ()
    assert bytes(collect(FilesSource("x", tmp_path / "big")).items["big"]) == changed


def _parts(folder: Path, data: bytes | bytearray) -> list[Part]:
    (folder / "big").write_bytes(data)
    return list(FilesSource("x", folder / "big").parts(2))


def test_ranges_of_one_file_tell_only_its_end_as_its_end(tmp_path: Path, small_ranges: int) -> None:
    last: list[bool] = []
    sink = Sink(lambda slab: last.extend(piece.last for piece in slab.pieces), OVERLAP, lambda *_: None)
    for part in _parts(tmp_path, b"x" * 1_000_000):
        part.read(sink)
        sink.flush()
    assert sum(last) == 1


def test_a_large_container_is_not_cut(tmp_path: Path, small_ranges: int) -> None:
    data = gzip.compress(random.Random(1).randbytes(500_000) + SECRET)
    assert len(_parts(tmp_path, data)) == 1
    assert collect(FilesSource("x", tmp_path / "big")).holding() == ["big"]


def test_parts_are_of_about_equal_size(tmp_path: Path) -> None:
    for index in range(400):
        (tmp_path / f"{index:03}").write_bytes(b"x" * (index * 50))
    parts = list(FilesSource("x", tmp_path).parts(2))
    assert 8 <= len(parts) <= 10


def test_every_file_is_in_one_part(tmp_path: Path) -> None:
    for index in range(300):
        (tmp_path / f"{index:03}").write_bytes(b"%d" % index)
    collected = collect(FilesSource("x", tmp_path), 3)
    assert {path: bytes(data) for path, data in collected.items.items()} == {
        f"{index:03}": b"%d" % index for index in range(300)
    }


def test_more_files_or_bytes_than_the_bound_is_a_gap(tmp_path: Path) -> None:
    for index in range(5):
        (tmp_path / str(index)).write_bytes(b"12345")
    collected = collect(FilesSource("x", tmp_path, most_files=3))
    assert len(collected.items) == 3
    assert collected.gaps == [("", Reason.INCOMPLETE, "it has more than 3 files; the rest is not searched")]
    collected = collect(FilesSource("x", tmp_path, most_bytes=12))
    assert len(collected.items) == 2 and collected.whys == {Reason.INCOMPLETE}


def test_folders_too_deep_are_a_gap(tmp_path: Path) -> None:
    path = tmp_path
    for _ in range(250):
        path = path / "d"
        path.mkdir()
    (path / "file").write_bytes(SECRET)
    collected = collect(FilesSource("x", tmp_path))
    assert collected.items == {} and "too deep" in collected.gaps[0][2]


def test_the_layers_of_an_unpacked_image_have_their_names(tmp_path: Path) -> None:
    for name, data in oci_files(LAYERS).items():
        path = tmp_path / "image" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    holding = collect(FilesSource("x", tmp_path)).holding()
    assert holding[0] == "image!config"
    assert holding[1].startswith("image!layer-2(sha256:") and holding[1].endswith(")!app/.env")
    assert len(holding) == 2


def test_a_sqlite_file_on_disk(tmp_path: Path) -> None:
    for name, size in (("small", 20_000), ("large", 900_000)):
        connection = sqlite3.connect(tmp_path / name)
        connection.execute("CREATE TABLE t (v TEXT)")
        connection.execute("INSERT INTO t VALUES (?)", ("x" * size + SECRET.decode() + "y" * 5_000,))
        connection.commit()
        connection.close()
    collected = collect(FilesSource("x", tmp_path))
    assert {"small!t!v", "large!t!v"} <= set(collected.holding())
    assert sorted(path.name for path in tmp_path.iterdir()) == ["large", "small"]


@pytest.mark.parametrize("memory", [1 << 25, 100_000])
def test_what_a_write_ahead_log_holds_is_joined(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, memory: int) -> None:
    assert feed.__kwdefaults__ is not None
    monkeypatch.setitem(feed.__kwdefaults__, "limits", Limits(memory=memory))
    connection = sqlite3.connect(tmp_path / "db", isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("CREATE TABLE t (v TEXT)")
    for index in range(30):
        text = "x" * (4_000 + 150 * index) + SECRET.decode() + "y" * 5_000
        connection.execute("INSERT INTO t VALUES (?)", (text,))
    values = 0

    def count(slab: Slab) -> None:
        nonlocal values
        data = [
            slab.bytes_of(piece.start, piece.start + piece.length) for piece in slab.pieces if "!t!v" in piece.item.path
        ]
        values += sum(SECRET in value for value in data)

    gaps: list[str] = []
    sink = Sink(count, 100, lambda path, why, detail: gaps.append(path))
    for part in FilesSource("x", tmp_path).parts(1):
        part.read(sink)
        sink.flush()
    connection.close()
    assert (values, gaps) == ((30, []) if memory > 1_000_000 else (0, ["db"]))


def test_base64_is_decoded_where_it_is_asked_for(tmp_path: Path) -> None:
    import base64

    run = base64.b64encode(SECRET)
    for name, size in (("small", 100), ("large", 700_000)):
        (tmp_path / name).write_bytes(b" " * size + run)
    assert collect(FilesSource("x", tmp_path, decode=True)).holding() == ["large!base64@700000", "small!base64@100"]
    assert collect(FilesSource("x", tmp_path)).holding() == []


def test_two_threads_that_ask_at_once_walk_once(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(SECRET)
    source = FilesSource("x", tmp_path)
    sizes: list[int | None] = []
    threads = [threading.Thread(target=lambda: sizes.append(source.size())) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sizes == [len(SECRET)] * 4
    assert source.locate(Item("file"), ()) == ()
