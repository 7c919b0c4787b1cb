"""Audit trails that are files."""

import json
import os
from pathlib import Path

import pytest

from prodproof.facts import Reason, Unseen
from prodproof.facts.secret_audit import TrailFile
from prodproof.reach.secrets.trail import FileTrail, Position


def line(request: str) -> str:
    return json.dumps({"type": "response", "request": {"id": request, "path": "secret/data/x"}}) + "\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    tmp_path.chmod(0o700)
    path = tmp_path / "audit.log"
    path.write_text(line("before"))
    path.chmod(0o600)
    return path


def begun(file: Path) -> Position:
    found = FileTrail(file).position()
    assert isinstance(found, Position)
    return found


def test_what_was_written_since(file: Path) -> None:
    start = begun(file)
    assert FileTrail(file).has("mine", start) is False
    with file.open("a") as more:
        more.write("not json mine\n[]\n" + line("other") + line("mine"))
    assert FileTrail(file).has("mine", start) is True
    assert FileTrail(file).has("before", start) is False


def test_an_id_that_only_stands_in_a_value_is_no_entry(file: Path) -> None:
    start = begun(file)
    with file.open("a") as more:
        more.write(json.dumps({"request": {"id": "other", "path": "mine"}}) + "\n")
    assert FileTrail(file).has("mine", start) is False


def entry(path: str, who: object, kind: str = "request", operation: str = "read") -> str:
    about = {"id": f"id-{path}", "path": path, "operation": operation}
    return json.dumps({"time": "2026-01-01T00:00:00Z", "type": kind, "auth": who, "request": about}) + "\n"


def test_who_asked_for_a_path_since(file: Path) -> None:
    start = begun(file)
    with file.open("a") as more:
        more.write(entry("secret/data/x", {"display_name": "approle-shop"}))
        more.write(entry("secret/data/x", {"display_name": "approle-shop"}, kind="response"))
        more.write(entry("secret/data/other", {"display_name": "approle-shop"}))
        more.write(entry("secret/data/x", {"policies": ["root", "ops"]}, operation="update"))
        more.write('"secret/data/x"\n[]\n{"request": "secret/data/x"}\n' + entry("secret/data/x", "nonsense"))
    found = FileTrail(file).about("secret/data/x", start)
    assert isinstance(found, tuple)
    assert [(item.who, item.operation) for item in found] == [
        ("approle-shop", "read"), ("root, ops", "update"), ("nobody known", "read"),
    ]  # fmt: skip
    missing = FileTrail(file.with_name("none")).about("secret/data/x", start)
    assert isinstance(missing, Unseen) and missing.why is Reason.UNREACHABLE


def test_a_trail_that_was_rotated_or_emptied_meanwhile(file: Path) -> None:
    start = begun(file)
    os.rename(file, file.with_name("audit.log.1"))
    file.write_text(line("mine"))
    assert FileTrail(file).has("mine", start) is True
    start = begun(file)
    file.write_text("")
    assert FileTrail(file).has("mine", start) is False


def test_who_may_change_it(file: Path) -> None:
    found = FileTrail(file).protection()
    assert isinstance(found, TrailFile)
    assert (found.mode, found.writers) == (0o600, ())
    file.chmod(0o666)
    file.parent.chmod(0o757)
    found = FileTrail(file).protection()
    assert isinstance(found, TrailFile) and found.writers[0] == "others" and "others (by its folder)" in found.writers
    file.parent.chmod(0o1757)
    found = FileTrail(file).protection()
    assert isinstance(found, TrailFile) and "others (by its folder)" not in found.writers


def test_a_file_that_is_not_there_or_none(tmp_path: Path) -> None:
    gone = FileTrail(tmp_path / "none").position()
    assert isinstance(gone, Unseen) and gone.why is Reason.UNREACHABLE
    folder = FileTrail(tmp_path).protection()
    assert isinstance(folder, Unseen) and folder.why is Reason.NOT_CONFIGURED


def test_append_only_is_seen_where_it_can_be_set(file: Path) -> None:
    import shutil
    import subprocess

    chattr = shutil.which("chattr")
    if chattr is None or subprocess.run([chattr, "+a", file], capture_output=True, check=False).returncode != 0:
        pytest.skip("the attribute append-only cannot be set here (root, and a file system that has it)")
    try:
        found = FileTrail(file).protection()
        assert isinstance(found, TrailFile) and found.append_only is True
    finally:
        subprocess.run([chattr, "-a", file], check=True)
