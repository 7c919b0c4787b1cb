"""CODEOWNERS as the forges evaluate it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prodproof.reach.files.codeowners import owners_of, parse


def owners(text: str, path: str) -> tuple[str, ...]:
    return owners_of(parse(text), path)[0]


@pytest.mark.parametrize(
    ("pattern", "path", "matches"),
    [
        ("*", "a/b/c.py", True),
        ("*.js", "a/b.js", True),
        ("/build/logs/", "build/logs/a/b.txt", True),
        ("/build/logs/", "x/build/logs/a.txt", False),
        ("docs/*", "docs/start.md", True),
        ("docs/*", "docs/build-app/trouble.md", False),
        ("apps/", "x/apps/y/z.py", True),
        ("/docs/", "docs/a/b.md", True),
        ("**/logs", "deep/down/logs/a.txt", True),
        ("/apps/github", "apps/github/x.py", True),
        ("/apps/**/settings.py", "apps/a/b/settings.py", True),
        ("/.github", ".github/workflows/ci.yml", True),
        ("*.py", "a.pyc", False),
        ("/shop", "shopping/a.py", False),
        ("/a\\ b/", "a b/c", True),
    ],
)
def test_patterns(pattern: str, path: str, matches: bool) -> None:
    assert (owners(f"{pattern} @team\n", path) == ("@team",)) is matches


def test_the_last_match_counts_and_may_take_the_owner_away() -> None:
    text = "* @all\n/shop/ @shop # the shop\n/shop/generated/\n"
    assert owners(text, "a.py") == ("@all",)
    assert owners(text, "shop/a.py") == ("@shop",)
    assert owners_of(parse(text), "shop/generated/a.py") == ((), 3)


def test_a_line_with_a_mistake_is_skipped() -> None:
    assert owners("* @all\n*.py somebody\n", "a.py") == ("@all",)
    assert owners("*.py ana@harbour.example\n", "a.py") == ("ana@harbour.example",)


def test_gitlab_sections_decide_for_themselves() -> None:
    text = "[Docs][2] @docs\ndocs/\n^[Code]\n*.py @code\ndocs/ @code\n!docs/x.py\n"
    assert owners(text, "docs/a.md") == ("@docs", "@code")
    assert owners(text, "src/a.py") == ("@code",)


@given(st.text(alphabet="*/ab@[]! \\\n#.?", max_size=60), st.text(alphabet="ab/. *", min_size=1, max_size=30))
def test_any_text_is_evaluated(text: str, path: str) -> None:
    found, line = owners_of(parse(text), path)
    assert not found or line is not None


def test_many_stars_are_bounded() -> None:
    assert owners(f"/{'a*' * 100}b @x\n", "a" * 4_000) == ()
    assert owners(f"/{'**/a/' * 50}b @x\n", "a/" * 2_000) == ()
