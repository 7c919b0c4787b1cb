"""What is kept between starts: the latest first, the oldest gone, whatever lies beside it untouched."""

import os
from pathlib import Path

import pytest

from prodproof.trace.patterns import kept

BODY = b"x" * 68
SIZE = 100
"""Of a file with its digest."""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    for number in range(4):
        file = kept.cache_folder() / f"rules-{number}"
        kept.write(file, BODY)
        os.utime(file, (number, number))
    return kept.cache_folder()


def names(most: int) -> list[str]:
    return [file.name for file in kept.recent(most)]


def test_the_latest_come_first_up_to_their_sum(folder: Path) -> None:
    assert (folder / "rules-0").stat().st_size == SIZE
    assert names(10 * SIZE) == ["rules-3", "rules-2", "rules-1", "rules-0"]
    assert names(3 * SIZE - 1) == ["rules-3", "rules-2"]
    assert names(0) == []


def test_what_is_read_is_the_latest(folder: Path) -> None:
    assert kept.read(folder / "rules-1") == BODY
    assert names(2 * SIZE) == ["rules-1", "rules-3"]


def test_what_is_damaged_is_not_the_latest(folder: Path) -> None:
    with (folder / "rules-1").open("r+b") as file:
        file.write(b"\0")
    os.utime(folder / "rules-1", (1, 1))
    assert kept.read(folder / "rules-1") is None
    assert names(SIZE) == ["rules-3"]


def test_those_that_were_not_used_for_longest_go(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "MAX_KEPT", 3 * SIZE)
    (folder / "trace").mkdir()
    (folder / "something-else").write_bytes(BODY * 10)
    kept.write(folder / "pack-new", BODY)
    assert sorted(file.name for file in folder.iterdir()) == [
        *("pack-new", "rules-2", "rules-3", "something-else", "trace"),
    ]


def test_nothing_is_kept_where_there_is_no_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "not there"))
    assert names(SIZE) == []
