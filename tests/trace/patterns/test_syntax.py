"""The dialect: what is taken, what is refused, and what hyperscan is given."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prodproof.trace.patterns.rule import RuleError
from prodproof.trace.patterns.syntax import for_hyperscan, is_anchored, parse, shortened, spans_lines, width


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        (r"(?=a)b", "lookaround"),
        (r"(?<!a)b", "lookaround"),
        (r"(a)\1", "back-reference"),
        (r"(?P<name>a)", "named group"),
        (r"a(?i)b", "flag in the middle"),
        (r"a++", "possessive"),
        (r"(a", "open bracket"),
        (r"a)", "closed bracket"),
        (r"(?:a+)+b", "nested repetition"),
        (r"(?:a*b*){2,}", "nested repetition"),
        (r"a{5000}", "too many"),
        (r"a{3,2}", "backwards"),
        ("ä", "not ASCII"),
        (r"\p{L}", "unknown escape"),
        ("(" * 30 + "a" + ")" * 30, "too deep"),
    ],
)
def test_what_both_engines_do_not_share_is_refused(pattern: str, why: str) -> None:
    with pytest.raises(RuleError):
        parse(pattern)


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        (r"\b(sk_live_[0-9A-Za-z]{24,247})\b", r"(?:\b(?:sk_live_[0-9A-Za-z]{24}))"),
        (r"([0-9a-f]{32})\b", r"(?:(?:[0-9a-f]{32})\b)"),
        (r"(key_[a-z]{4,})(?:[^\w]|$)", r"(?:(?:key_[a-z]{4,})(?:[^\w]|[\r\n\x00]))"),
        (r"^a", r"(?:(?:^|[\n\x00])a)"),
        (r"a(b*)", r"(?:a(?:))"),
        (r"x[^\n]{0,200}y", r"(?:x[^\n]{0,}y)"),
        (r"x[\s\S]{0,200}y", r"(?:x[\s\S]{0,200}y)"),
    ],
)
def test_hyperscan_is_given_what_ends_where_a_match_is_certain(pattern: str, expected: str) -> None:
    assert for_hyperscan(shortened(parse(pattern)[0])) == expected


def test_widths() -> None:
    assert width(parse(r"ab{2,5}(?:c|dd)?")[0]) == (3, 8)
    assert width(parse(r"\bab$")[0]) == (2, 2)
    assert width(parse(r"a+")[0])[0] == 1


def test_line_breaks_and_ends_are_seen() -> None:
    assert spans_lines(parse(r"a\s+b")[0])
    assert spans_lines(parse(r"a[^x]b")[0])
    assert not spans_lines(parse(r"a[^x\n]b.")[0])
    assert is_anchored(parse(r"\Aab\Z")[0])
    assert not is_anchored(parse(r"^ab$")[0])


PIECES = st.sampled_from(["a", "b", r"\d", "[ab]", "[^a\\n]", "(?:ab|c)", "(?:a|b{1,3})"])
COUNTS = st.sampled_from(["", "?", "*", "+", "{2}", "{1,3}", "{2,}"])


@given(st.lists(st.tuples(PIECES, COUNTS), min_size=1, max_size=5), st.text("abc1\n", max_size=12))
def test_whatever_the_pattern_finds_begins_with_what_the_shortened_one_finds(
    parts: list[tuple[str, str]], text: str
) -> None:
    pattern = "".join(piece + count for piece, count in parts)
    try:
        tree, _ = parse(pattern)
    except RuleError:
        return
    short = re.compile(for_hyperscan(shortened(tree)).encode())
    for match in re.finditer(pattern.encode(), text.encode()):
        assert short.match(text.encode(), match.start())
