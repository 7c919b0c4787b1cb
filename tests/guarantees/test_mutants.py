"""The mutants of `make mutate`: what is changed, what is left alone, and that every survivor is explained."""

import ast

import pytest

from scripts.mutate import page
from scripts.mutate.mutants import files, mutants_of
from scripts.mutate.operators import changes
from scripts.mutate.prose import skipped
from scripts.mutate.regexes import changed_patterns
from scripts.mutate.result import FILE, percent


def changed(source: str) -> set[str]:
    """What is put in place of something, for every mutant of a piece of source."""
    tree = ast.parse(source)
    return {after for _, _, after in changes(tree, skipped(tree))}


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("x = a < b", {"(a <= b)", "(a >= b)"}),
        ("x = a in b", {"(a not in b)"}),
        ("x = a and b", {"(a or b)", "a", "b"}),
        ("x = not a", {"a"}),
        ("x = a - b", {"(a + b)", "a"}),
        ("x = any(a)", {"all"}),
        ("x = 3", {"4"}),
        ("x = True", {"False"}),
        ("x = a[:b]", {"a[:]"}),
        ("x = {1: a, 2: b}", {"{2: b}", "{1: a}", "2", "3"}),
        ("x = [a for a in b if a]", {"True"}),
        ("x = a if b else c", {"True", "False"}),
        ("f()", {"pass"}),
        ("def f() -> bool:\n    return a", {"not (a)"}),
        ("def f() -> int | None:\n    return a", {"None"}),
        ("x = Reason.DENIED", {"Reason.CRASHED"}),
        ("x = a.startswith(b)", {"a.endswith"}),
    ],
)
def test_what_is_changed(source: str, expected: set[str]) -> None:
    assert changed(source) == expected


@pytest.mark.parametrize(
    "source",
    [
        "x = holds(f'{a + 1} of {b}')",
        "x = Finding('rule', a or b, key=c + d)",
        "def f() -> Finding:\n    return a if b else c",
        "def say() -> str:\n    return a or b\nx = holds(say())",
        "def f():\n    text = a or b\n    holds(text)",
        "LIMIT = 3\nx = holds(LIMIT)",
        "@guarantee('x', verifiable=False)\ndef judge(fact: a | b) -> Verdict: ...",
        "def _make(): return a and b\nEXAMPLES = (_make(), 1 + 2)",
        "assert a and b",
        "raise ValueError(a or b)",
        '"""Prose."""',
    ],
)
def test_what_is_left_alone(source: str) -> None:
    kept = {"broken", "pass"}
    assert {after for after in changed(source) if not any(word in after for word in kept)} == set()


def test_patterns() -> None:
    assert {pattern for _, pattern in changed_patterns(r"^(?:a|b)\d+[^x]?$")} == {
        r"(?:a|b)\d+[^x]?$", r"^(?:b)\d+[^x]?$", r"^(?:a)\d+[^x]?$", r"^(?:a|b)\D+[^x]?$", r"^(?:a|b)\d*[^x]?$",
        r"^(?:a|b)\d+[x]?$", r"^(?:a|b)\d+[^x]$", r"^(?:a|b)\d+[^x]?",
    }  # fmt: skip


def test_mutants_are_files_with_one_change() -> None:
    path = next(path for path in files() if path.name == "hsts.py")
    mutants = mutants_of(path)
    assert len({mutant.key for mutant in mutants}) == len(mutants) > 20
    for mutant in mutants:
        assert mutant.source() != path.read_text()
        ast.parse(mutant.source())


def test_a_share_is_never_rounded_up() -> None:
    assert [percent(9499, 10000), percent(1, 3), percent(1, 1), percent(0, 0)] == ["94.9%", "33.3%", "100.0%", "-"]


def test_every_survivor_is_explained() -> None:
    assert FILE.exists()
    assert page.unexplained() == []
