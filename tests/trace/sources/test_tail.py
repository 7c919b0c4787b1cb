"""The new part of logs: appended to, rotated, cut, compressed, gone."""

import gzip
import os
import secrets
from pathlib import Path

from prodproof.facts import Reason
from prodproof.reach.secret import Secret
from prodproof.trace.search import Outcome, Search
from prodproof.trace.sources.tail import Ends, TailSource, ends, has_since
from prodproof.trace.values import ValueMatcher, Wanted

KEY = "Xy7" + secrets.token_hex(20)


def searched(before: Ends, *paths: Path) -> Outcome:
    """What is found in the new part of files."""
    matcher = ValueMatcher([Wanted("key", Secret(KEY))], os.urandom(32))
    return Search([TailSource("log", paths, before)], [matcher]).run()


def append(path: Path, text: str) -> None:
    with path.open("a") as file:
        file.write(text)


def test_only_what_was_added(tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    log.write_text(f"old {KEY}\n")
    before = ends([log])
    append(log, "new\n")
    assert not searched(before, log).findings
    append(log, f"new {KEY}\n")
    (found,) = searched(before, log).findings
    assert found.path == str(log)
    assert found.offset == len(f"old {KEY}\nnew\nnew ")


def test_a_file_that_is_new_is_read_whole_also_compressed(tmp_path: Path) -> None:
    new, packed = tmp_path / "new.log", tmp_path / "new.log.gz"
    new.write_text(KEY)
    packed.write_bytes(gzip.compress(KEY.encode()))
    assert {item.path for item in searched({}, new, packed).findings} == {str(new), str(packed)}


def test_a_rotated_log_goes_on_where_it_was(tmp_path: Path) -> None:
    log, older = tmp_path / "a.log", tmp_path / "a.log.1"
    log.write_text(f"old {KEY}\n")
    before = ends([log])
    append(log, f"last {KEY}\n")
    log.rename(older)
    log.write_text("fresh\n")
    assert [item.path for item in searched(before, log, older).findings] == [str(older)]


def test_a_log_that_was_cut_is_read_from_its_start(tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    log.write_text("x" * 1000)
    before = ends([log])
    log.write_text(KEY)
    assert searched(before, log).findings


def test_what_cannot_be_read_is_a_gap(tmp_path: Path) -> None:
    gaps = searched({}, tmp_path / "gone.log", tmp_path).gaps
    assert {(gap.path, gap.why) for gap in gaps} == {
        (str(tmp_path / "gone.log"), Reason.INCOMPLETE),
        (str(tmp_path), Reason.INCOMPLETE),
    }


def test_words_over_a_boundary_of_what_is_read_at_once(tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    log.write_text("ERROR: old\n")
    before = ends([log])
    assert not has_since([log], before, b"ERROR:")
    append(log, "x" * ((1 << 16) - 3) + "ERROR: new\n")
    assert has_since([log], before, b"ERROR:")
    assert not has_since([tmp_path / "gone.log"], before, b"ERROR:")
