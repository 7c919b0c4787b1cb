"""Damaged and hostile containers: what can be reached is searched, the rest is a gap, and memory stays bounded."""

import gzip
import io
import lzma
import random
import resource
import struct
import tarfile
import zipfile

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from prodproof.facts import Reason
from prodproof.trace.content import Limits
from tests.trace.content.archives import ARCHIVES, COMPRESSED, tar, zipped, zipped_to_a_pipe
from tests.trace.content.collecting import SECRET, collect

MAKERS = COMPRESSED | ARCHIVES
LONG = SECRET + random.Random(1).randbytes(300_000)


@pytest.mark.parametrize("kind", sorted(MAKERS))
def test_cut_off_in_the_middle(kind: str) -> None:
    whole = MAKERS[kind](LONG)
    for cut in (len(whole) // 2, len(whole) * 9 // 10):
        collected = collect(whole[:cut], "thing")
        assert collected.whys == {Reason.INCOMPLETE}
        assert all(path.startswith("thing") for path, _, _ in collected.gaps)


@pytest.mark.parametrize("kind", ["gzip", "zstd", "xz", "tar (pax)", "zip (deflated)", "zip (stored)", "cpio", "ar"])
def test_what_comes_before_the_cut_is_searched(kind: str) -> None:
    text = SECRET + random.Random(1).randbytes(3_000_000)
    whole = MAKERS[kind](text)
    collected = collect(whole[: len(whole) * 2 // 3], "thing")
    assert len(collected.holding()) == 1
    assert collected.whys == {Reason.INCOMPLETE}


@pytest.mark.parametrize("kind", sorted(COMPRESSED))
def test_something_else_after_compressed_data(kind: str) -> None:
    collected = collect(COMPRESSED[kind](SECRET) + b"trailing garbage", "a.log")
    assert collected.holding() == ["a.log"]
    assert collected.gaps == [("a.log", Reason.INCOMPLETE, "something else follows the compressed data")]


def test_a_gzip_whose_check_sum_is_wrong() -> None:
    data = bytearray(gzip.compress(SECRET))
    data[-6] ^= 1
    assert collect(bytes(data)).whys == {Reason.INCOMPLETE}


def test_a_zip_member_whose_check_sum_is_wrong_does_not_hide_the_next() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("first", b"first member")
        archive.writestr("second", SECRET)
    collected = collect(out.getvalue().replace(b"first member", b"fXrst member"), "z")
    assert collected.holding() == ["z!second"]
    assert collected.gaps == [("z!first", Reason.INCOMPLETE, "the check sum is wrong")]


def test_an_encrypted_member_is_denied() -> None:
    data = bytearray(zipped(b"x" * 50, zipfile.ZIP_STORED, "locked"))
    data[6] |= 1
    collected = collect(bytes(data), "z")
    assert collected.gaps == [("z!locked", Reason.DENIED, "the member is encrypted")]
    assert collected.items == {}


def test_a_zip_method_that_nobody_can_undo() -> None:
    data = bytearray(zipped(b"x" * 50, zipfile.ZIP_STORED, "odd"))
    data[8] = 97
    collected = collect(bytes(data), "z")
    assert collected.gaps == [("z!odd", Reason.INCOMPLETE, "compression method 97 cannot be undone by this version")]


def test_a_zip_whose_directory_lists_what_is_not_there() -> None:
    data = zipped(b"x", name="a")
    start = data.index(b"PK\x01\x02")
    end = data.index(b"PK\x05\x06")
    collected = collect(data[:end] + data[start:end] * 2 + data[end:], "z")
    assert collected.gaps == [("z", Reason.INCOMPLETE, "2 of 3 members were not found")]


@pytest.mark.parametrize(
    ("magic", "name"),
    [
        (b"7z\xbc\xaf\x27\x1c", "7z archives"),
        (b"Rar!\x1a\x07\x01\0", "rar archives"),
        (b"\x04\x22\x4d\x18", "lz4 data"),
    ],
)
def test_what_cannot_be_unpacked_is_said_and_read_as_it_is(magic: bytes, name: str) -> None:
    collected = collect(magic + SECRET, "x")
    assert collected.gaps == [("x", Reason.INCOMPLETE, f"{name} cannot be unpacked by this version")]
    assert collected.holding() == ["x"]


def test_a_tar_header_with_an_impossible_size() -> None:
    block = bytearray(tar(SECRET)[:512])
    block[124:136] = b"\x80" + b"\xff" * 11
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\0 " % sum(block)
    assert collect(bytes(block), "t").gaps == [("t", Reason.INCOMPLETE, "a tar header has an impossible size")]


def test_a_huge_extended_header_is_left_out_and_its_member_is_read() -> None:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as archive:
        entry = tarfile.TarInfo("member")
        entry.pax_headers = {"comment": "c" * 2_000_000}
        entry.size = len(SECRET)
        archive.addfile(entry, io.BytesIO(SECRET))
    assert collect(out.getvalue(), "t").holding() == ["t!member"]


def test_a_tar_that_contains_itself_ends_at_the_depth_bound() -> None:
    data = SECRET
    for _ in range(30):
        data = tar(data, name="again")
    collected = collect(data, "t")
    assert collected.gaps == [("t" + "!again" * 4, Reason.INCOMPLETE, "it is nested too deep to be opened")]


@pytest.mark.parametrize(
    "bomb",
    [
        gzip.compress(bytes(80_000_000)),
        lzma.compress(bytes(80_000_000), preset=1),
        zstandard.ZstdCompressor().compress(bytes(80_000_000)),
        zipped(bytes(80_000_000)),
        zipped(zipped(bytes(80_000_000))),
    ],
    ids=["gzip", "xz", "zstd", "zip", "zip in zip"],
)
def test_a_bomb_is_a_gap(bomb: bytes) -> None:
    collected = collect(bomb, "bomb", limits=Limits(free=1_000_000, ratio=100), keep=False)
    assert collected.whys == {Reason.INCOMPLETE}
    assert "100 times" in collected.gaps[0][2]
    assert collected.count < 1_000_000 + 100 * len(bomb) + 16_000_000


def test_more_bytes_than_the_bound_is_a_gap() -> None:
    data = gzip.compress(random.Random(1).randbytes(1_000_000) * 5)
    collected = collect(data, "x", limits=Limits(expanded=2_000_000))
    assert collected.whys == {Reason.INCOMPLETE} and "2000000 bytes" in collected.gaps[0][2]


def test_a_frame_that_asks_for_too_much_memory_is_a_gap() -> None:
    window = struct.pack("<IBB", 0xFD2FB528, 0, 0xF8)
    assert collect(window + b"\x01\0\0" + b"x" * 50, "z").whys == {Reason.INCOMPLETE}
    filters = [{"id": lzma.FILTER_LZMA2, "dict_size": 1 << 30}]
    assert collect(lzma.compress(SECRET, filters=filters), "x").whys == {Reason.INCOMPLETE}


def test_memory_stays_bounded_whatever_comes_out() -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for maker in (gzip.compress, lambda data: zipped(data), zstandard.ZstdCompressor().compress):
        bomb = maker(bytes(150_000_000))
        collect(bomb, "x", limits=Limits(ratio=1_000_000), keep=False)
        del bomb
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown < 400_000  # kilobytes; the input of each alone has 150 MB


def test_an_archive_of_damaged_things_tells_only_so_many() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for index in range(150):
            archive.writestr(f"{index}.gz", gzip.compress(b"x")[:-4])
    collected = collect(out.getvalue(), "z")
    assert len(collected.gaps) == 101
    assert collected.gaps[-1] == ("z", Reason.INCOMPLETE, "and 50 more in it")


@settings(max_examples=400, deadline=None)
@given(
    kind=st.sampled_from(sorted(MAKERS)),
    nested=st.booleans(),
    cut=st.floats(0, 1),
    changes=st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), max_size=12),
    decode=st.booleans(),
)
def test_any_damage_gives_nothing_but_gaps(
    kind: str, nested: bool, cut: float, changes: list[tuple[float, int]], decode: bool
) -> None:
    text = SECRET + random.Random(4).randbytes(2_000)
    data = bytearray(MAKERS[kind](MAKERS["zip (deflated)"](text) if nested else text))
    for place, value in changes:
        data[int(place * (len(data) - 1))] = value
    collected = collect(bytes(data[: int(cut * len(data)) + 1]), "x", decode=decode)
    assert collected.whys <= {Reason.INCOMPLETE, Reason.DENIED}


@settings(max_examples=300, deadline=None)
@given(
    magic=st.sampled_from(
        [
            b"\x1f\x8b\x08",
            b"(\xb5/\xfd",
            b"BZh91AY&SY",
            b"\xfd7zXZ\x00",
            b"PK\x03\x04",
            b"PK\x05\x06",
            b"PK\x07\x08",
            b"!<arch>\n",
            b"PGDMP\x01\x0e\x00\x04\x08\x01",
            b"PGDMP\x01\x10\x00\x04\x08\x01",
            b"SQLite format 3\x00",
            b'{"version":3,',
            b"070701" + b"0" * 104,
        ]
    ),
    rest=st.binary(max_size=3_000),
)
def test_a_magic_number_before_anything_gives_nothing_but_gaps(magic: bytes, rest: bytes) -> None:
    collected = collect(magic + rest, "x.map", decode=True)
    assert collected.whys <= {Reason.INCOMPLETE, Reason.DENIED, Reason.TOOL_MISSING}


def test_stored_data_full_of_false_ends_is_read_to_its_true_one() -> None:
    text = b"PK\x07\x08" * 300_000 + SECRET
    collected = collect(zipped_to_a_pipe(text, zipfile.ZIP_STORED), "z")
    assert [bytes(data) for data in collected.items.values()] == [text]
    assert collected.gaps == []
    collected = collect(b"PK\x03\x04" + bytes(2) + b"\x08" + bytes(23) + b"PK\x07\x08" * 300_000, "z")
    assert collected.whys == {Reason.INCOMPLETE}


@pytest.mark.parametrize("end", [b"P", b"PK", b"PK\x07", b"PK\x07\x08"])
def test_stored_data_cut_off_where_its_end_may_begin(end: bytes) -> None:
    whole = zipped_to_a_pipe(SECRET, zipfile.ZIP_STORED)
    data = whole[: whole.index(SECRET) + len(SECRET)] + end
    collected = collect(data, "z")
    assert len(collected.holding()) == 1 and collected.whys == {Reason.INCOMPLETE}
    assert collect(data[: -len(end) - len(SECRET)] + end, "z").whys == {Reason.INCOMPLETE}
