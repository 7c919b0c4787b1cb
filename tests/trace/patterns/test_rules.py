"""Every rule that comes with the program: its own examples, through the engine."""

import functools

import pytest

from prodproof.trace.patterns.examples import fill
from prodproof.trace.patterns.matcher import PatternMatcher
from prodproof.trace.patterns.pack import load_pack
from prodproof.trace.patterns.rule import Rule
from prodproof.trace.stream import Matcher
from tests.trace.patterns.slabs import path_for, slab_of

KEY = b"k" * 32
RULES = load_pack()
MATCHES = [
    pytest.param(rule, text, id=f"{rule.id}-{number}")
    for rule in RULES
    if not rule.public
    for number, text in enumerate(rule.matches)
]
MISSES = [
    pytest.param(rule, text, id=f"{rule.id}-{number}") for rule in RULES for number, text in enumerate(rule.misses)
]


@functools.lru_cache(maxsize=4)
def matcher_of(rule: Rule) -> PatternMatcher:
    return PatternMatcher((rule,), KEY)


def found(matcher: Matcher, rule: Rule, template: str) -> set[str]:
    """The ids of the rules that find something in an example, which stands alone and between other lines."""
    text = fill(template, rule.id)
    path = path_for(rule)
    slab = slab_of((path, text), (path, text if r"\A" in rule.pattern else b"first line\n" + text + b"\nlast line\n"))
    hits = list(matcher.search(slab))
    in_pieces = {slab.piece_at(hit.start) for hit in hits}
    return {hit.rule for hit in hits} if len(in_pieces) == 2 else set()


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_a_rule_has_examples_of_both_kinds(rule: Rule) -> None:
    assert rule.matches
    assert rule.misses
    assert rule.provider
    assert rule.source.startswith("https://")


@pytest.mark.parametrize(("rule", "template"), MATCHES)
def test_what_must_match_matches(rule: Rule, template: str) -> None:
    assert rule.id in found(matcher_of(rule), rule, template)


@pytest.mark.parametrize(("rule", "template"), MISSES)
def test_what_must_not_match_does_not(rule: Rule, template: str) -> None:
    text = fill(template, rule.id)
    path = path_for(rule)
    assert not list(matcher_of(rule).search(slab_of((path, text), (path, b"first line\n" + text + b"\nlast line\n"))))


def test_all_rules_work_in_one_database() -> None:
    matcher = PatternMatcher(RULES, KEY)
    missing = [rule.id for rule in RULES if not rule.public and not found(matcher, rule, rule.matches[0])]
    assert not missing
