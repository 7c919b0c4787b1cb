"""The log of erased people: what is in it, what is not, and each way in which it can be damaged."""

import json
import os
import stat
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest

from prodproof.facts import Reason, Unseen
from prodproof.reach.people.log import ErasureLog

KEY = b"0123456789abcdef-for-tests"
AT = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def log(tmp_path: Path) -> ErasureLog:
    made = ErasureLog(tmp_path / "erased.jsonl", KEY)
    for name in ("ana@shop.example", "ben@shop.example", "eve@shop.example"):
        made.append("customers", name, AT)
    return made


def unseen(log: ErasureLog) -> Unseen:
    found = log.read()
    assert isinstance(found, Unseen)
    return found


def test_it_holds_who_was_erased_and_names_nobody(log: ErasureLog, tmp_path: Path) -> None:
    found = log.read()
    assert not isinstance(found, Unseen)
    assert [(item.at, item.people) for item in found] == [(AT, "customers")] * 3
    assert found[0].digest == log.digest("customers", "ana@shop.example") != found[1].digest
    text = (tmp_path / "erased.jsonl").read_text()
    assert "ana" not in text and "shop.example" not in text
    assert stat.S_IMODE((tmp_path / "erased.jsonl").stat().st_mode) == 0o600


def test_a_digest_says_nothing_without_the_key_and_belongs_to_one_kind(log: ErasureLog, tmp_path: Path) -> None:
    other = ErasureLog(tmp_path / "other", b"another key of enough bytes")
    assert other.digest("customers", "7") != log.digest("customers", "7") != log.digest("staff", "7")
    assert log.digest("a", "b\0c") != log.digest("a\0b", "c")
    with pytest.raises(ValueError, match="less than 16 bytes"):
        ErasureLog(tmp_path / "x", b"short")


def test_a_log_that_is_not_there_is_no_empty_log(tmp_path: Path) -> None:
    assert unseen(ErasureLog(tmp_path / "none", KEY)).why is Reason.UNREACHABLE
    (tmp_path / "empty").touch()
    assert ErasureLog(tmp_path / "empty", KEY).read() == ()


def test_a_link_is_not_followed(log: ErasureLog, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "erased.jsonl")
    assert unseen(ErasureLog(tmp_path / "link", KEY)).why is Reason.DENIED


def test_a_line_that_was_taken_out_is_noticed(log: ErasureLog, tmp_path: Path) -> None:
    lines = (tmp_path / "erased.jsonl").read_text().splitlines(keepends=True)
    (tmp_path / "erased.jsonl").write_text(lines[0] + lines[2])
    assert unseen(log) == Unseen(Reason.INCOMPLETE, "the log of erasures was changed at line 2, or this is not its key")


def test_a_line_that_was_changed_is_noticed(log: ErasureLog, tmp_path: Path) -> None:
    lines = (tmp_path / "erased.jsonl").read_text().splitlines()
    item = json.loads(lines[1]) | {"digest": log.digest("customers", "someone else")}
    (tmp_path / "erased.jsonl").write_text("\n".join((lines[0], json.dumps(item), lines[2], "")))
    assert "changed at line 2" in unseen(log).detail


@pytest.mark.parametrize(
    "line",
    [
        "",
        "{}",
        "[]",
        "null",
        "nonsense",
        '{"at": 1, "people": 2, "digest": 3, "seal": 4}',
        "[" * 10_000,
        '{"at": "2026-01-01", "people": "\\ud800", "digest": "", "seal": ""}',
    ],
)
def test_a_damaged_line_is_noticed_and_nothing_is_added_to_such_a_log(
    log: ErasureLog, tmp_path: Path, line: str
) -> None:
    lines = (tmp_path / "erased.jsonl").read_text().splitlines()
    (tmp_path / "erased.jsonl").write_text("\n".join((lines[0], line, *lines[1:], "")))
    assert unseen(log).why is Reason.INCOMPLETE and "line 2" in unseen(log).detail
    with pytest.raises(ValueError, match="line 2"):
        log.append("customers", "new", AT)


def test_the_wrong_key_is_noticed(log: ErasureLog, tmp_path: Path) -> None:
    wrong = ErasureLog(tmp_path / "erased.jsonl", b"this is another key")
    assert "not its key" in unseen(wrong).detail


def test_an_append_that_was_cut_off_never_was(log: ErasureLog, tmp_path: Path) -> None:
    path = tmp_path / "erased.jsonl"
    whole = path.read_bytes()
    log.append("customers", "cut off", AT)
    for end in (len(whole) + 1, len(path.read_bytes()) - 1):
        os.truncate(path, end)
        found = log.read()
        assert not isinstance(found, Unseen) and len(found) == 3
        log.append("customers", "the next", AT)
        found = log.read()
        assert not isinstance(found, Unseen) and len(found) == 4
        assert found[3].digest == log.digest("customers", "the next")


def test_writers_at_once_lose_nothing(log: ErasureLog, tmp_path: Path) -> None:
    def write(number: int) -> None:
        for index in range(10):
            ErasureLog(tmp_path / "erased.jsonl", KEY).append("customers", f"{number}.{index}", AT)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    found = log.read()
    assert not isinstance(found, Unseen) and len({item.digest for item in found}) == 43


def test_names_without_bound_are_refused(log: ErasureLog) -> None:
    with pytest.raises(ValueError, match="too long"):
        log.append("x" * 2000, "y", AT)
    found = log.read()
    assert not isinstance(found, Unseen) and len(found) == 3
