"""Whatever lies in a supported container comes out of it, byte for byte."""

import io
import random
import tarfile
import zipfile

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prodproof.facts import Reason
from prodproof.trace.content import HEAD, Limits, is_container, may_be_containers
from tests.trace.content.archives import ARCHIVES, COMPRESSED, INNER, tar, zipped
from tests.trace.content.collecting import SECRET, Dribble, collect

TEXT = b"some lines\n" * 40_000 + SECRET + b"\n" + random.Random(2).randbytes(400_000)


@pytest.mark.parametrize("kind", COMPRESSED)
def test_compressed_data_comes_out_as_it_was(kind: str) -> None:
    collected = collect(COMPRESSED[kind](TEXT), "app.log.1")
    assert collected.items == {"app.log.1": bytearray(TEXT)}
    assert collected.gaps == []


@pytest.mark.parametrize("kind", ARCHIVES)
def test_members_come_out_as_they_were(kind: str) -> None:
    collected = collect(ARCHIVES[kind](TEXT), "backup")
    assert collected.items == {f"backup!{INNER}": bytearray(TEXT)}
    assert collected.gaps == []


@pytest.mark.parametrize("kind", [*COMPRESSED, *ARCHIVES])
def test_each_is_recognised_by_its_first_bytes(kind: str) -> None:
    data = (COMPRESSED | ARCHIVES)[kind](b"x" * 100)
    assert is_container(data[:HEAD], "thing")
    assert suspected(data, TEXT) == [True, False]


@pytest.mark.parametrize(
    "head", [b"7z\xbc\xaf\x27\x1c", b"hsqs", b'{"version":3,"sources":["a.ts"]}', b"\x51\x2a\x4d\x18"]
)
def test_what_begins_like_a_container_is_looked_at(head: bytes) -> None:
    assert is_container(head)
    assert suspected(b"", TEXT, head) == [False, False, True]


def suspected(*things: bytes) -> list[bool]:
    """Which of many things in one buffer may be containers, at the first look."""
    starts = np.cumsum([0, *(len(thing) + 1 for thing in things)])[:-1]
    return list(may_be_containers(np.frombuffer(b"\n".join(things), np.uint8), starts))


@pytest.mark.parametrize(
    "data", [b"", b"P", b"PK", b"BZh9 is how bzip2 begins", b"07070 is no cpio", b"{}", TEXT[:HEAD]]
)
def test_plain_data_is_no_container(data: bytes) -> None:
    assert not is_container(data[:HEAD], "thing")
    assert collect(data).items.get("thing", b"") == data


@settings(max_examples=60, deadline=None)
@given(
    inner=st.sampled_from(sorted(COMPRESSED | ARCHIVES)),
    outer=st.sampled_from(sorted(COMPRESSED | ARCHIVES)),
    before=st.integers(0, 300_000),
    seed=st.integers(0, 1 << 30),
)
def test_a_value_is_found_in_any_container_in_any_container(inner: str, outer: str, before: int, seed: int) -> None:
    makers = COMPRESSED | ARCHIVES
    text = random.Random(seed).randbytes(before) + SECRET + b"tail"
    collected = collect(makers[outer](makers[inner](text)), "outer")
    assert len(collected.holding()) == 1
    assert collected.items[collected.holding()[0]] == text
    assert collected.gaps == []


@pytest.mark.parametrize("kind", sorted(COMPRESSED | ARCHIVES))
def test_it_comes_out_of_a_source_that_gives_few_bytes_at_a_time(kind: str) -> None:
    text = random.Random(3).randbytes(3_000) + SECRET
    for seed in range(5):
        collected = collect(Dribble((COMPRESSED | ARCHIVES)[kind](text), seed))
        assert [bytes(data) for data in collected.items.values()] == [text]
        assert collected.gaps == []


def test_nested_deeper_than_the_bound_is_a_gap_and_read_as_it_is() -> None:
    data = SECRET
    for _ in range(5):
        data = zipped(data, zipfile.ZIP_STORED, "in")
    collected = collect(data, "a", depth=4)
    assert collected.gaps == [("a!in!in!in!in", Reason.INCOMPLETE, "it is nested too deep to be opened")]
    assert collected.holding() == ["a!in!in!in!in"]


def test_compressed_too_many_times_is_a_gap() -> None:
    data = SECRET
    for _ in range(4):
        data = COMPRESSED["gzip"](data)
    collected = collect(data, "a")
    assert collected.gaps == [("a", Reason.INCOMPLETE, "it is compressed too many times to be opened")]


def test_hostile_names_are_only_labels() -> None:
    for name in ("../../etc/passwd", "/etc/shadow", "a\nb", "\x1b[2J", "x" * 3000):
        collected = collect(tar(SECRET, name=name), "t")
        assert [path.startswith("t!") and len(path) < 1100 for path in collected.holding()] == [True]


def test_names_that_are_no_utf8_come_back_as_they_were() -> None:
    data = tar(SECRET, tarfile.GNU_FORMAT, name="caf\udce9")
    assert collect(data, "t").holding() == ["t!caf\udce9"]


def test_long_names_of_every_format() -> None:
    name = "/".join(["directory"] * 20) + "/file"
    for form in (tarfile.PAX_FORMAT, tarfile.GNU_FORMAT):
        assert collect(tar(SECRET, form, name), "t").holding() == [f"t!{name}"]
    name = "d" * 120 + "/" + "f" * 90
    assert collect(tar(SECRET, tarfile.USTAR_FORMAT, name), "t").holding() == [f"t!{name}"]


def test_tars_one_after_the_other_are_read_to_the_end() -> None:
    assert collect(tar(b"one", name="1") + tar(SECRET, name="2"), "t").holding() == ["t!2"]


def test_folders_links_and_devices_in_a_tar_have_no_data() -> None:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for kind in (tarfile.DIRTYPE, tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE):
            entry = tarfile.TarInfo("e" + kind.decode())
            entry.type, entry.linkname = kind, "../../outside"
            archive.addfile(entry)
        entry = tarfile.TarInfo("after")
        entry.size = len(SECRET)
        archive.addfile(entry, io.BytesIO(SECRET))
    collected = collect(out.getvalue(), "t")
    assert list(collected.items) == ["t!after"] and collected.gaps == []


def test_the_comment_of_a_zip_and_what_follows_it_are_searched() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("a", b"x")
        archive.comment = SECRET
    collected = collect(out.getvalue() + b"and " + SECRET, "z")
    assert collected.holding() == ["z!comment", "z!rest"]


def test_what_precedes_a_central_directory_does_not_hide_members() -> None:
    data = zipped(b"x", name="a")
    other = zipped(SECRET, name="b")
    cut = other.index(b"PK\x01\x02")
    collected = collect(other[:cut] + b"APK signing block, say " * 9 + data, "z")
    assert collected.holding() == ["z!b"]


def test_more_members_than_the_bound_is_a_gap() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for index in range(20):
            archive.writestr(str(index), b"x")
    collected = collect(out.getvalue(), "z", limits=Limits(members=10))
    assert len(collected.items) == 10
    assert collected.gaps == [("z", Reason.INCOMPLETE, "it has more than 10 members; the rest is not searched")]
