"""Entries that are checked together are judged exactly as one by one, whatever somebody made of them."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prodproof.facts.codec import canonical
from prodproof.ledger import Damage, Verification, verification
from prodproof.ledger.entry import About, Draft, body_of, genesis
from prodproof.ledger.store import Head, Row
from tests.ledger.samples import AT

ABOUTS = (
    About("facts", "production", "a step"),
    About("facts", "production", '"at":"x","run":"y","sequence":1,"what":'),
    About("verdict", "", "100 %d\\"),
    About("checkpoint"),
)


@dataclass
class Rows:
    """A source of whatever rows; its payloads are there and right, and its end is the last row's."""

    given: list[Row]
    size: int = 512
    whole: bool = True
    system: str = "shop"
    special: frozenset[int] = frozenset({3})
    prefixes: dict[int, bytes] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.prefixes = {n: about.prefix if self.whole else b'{"about":[' for n, about in enumerate(ABOUTS)}

    def rows(self, after: int = 0) -> Iterator[list[Row]]:
        left = self.given[after:]
        for start in range(0, len(left), self.size):
            yield left[start : start + self.size]

    def claimed(self) -> Head:
        return Head(len(self.given), self.given[-1][1]) if self.given else Head(0, genesis("shop"))

    def payloads(self) -> Iterator[list[tuple[bytes, bytes]]]:
        yield [(hashlib.sha256(b"{}").digest(), b"{}")]


def body(topic: int, number: int, what: dict[str, Any], run: str = "run", minute: int = 0) -> bytes:
    return body_of(Draft(ABOUTS[topic], AT.replace(minute=minute), {}, run), number, canonical(what))


def chained(bodies: Sequence[tuple[int, bytes]]) -> list[Row]:
    """Rows with numbers and hashes that fit: what somebody makes who holds everything but the signing key."""
    rows, head = list[Row](), genesis("shop")
    for number, (topic, one) in enumerate(bodies, 1):
        head = hashlib.sha256(head + one).digest()
        rows.append((number, head, one, topic))
    return rows


def one_by_one(source: Rows) -> Verification:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(verification, "_check_together", lambda *_: False)
        return verification.verify(source)


def nested(number: int) -> dict[str, Any]:
    """What an entry that was joined holds: other entries, with numbers of their own."""
    return {"digest": hashlib.sha256(b"{}").hexdigest(), "inside": [{"run": "", "sequence": number, "what": {}}]}


TEXTS = st.sampled_from(["run", "", "%", "%d", "%b", 'a"b', "\\", '"sequence":2,"what":', "\n", "é"])


@st.composite
def bodies_at(draw: st.DrawFn, number: int, runs: list[str]) -> tuple[int, bytes]:
    """An entry for a place: as it should be, or about a place and topic of another, or with its bytes changed."""
    topic = draw(st.sampled_from([0, 0, 0, 1, 2, 3]))
    own = draw(st.sampled_from([number] * 5 + [number + 1, 0, 12]))
    what = draw(st.sampled_from([{}, nested(number), nested(own), {"text": f'"sequence":{number},"what":'}]))
    made = body(topic, own, what, draw(st.sampled_from(runs)), draw(st.sampled_from([0, 0, 0, 1])))
    told, right = b'"sequence":%d,"what":' % own, b'"sequence":%d,"what":' % number
    change = draw(st.sampled_from(["", "", "", "", "drop", "zero", "move", "key", "what", "byte", "topic", "garbage"]))
    if change == "drop":
        made = made.replace(b'"sequence":%d,' % own, b"")
    elif change == "zero":
        made = made.replace(told, b'"sequence":0%d,"what":' % number)
    elif change == "move":
        made = made.replace(told, b'"sequence":%d,"other":{%b{}},"what":' % (own, right))
    elif change == "key":
        made = made.replace(b'"sequence"', b'"by":{%b{}},"sequence"' % right, 1)
    elif change == "what":
        made = made.replace(b'"what":', b'"that":')
    elif change == "byte":
        place = draw(st.integers(0, len(made) - 1))
        made = made[:place] + draw(st.binary(max_size=2)) + made[place + 1 :]
    elif change == "topic":
        topic = draw(st.integers(0, 4))
    elif change == "garbage":
        made = draw(st.binary(max_size=20))
    return topic, made


@st.composite
def sources(draw: st.DrawFn) -> Rows:
    runs = draw(st.lists(TEXTS, min_size=1, max_size=2))
    made = [draw(bodies_at(number, runs)) for number in range(1, draw(st.integers(1, 8)) + 1)]
    rows: list[Any] = list(chained(made))
    if draw(st.sampled_from([False, False, True])):
        place, column = draw(st.integers(0, len(rows) - 1)), draw(st.integers(0, 3))
        value = draw(st.sampled_from([None, 0, 1, 2, 1.5, "x", "2", b"", b"x", 2**70]))
        rows[place] = (*rows[place][:column], value, *rows[place][column + 1 :])
    return Rows(rows, draw(st.sampled_from([1, 2, 3, 512])), draw(st.booleans()))


@settings(max_examples=1500, deadline=None)
@given(source=sources())
def test_together_is_as_one_by_one(source: Rows) -> None:
    assert verification.verify(source) == one_by_one(source)


@settings(max_examples=200, deadline=None)
@given(topics=st.lists(st.integers(0, 2), min_size=1, max_size=9), text=TEXTS, whole=st.booleans())
def test_whatever_is_written_is_accepted_without_reading_each_alone(topics: list[int], text: str, whole: bool) -> None:
    made = [(topic, body(topic, n, nested(n + 1), text, n % 3)) for n, topic in enumerate(topics, 1)]
    source = Rows(chained(made), whole=whole)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(verification, "_check_one_by_one", lambda *_: pytest.fail("read one by one"))
        assert verification.verify(source).ok


@pytest.mark.parametrize("whole", [True, False])
@pytest.mark.parametrize("check", [verification.verify, one_by_one])
@pytest.mark.parametrize(
    "forged",
    [
        pytest.param(body(0, 7, nested(2)), id="in what it holds"),
        pytest.param(body(0, 7, {}, '"sequence":2,"what":'), id="in a text"),
        pytest.param(body(0, 7, {}).replace(b'"run":"run"', b'"run":{"sequence":2,"what":{}}'), id="in another key"),
        pytest.param(body(0, 2, {}).replace(b'"sequence":2,', b'"sequence":02,'), id="with a nought"),
        pytest.param(body(0, 2, nested(2)).replace(b'"sequence":2,', b"", 1), id="in what it holds alone"),
    ],
)
def test_a_number_elsewhere_is_not_the_entrys_own(forged: bytes, check: Any, whole: bool) -> None:
    source = Rows(chained([(0, body(0, 1, {})), (0, forged), (0, body(0, 3, {}))]), whole=whole)

    found = check(source)

    assert found.problem is not None and found.problem.sequence == 2
    assert found.problem.damage in (Damage.ALTERED, Damage.REORDERED, Damage.MISSING)


@pytest.mark.parametrize("check", [verification.verify, one_by_one])
def test_a_digest_that_is_no_text_is_named(check: Any) -> None:
    forged = body(0, 1, nested(1)).replace(b'"digest":"4', b'"digest":"\x80')
    found = check(Rows(chained([(0, forged)])))
    assert found.problem.damage is Damage.PAYLOAD_MISSING and "payload \\x80" in found.problem.detail


def test_an_entry_with_a_key_of_another_version_is_accepted() -> None:
    newer = body(0, 2, {}).replace(b'"run":', b'"by":"somebody","run":')
    assert verification.verify(Rows(chained([(0, body(0, 1, {})), (0, newer), (0, body(0, 3, {}))]))).entries == 3
