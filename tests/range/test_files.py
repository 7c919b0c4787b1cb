"""Trees of files are compared, and put back as they were."""

import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from prodproof.range.files import digest_tree, restore_tree

Change = Callable[[Path], object]


def other_text_of_the_same_size(tree: Path) -> None:
    file = tree / "a.conf"
    file.write_text("b" * len(file.read_text()))
    os.utime(file, ns=(0, file.stat().st_mtime_ns + 1))


def folder_for_file(tree: Path) -> None:
    (tree / "a.conf").unlink()
    (tree / "a.conf" / "below").mkdir(parents=True)


def file_for_folder(tree: Path) -> None:
    (tree / "sub" / "deep" / "c.txt").unlink()
    (tree / "sub" / "deep").rmdir()
    (tree / "sub" / "deep").write_text("a file now")


def link_for_folder(tree: Path) -> None:
    (tree / "sub").rename(tree.parent / "elsewhere")
    (tree / "sub").symlink_to(tree.parent / "elsewhere")


def link_elsewhere(tree: Path, name: str = "link", target: str = "sub/other.conf") -> None:
    (tree / name).unlink()
    (tree / name).symlink_to(target)


CHANGES = pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda tree: (tree / "a.conf").write_text("longer than before"), id="changed"),
        pytest.param(other_text_of_the_same_size, id="changed in its time only"),
        pytest.param(lambda tree: (tree / "sub" / "new").write_text("new"), id="added"),
        pytest.param(lambda tree: (tree / "new").mkdir(), id="a folder added"),
        pytest.param(lambda tree: (tree / "a.conf").unlink(), id="removed"),
        pytest.param(lambda tree: (tree / "a.conf").chmod(0o666), id="mode"),
        pytest.param(lambda tree: (tree / "sub").chmod(0o777), id="mode of a folder"),
        pytest.param(lambda tree: (tree / "sub").rename(tree / "bus"), id="renamed"),
        pytest.param(lambda tree: (tree / "link").unlink(), id="link removed"),
        pytest.param(link_elsewhere, id="link to another file"),
        pytest.param(lambda tree: link_elsewhere(tree, "folder", "empty"), id="link to another folder"),
        pytest.param(folder_for_file, id="a folder for a file"),
        pytest.param(file_for_folder, id="a file for a folder"),
        pytest.param(link_for_folder, id="a link for a folder"),
    ],
)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    root = tmp_path / "etc"
    (root / "sub" / "deep").mkdir(parents=True)
    (root / "empty").mkdir(mode=0o750)
    (root / "a.conf").write_text("a = 1\n")
    (root / "a.conf").chmod(0o600)
    (root / "sub" / "deep" / "c.txt").write_text("c")
    (root / "link").symlink_to("a.conf")
    (root / "folder").symlink_to("sub")
    (root / "dangling").symlink_to("nowhere")
    return root


def listed(root: Path) -> dict[str, tuple[int, int, str | bytes | None]]:
    """Everything in a tree with mode and time, and what it says or where it leads."""
    found: dict[str, tuple[int, int, str | bytes | None]] = {}
    for file in sorted(root.rglob("*")):
        seen = file.lstat()
        says = os.readlink(file) if file.is_symlink() else file.read_bytes() if file.is_file() else None
        found[str(file.relative_to(root))] = (seen.st_mode, seen.st_mtime_ns, says)
    return found


@CHANGES
def test_a_change_is_noticed_and_undone(tree: Path, change: Change) -> None:
    pristine = tree.parent / "pristine" / "etc"
    restore_tree(tree, pristine)
    before, digest = listed(tree), digest_tree([tree])
    assert listed(pristine) == before
    change(tree)
    assert digest_tree([tree]) != digest
    restore_tree(pristine, tree)
    assert listed(tree) == before
    assert digest_tree([tree]) == digest
    assert listed(pristine) == before


def test_what_is_the_same_is_not_written_again(tree: Path) -> None:
    pristine = tree.parent / "pristine"
    restore_tree(tree, pristine)
    numbers = {file: file.lstat().st_ino for file in tree.rglob("*")}
    (tree / "a.conf").write_text("changed for good")
    restore_tree(pristine, tree)
    again = {file: file.lstat().st_ino for file in tree.rglob("*")}
    assert {file for file in numbers if numbers[file] != again[file]} <= {tree / "a.conf"}


def test_a_file_that_is_put_back_is_never_missing_nor_half_written(tree: Path) -> None:
    pristine, file = tree.parent / "pristine", tree / "a.conf"
    file.write_text("healthy" * 1000)
    restore_tree(tree, pristine)
    over, seen = threading.Event(), set[str]()

    def read() -> None:
        while not over.is_set():
            try:
                seen.add(file.read_text())
            except OSError as error:
                seen.add(str(error))

    reader = threading.Thread(target=read)
    reader.start()
    try:
        for number in range(300):
            changed = tree / "changed"
            changed.write_text(f"changed {number}")
            changed.replace(file)
            restore_tree(pristine, tree)
    finally:
        over.set()
        reader.join()
    assert {text for text in seen if not text.startswith("changed ")} == {"healthy" * 1000}


def test_a_tree_that_was_removed_comes_back(tree: Path) -> None:
    pristine = tree.parent / "pristine"
    restore_tree(tree, pristine)
    before = listed(tree)
    tree.rename(tree.parent / "lost")
    restore_tree(pristine, tree)
    assert listed(tree) == before


def test_evidence_stays_where_it_is(tree: Path) -> None:
    for place, evidence in ((tree, "new"), (tree.parent / "pristine", "old")):
        (place / ".prodproof").mkdir(parents=True)
        (place / ".prodproof" / "ledger").write_text(evidence)
    restore_tree(tree, tree.parent / "pristine")
    assert (tree.parent / "pristine" / ".prodproof" / "ledger").read_text() == "old"
    restore_tree(tree.parent / "pristine", tree)
    assert (tree / ".prodproof" / "ledger").read_text() == "new"


def test_what_was_never_there_stays_away(tmp_path: Path) -> None:
    (tmp_path / "etc").mkdir()
    restore_tree(tmp_path / "pristine", tmp_path / "etc")
    assert (tmp_path / "etc").is_dir()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may give files away")
def test_owners_come_back(tree: Path) -> None:
    os.chown(tree / "a.conf", 1234, 1235)
    os.chown(tree / "sub", 1234, 1235)
    pristine = tree.parent / "pristine"
    restore_tree(tree, pristine)
    for name in ("a.conf", "sub"):
        os.chown(tree / name, 0, 0)
    restore_tree(pristine, tree)
    owners = {name: ((tree / name).stat().st_uid, (tree / name).stat().st_gid) for name in ("a.conf", "sub")}
    assert owners == {"a.conf": (1234, 1235), "sub": (1234, 1235)}


def test_a_digest_counts_what_is_not_there_and_leaves_compiled_code_and_evidence_out(tree: Path) -> None:
    away = tree / "absent"
    digest = digest_tree([tree, away])
    assert digest != digest_tree([tree])
    (tree / "sub" / "__pycache__").mkdir()
    (tree / "sub" / "__pycache__" / "a.pyc").write_bytes(b"compiled")
    (tree / ".prodproof").mkdir()
    (tree / ".prodproof" / "ledger.sqlite3").write_bytes(b"evidence")
    assert digest_tree([tree, away]) == digest
    away.write_text("there")
    assert digest_tree([tree, away]) != digest
