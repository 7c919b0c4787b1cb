"""Whatever is planted is found, where it is and as what it is; nothing else is; and nothing is shown."""

import base64
import quopri
import re
import threading
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from prodproof.facts import Reason
from prodproof.reach.secret import Secret
from prodproof.trace.finding import fingerprint
from prodproof.trace.search import Search
from prodproof.trace.stream import SEPARATOR, Hit, Item, Piece, Sink, Slab
from prodproof.trace.values import ValueMatcher, Wanted
from tests.trace.plain import Texts
from tests.trace.values.planting import (
    FILL,
    KEY,
    READERS,
    WRITERS,
    found_in,
    matcher_of,
    noise,
    values,
)

SLAB = 64 * 1024
PLACES = st.one_of(st.integers(0, 40), st.integers(SLAB - 1500, SLAB + 40))


def is_right(name: str, there: bytes, value: str, encoding: str, planted_as: str) -> bool:
    if encoding.startswith("base64") or encoding == "basic":
        return planted_as.startswith("base64")
    return encoding in (planted_as, name) or value.encode() in READERS[encoding](there)


@pytest.mark.parametrize("name", WRITERS)
@settings(max_examples=25, deadline=None)
@given(value=values(), place=PLACES, chunk=st.sampled_from([1000, 1 << 20]))
@example(value="000001' ", place=0, chunk=1000)
def test_what_is_planted_is_found(name: str, value: str, place: int, chunk: int) -> None:
    planted_as, write = WRITERS[name]
    planted = write(value)
    assume(planted.text == value.encode() or value.encode() not in planted.text)
    text = FILL * place + planted.text + FILL * 50
    ((start, end, hit),) = found_in(matcher_of(value), text, chunk)
    assert (start, end) == (place + planted.first, place + planted.last)
    assert is_right(name, text[start:end], value, hit.encoding, planted_as)
    assert (hit.encoding == "plain") == (text[start:end] == value.encode())
    assert (hit.rule, hit.kind, hit.fingerprint) == ("value", "wanted", fingerprint(KEY, value.encode()))


@pytest.mark.parametrize("name", WRITERS)
@settings(max_examples=10, deadline=None)
@given(value=values(), place=st.integers(0, 40), data=st.data())
def test_what_is_nearly_planted_is_not_found(name: str, value: str, place: int, data: st.DataObject) -> None:
    planted = WRITERS[name][1](value)
    assume(value.encode() not in planted.text or planted.text == value.encode())
    spoiled = bytearray(planted.text)
    spoiled[data.draw(st.integers(planted.first, planted.last - 1))] = 3
    assert found_in(matcher_of(value), FILL * place + bytes(spoiled) + FILL * 50) == []


@settings(max_examples=30, deadline=None)
@given(wanted=st.lists(values(12), min_size=1, max_size=5, unique=True), seed=st.integers(0, 1000))
def test_nothing_is_found_in_other_text(wanted: list[str], seed: int) -> None:
    text = noise(100_000, seed)
    found = {(start, end) for start, end, _ in found_in(matcher_of(*wanted), text)}
    assert found == {match.span() for value in wanted for match in re.finditer(re.escape(value.encode()), text)}


def test_base64_of_other_values_with_the_same_inner_characters() -> None:
    """The characters at both ends belong to the value in part only: they are compared bit by bit."""
    value = "prefix-of-a-secret"
    matcher = matcher_of(value)
    for first, last in (("P", "t"), ("p", "u"), ("q", "t")):
        other = first + value[1:-1] + last
        for shift in range(3):
            text = base64.b64encode(b"x" * shift + other.encode() + b"yy")
            assert found_in(matcher, b" " + text + b" ") == [], (other, shift)


@settings(max_examples=60, deadline=None)
@given(value=values(8, 200), before=st.integers(0, 75), windows=st.booleans())
def test_soft_line_breaks(value: str, before: int, windows: bool) -> None:
    lead = b"." * before
    text = quopri.encodestring(lead + value.encode() + b"~" * 30)
    if windows:
        text = text.replace(b"\n", b"\r\n")
    # A sign of equality at its end makes one with its escape: "=3D".
    assume(not value.endswith("=") or value.encode() not in text)
    ((start, end, hit),) = found_in(matcher_of(value), text)
    there = text[start:end]
    assert quopri.decodestring(there.replace(b"\r", b"")) == value.encode()
    # A break before or after it is not a part of it.
    assert not there.endswith(b"\n") and not there.startswith(b"=\n") and not there.startswith(b"=\r")
    assert hit.encoding == ("plain" if there == value.encode() else "quoted-printable") or is_right(
        "", there, value, hit.encoding, ""
    )


@settings(max_examples=60, deadline=None)
@given(value=values(8, 200), before=st.integers(0, 60), windows=st.booleans())
def test_base64_in_lines(value: str, before: int, windows: bool) -> None:
    text = base64.encodebytes(b"\0" * before + value.encode() + b"\xff" * 30)
    if windows:
        text = text.replace(b"\n", b"\r\n")
    ((start, end, hit),) = found_in(matcher_of(value), FILL + text)
    bits = re.sub(rb"\s", b"", text[: start - 1])
    assert (len(bits), hit.encoding) == (before * 8 // 6, "base64")
    assert not text[:end].endswith(b"\n\n")


@settings(max_examples=40, deadline=None)
@given(value=values(8, 60, "abcdefghXYZ0123456789@._-"), data=st.data())
def test_case_does_not_matter_where_it_is_said(value: str, data: st.DataObject) -> None:
    flips = data.draw(st.lists(st.booleans(), min_size=len(value), max_size=len(value)))
    other = "".join(c.swapcase() if flip else c for c, flip in zip(value, flips, strict=True))
    for text in (other.encode(), other.encode("utf-16-le")):
        ((start, end, hit),) = found_in(matcher_of(value, ignore_case=True), FILL * 5 + text + FILL * 5)
        assert (start, end) == (5, 5 + len(text))
        assert hit.fingerprint == fingerprint(KEY, value.encode())
        assert (found_in(matcher_of(value), FILL * 5 + text) == []) == (other != value)
    for version in (value, value.lower(), value.upper()):
        assert found_in(matcher_of(value, ignore_case=True), b" " + base64.b64encode(version.encode()) + b" ")


@settings(max_examples=30, deadline=None)
@given(user=values(4, 20, "abcdefgh0123"), password=values(6, 40, "ijklmnXYZ#+!"))
def test_basic_authorization(user: str, password: str) -> None:
    header = b"Authorization: Basic " + base64.b64encode(f"{user}:{password}".encode())
    for wanted in (f"{user}:{password}", password):
        assert [hit.encoding for *_, hit in found_in(matcher_of(wanted), header)] == ["base64"]
    # Whoever wrote the halves in the wrong order is found too.
    ((_, _, hit),) = found_in(matcher_of(f"{password}:{user}"), header)
    assert hit.encoding == "basic"
    assert hit.fingerprint == fingerprint(KEY, f"{password}:{user}".encode())


def test_values_inside_of_each_other_are_both_found() -> None:
    matcher = matcher_of("inner-secret", "the-inner-secret-and-more")
    found = found_in(matcher, b"x=the-inner-secret-and-more;")
    assert sorted((start, end) for start, end, _ in found) == [(2, 27), (6, 18)]


def test_items_are_kept_apart() -> None:
    value = "half-of-it/and-the-other-half"
    matcher = matcher_of(value)
    hits: list[Hit] = []
    sink = Sink(lambda slab: hits.extend(matcher.search(slab)), matcher.overlap, lambda path, why, detail: None)
    sink.put(Item("a"), value[:10].encode())
    sink.put(Item("b"), value[10:].encode())
    sink.put(Item("c"), b"")
    sink.put(Item("d"), value.encode())
    sink.flush()
    assert [hit.end - hit.start for hit in hits] == [len(value)]
    assert len(SEPARATOR) >= 8


def test_a_text_of_one_character_is_no_trouble() -> None:
    value = "a" * 20
    found = found_in(matcher_of(value), b"a" * 200_000)
    starts = sorted(start for start, _, _ in found)
    assert starts[0] == 0 and len(starts) >= 200_000 // 20 - 10
    assert all(second - first >= 20 for first, second in pairwise(starts))


@pytest.mark.parametrize(
    "several", [["short-ish"], ["longer-than-fifteen-bytes"], ["short-ish", "longer-than-fifteen-bytes"]]
)
def test_the_control_is_found_and_is_no_finding(several: list[str]) -> None:
    matcher = matcher_of(*several)
    ((_, _, hit),) = found_in(matcher, matcher.control())
    assert matcher.is_control(hit)
    assert not any(matcher.is_control(hit) for *_, hit in found_in(matcher, several[0].encode()))
    assert found_in(matcher, matcher.control()[:-30]) == []


def test_the_control_fails_when_an_index_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    matcher = matcher_of("short-ish", "longer-than-fifteen-bytes")
    assert matcher._short is not None
    monkeypatch.setattr(matcher._short, "search", lambda text, found: None)
    assert found_in(matcher, matcher.control()) == []
    other = matcher_of("short-ish")
    other._literals.index._first._table[:] = 0
    assert found_in(other, other.control()) == []


def test_threads_share_the_index_and_find_the_same() -> None:
    wanted = [f"value-{number}-{number * 7919:08x}" for number in range(50)] + ["tiny-one"]
    matcher = matcher_of(*wanted)
    text = b"".join(value.encode() + b"\n" for value in wanted) * 200
    expected = [(start, hit) for start, _, hit in found_in(matcher, text)]
    answers: list[list[tuple[int, Hit]]] = []

    def work(fork: ValueMatcher) -> None:
        answers.append([(start, hit) for start, _, hit in found_in(fork, text)])

    forks = [matcher.fork() for _ in range(4)]
    assert all(fork._literals is matcher._literals for fork in forks)
    threads = [threading.Thread(target=work, args=(fork,)) for fork in forks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(expected) == 51 * 200
    assert answers == [expected] * 4


@pytest.mark.parametrize("name", WRITERS)
@settings(max_examples=10, deadline=None)
@given(value=values())
def test_redaction_leaves_nothing(name: str, value: str) -> None:
    planted = WRITERS[name][1](value)
    # "...&" stands as it is in its own HTML form "...&amp;", of which the rest stays.
    assume(planted.text == value.encode() or value.encode() not in planted.text)
    shown = matcher_of(value).redact(b"before " + planted.text + b" after")
    before, after = planted.text[: planted.first], planted.text[planted.last :]
    assert shown == b"before " + before + "…".encode() + after + b" after"


@settings(max_examples=40, deadline=None)
@given(value=values(40, 80), cut=st.integers(1, 15))
def test_redaction_of_what_the_ends_cut_off(value: str, cut: int) -> None:
    octets = value.encode()
    matcher = matcher_of(value)
    window = matcher._literals.window(0)
    assume(window >= cut and window + matcher._literals.width <= len(octets) - cut)
    assert matcher.redact(octets[cut:] + b" x") == "… x".encode()
    assert matcher.redact(b"x " + octets[:-cut]) == "x …".encode()


def test_redaction_of_single_lines() -> None:
    value = "-----BEGIN THING-----\nAbCdEfGhIjKlMnOpQrStUvWx\nyz0123456789ABCDEFG=\n-----END THING-----"
    matcher = matcher_of(value)
    assert matcher.redact(b"  AbCdEfGhIjKlMnOpQrStUvWx\n") == "  …\n".encode()
    assert matcher.redact(b"nothing here") == b"nothing here"
    assert matcher.redact(b"") == b""


def test_nothing_shows_a_value() -> None:
    secret = "Very-Secret-Value-0123456789"
    matcher = matcher_of(secret, "tiny:one", ignore_case=True)
    text = secret.encode()
    slab = Slab(np.zeros(1024, np.uint8), len(text), [Piece(Item("text"), 0, len(text), 0, True)])
    slab.data[: len(text)] = np.frombuffer(text, np.uint8)
    literals = matcher._literals
    shown = [
        repr(Wanted("kind", Secret(secret))),
        repr(matcher),
        repr(literals),
        repr(literals.short),
        repr(literals.form(0)),
        repr(literals.index),
        repr(matcher._short),
        repr(
            list(
                matcher._places(__import__("prodproof.trace.values.matcher").trace.values.matcher._text(slab.data, 64))
            )
        ),
        repr([hit for *_, hit in found_in(matcher, b" " + text)]),
    ]
    for text_shown in shown:
        for part in (secret, secret[5:12], "tiny:one", secret.encode().hex(), base64.b64encode(text).decode()[:20]):
            assert part not in text_shown


def test_a_file_named_after_a_value_does_not_give_it_away() -> None:
    value = "tok-8f3b6c1d9e7a4520"

    def unreadable(sink: Sink) -> None:
        sink.gap(f"{value}.zip", Reason.INCOMPLETE, "it breaks off")

    source = Texts("files", {f"key-{value}.txt": f"it is {value}".encode()}, reads=unreadable)
    outcome = Search([source], [matcher_of(value)]).run()
    assert [finding.path for finding in outcome.findings] == ["key-….txt"]
    assert [gap.path for gap in outcome.gaps] == ["….zip"]
    assert value not in repr(outcome)
