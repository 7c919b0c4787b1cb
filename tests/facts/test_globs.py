"""Path patterns."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prodproof.facts.globs import matches


@pytest.mark.parametrize(
    ("pattern", "path", "fits"),
    [
        ("/", "/", True), ("/a", "/a", True), ("/a", "/a/b", False), ("/*", "/a", True), ("/*", "/a/b", False),
        ("/**/*", "/a/b/c", True), ("**/x", "x", True), ("**/x", "a/b/x", True), ("a/**", "a/b/c", True),
        ("a/**/z", "a/z", True), ("a/**/z", "a/b/c/z", True), ("a/**/z", "a/b/c/y", False), ("*.py", "a.py", True),
        ("a?c", "abc", True), ("a*b*c", "aXbYc", True), ("a*b*c", "aXcYb", False),
    ],
)  # fmt: skip
def test_patterns(pattern: str, path: str, fits: bool) -> None:
    assert matches(pattern, path) is fits


@given(st.text(alphabet="ab/*?", max_size=20), st.text(alphabet="ab/", max_size=20))
def test_any_pattern_is_answered(pattern: str, path: str) -> None:
    assert matches(path, path)
    assert matches("**", path)
    assert matches(pattern, path) in (True, False)


def test_stars_cost_no_more_than_the_product_of_lengths() -> None:
    assert not matches("a*" * 500 + "b", "a" * 5_000)
    assert not matches("**/a/" * 300 + "b", "a/" * 2_000)
