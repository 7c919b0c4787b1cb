"""Very many values: built at once, bounded, and found like few."""

import base64
import random
import string

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prodproof.reach.secret import Secret
from prodproof.system.errors import UserError
from prodproof.trace.values import NotSearchableError, ValueMatcher, Wanted, literals, wanted
from prodproof.trace.values.bulk import HEAD, Values, is_usual, windows
from prodproof.trace.values.encodings import LONG_WINDOW, PLAIN, WINDOW, Form, forms, tail
from prodproof.trace.values.words import BLOCK, Scratch, WordIndex, unaligned
from tests.trace.values.planting import FILL, KEY, WRITERS, found_in, matcher_of, values

ASCII = values(35, 60, string.ascii_letters + string.digits + string.punctuation + " ")
WIDTHS = {1: WINDOW, 2: LONG_WINDOW}
"""Bytes of a window, by how many words of a text one is looked at of."""


@settings(max_examples=100, deadline=None)
@given(several=st.lists(values(16, 80), min_size=1, max_size=6), ignore_case=st.booleans(), data=st.data())
def test_what_is_built_at_once_is_what_is_built_one_by_one(
    several: list[str], ignore_case: bool, data: st.DataObject
) -> None:
    usual = [value.encode() for value in several if is_usual(value.encode())]
    sizes = np.array([len(value) for value in usual], np.int64)
    anchors = np.array([data.draw(st.integers(0, len(value) - WINDOW)) for value in usual], np.int64)
    octets = np.frombuffer(b"".join(usual) + b"\0", np.uint8)
    built = list(windows(Values(octets, np.cumsum(sizes) - sizes, sizes, anchors))) if usual else []
    for row, value in enumerate(usual):
        made = list(forms(value, ignore_case, rare=False, broken=False))
        assert len(built) == HEAD
        for ordinal, (number, text, places) in enumerate(built):
            form, width, place = made[ordinal], text.shape[1], int(places[row])
            assert (number, width) == (ordinal, form.width())
            assert text[row].tobytes().lower() == form.data[place : place + width].lower()
        plain = Form(PLAIN, value, ignore_case)
        assert list(tail(value, [plain], ignore_case, rare=False)) == made[HEAD:]


@settings(max_examples=100, deadline=None)
@given(value=values(6, 100), ignore_case=st.booleans())
def test_no_form_is_made_twice(value: str, ignore_case: bool) -> None:
    made = [form for form in forms(value.encode(), ignore_case) if not form.breaks]
    different = {(form.data, form.before, form.after) for form in made}
    assert len(different) == len(made)
    assert [form.encoding for form in made if form.data == value.encode()] == ["plain"]


def test_a_token_has_few_forms() -> None:
    assert len(list(forms(b"A1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6", broken=False))) == HEAD


@pytest.mark.parametrize("ignore_case", [False, True])
def test_many_values(monkeypatch: pytest.MonkeyPatch, ignore_case: bool) -> None:
    monkeypatch.setattr(literals, "MOST_THOROUGH", 500)
    chance = random.Random(7)
    several = [f"{chance.getrandbits(64):016x}-{number}@host.example" for number in range(700)]
    several += [base64.b85encode(chance.randbytes(20)).decode() for _ in range(300)]
    several += [f"gehéim {chance.getrandbits(64):x}" for _ in range(50)]
    matcher = matcher_of(*several, ignore_case=ignore_case)
    assert matcher.limits and "more than" in matcher.limits[0]
    for name, (planted_as, write) in WRITERS.items():
        value = chance.choice(several)
        planted = write(value)
        place = chance.randrange(20)
        text = FILL * place + planted.text + FILL * 30
        ((start, end, hit),) = found_in(matcher, text)
        assert (start, end) == (place + planted.first, place + planted.last), name
        same = {encoding for encoding, other in WRITERS.values() if other(value).text == planted.text}
        assert hit.encoding in same or (hit.encoding, planted_as) == ("base64", "base64url"), name


def test_few_values_have_no_limits() -> None:
    assert matcher_of("some-value-or-other").limits == ()


def test_short_values_beyond_a_bound_are_not_found_in_lines() -> None:
    matcher = matcher_of(*[f"short-{number}" for number in range(wanted.MOST_SHORT_BROKEN + 1)])
    assert "broken over" in matcher.limits[0] or "breaks one over two lines" in matcher.limits[0]
    assert found_in(matcher, b"in: short-77,")


def test_memory_is_bounded() -> None:
    chance = random.Random(3)
    several = [Wanted("token", Secret(f"{chance.getrandbits(160):040x}")) for _ in range(12_000)]
    matcher = ValueMatcher(several, KEY)
    # Three bitmaps of a bounded size, and about 1,000 bytes a value.
    assert matcher.size < 32 * 1024 * 1024 + 12_000 * 2_000


@pytest.mark.parametrize(
    ("several", "reason"),
    [
        (["seven77", "five5"], "fewer than 6 bytes"),
        ([f"tiny-{number:04}" for number in range(wanted.MOST_SHORT + 1)], "1001 values of fewer than 15 bytes"),
    ],
)
def test_what_cannot_be_searched_for(several: list[str], reason: str) -> None:
    with pytest.raises(NotSearchableError, match=reason) as raised:
        matcher_of(*several)
    assert isinstance(raised.value, UserError)
    assert not any(value in str(raised.value) for value in several)


def test_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(literals, "MOST", 3)
    with pytest.raises(NotSearchableError, match="3 at most in one search"):
        matcher_of(*[f"value-number-{number}" for number in range(4)])


@pytest.mark.parametrize("count", [3, 200])
def test_values_as_they_are_only(count: int) -> None:
    several = [f"a-value-of-some-length-{number}-{'x' * number}" for number in range(count)] + ["a-short-one"]
    matcher = ValueMatcher([Wanted("wanted", Secret(value)) for value in several], KEY, plain_only=True)
    assert "in no encoding" in matcher.limits[0]
    text = "\n".join([*several, *(value.encode().hex() for value in several)]).encode()
    assert [text[start:end].decode() for start, end, _ in found_in(matcher, text)] == several
    assert found_in(matcher, matcher.control())


@pytest.mark.parametrize("ignore_case", [False, True])
def test_letters_count_only_where_case_does(ignore_case: bool) -> None:
    several = [f"A-Value-Of-Some-Length-{number:02}" for number in range(40)]
    matcher = ValueMatcher(
        [Wanted("wanted", Secret(value), ignore_case) for value in several], KEY, plain_only=True
    )  # fmt: skip
    text = b"  ".join(value.encode() for value in several)
    assert len(found_in(matcher, text)) == 40
    assert len(found_in(matcher, text.swapcase())) == (40 if ignore_case else 0)


@pytest.mark.parametrize(
    ("several", "plain_only", "width"),
    [
        (["k" * 8 + "-of-twenty-two"], True, WINDOW),
        (["k" * 8 + "-of-twenty-three"[1:]], True, LONG_WINDOW),
        (["k" * 8 + "-of-twenty-three"[1:], "some-short-one"], True, WINDOW),
        (["k" * 20 + "-of-thirty-four"[1:]], False, WINDOW),
        (["k" * 20 + "-of-thirty-five"], False, LONG_WINDOW),
        (["\u4e2d" * 17], False, WINDOW),
        (["\u4e2d" * 18], False, LONG_WINDOW),
    ],
)
def test_every_second_word_is_enough_where_all_are_long(several: list[str], plain_only: bool, width: int) -> None:
    lits = ValueMatcher([Wanted("wanted", Secret(value)) for value in several], KEY, plain_only)._literals
    assert lits.width == width
    sizes = [len(lits.form(literal).data) for literal in range(len(lits))]
    assert min(sizes) >= width


@settings(max_examples=60, deadline=None)
@given(several=st.lists(ASCII, min_size=1, max_size=3, unique=True), place=st.integers(0, 40))
def test_what_is_looked_for_at_every_second_word_is_found_beside_short_ones_too(several: list[str], place: int) -> None:
    text = FILL * place + b"\n".join(write(value).text for value in several for _, write in WRITERS.values()) + FILL
    alone, beside = matcher_of(*several), matcher_of(*several, "short-ish")
    assert alone._literals.width == LONG_WINDOW
    assert beside._literals.width == WINDOW
    assert found_in(alone, text) == found_in(beside, text)


def test_no_values_at_all() -> None:
    matcher = matcher_of()
    assert [matcher.is_control(hit) for *_, hit in found_in(matcher, matcher.control())] == [True]


def test_equal_values_count_once() -> None:
    matcher = ValueMatcher(
        [Wanted("first", Secret("the-same-value-twice")), Wanted("second", Secret("the-same-value-twice"))], KEY
    )
    assert [hit.kind for *_, hit in found_in(matcher, b"x the-same-value-twice")] == ["first"]


def test_the_window_avoids_what_many_have_in_common() -> None:
    chance = random.Random(9)
    several = [f"https://hooks.example.com/services/{chance.getrandbits(80):020x}" for _ in range(100)]
    lits = matcher_of(*several)._literals
    assert all(lits.window(literal) >= 25 for literal in range(len(lits)) if lits.form(literal).encoding == "plain")
    mail = matcher_of("someone.somewhere@example.com")._literals
    assert mail.window(0) <= 3


@settings(max_examples=120, deadline=None)
@given(
    text=st.binary(min_size=40, max_size=300),
    start=st.integers(0, 250),
    wide=st.booleans(),
    expected=st.sampled_from([1, 10**5]),
    stride=st.sampled_from([1, 2]),
    folds=st.booleans(),
)
def test_every_window_is_a_candidate_wherever_it_stands(
    text: bytes, start: int, wide: bool, expected: int, stride: int, folds: bool
) -> None:
    width = 31 if wide else WIDTHS[stride]
    start = min(start, len(text) - width)
    octets = np.frombuffer(text, np.uint8)
    index = WordIndex(expected, stride, folds=folds)
    index.add(octets, np.array([start]), np.array([5]), wide=wide)
    index.finish()
    whole = np.zeros(-(-len(text) // 8) * 8, np.uint8)
    whole[: len(text)] = octets
    ((at, owners),) = index.candidates(whole.view(np.uint64), Scratch())
    assert start in at.tolist()
    assert set(owners.tolist()) == {5}


@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("wide", [False, True])
def test_candidates_at_the_ends_of_blocks(wide: bool, stride: int) -> None:
    chance = np.random.default_rng(1)
    block = 8 * BLOCK * stride
    text = chance.integers(0, 256, 3 * block, np.uint8)
    starts = np.concatenate((np.arange(block - 40, block + 10), [0, len(text) - (31 if wide else WIDTHS[stride])]))
    index = WordIndex(1000, stride)
    index.add(text, starts, np.arange(len(starts)), wide=wide)
    index.finish()
    found = set()
    for at, owners in index.candidates(text.view(np.uint64), Scratch()):
        found |= set(zip(at.tolist(), owners.tolist(), strict=True))
    assert found == {(int(start), number) for number, start in enumerate(starts)}
    assert len(unaligned(text)) == len(text) - 7
