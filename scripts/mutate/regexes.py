"""Small wrong changes of a regular expression."""

import re
from collections.abc import Iterator
from typing import TypeVar

T = TypeVar("T")

LONGEST_LISTED = 8
"""A list of words up to this long loses each of its words in turn; a longer one each of its halves."""

_TOKEN = re.compile(
    r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|\(\?(?:[:=!>]|<[=!]|P<\w+>)|\(|\)|\||(?:[*+?]|\{\d*,?\d*\})\??|.", re.DOTALL
)
_FLIPPED = {
    r"\d": r"\D", r"\D": r"\d", r"\s": r"\S", r"\S": r"\s", r"\w": r"\W", r"\W": r"\w",
    "(?=": "(?!", "(?!": "(?=", "(?<=": "(?<!", "(?<!": "(?<=", "*": "+", "+": "*", "*?": "+?", "+?": "*?",
}  # fmt: skip
_REMOVED = ("^", "$", r"\b", r"\B", r"\A", r"\Z")


def changed_patterns(pattern: str) -> Iterator[tuple[str, str]]:
    """Each changed pattern that still compiles, with a word for what was changed."""
    for what, text in _changes([match[0] for match in _TOKEN.finditer(pattern)]):
        try:
            re.compile(text)
        except re.error:
            continue
        if text != pattern:
            yield what, text


def _changes(tokens: list[str]) -> Iterator[tuple[str, str]]:
    def with_token(place: int, new: str) -> str:
        return "".join((*tokens[:place], new, *tokens[place + 1 :]))

    for place, token in enumerate(tokens):
        if token in _REMOVED:
            yield f"without {token}", with_token(place, "")
        elif token in _FLIPPED:
            yield f"{token} to {_FLIPPED[token]}", with_token(place, _FLIPPED[token])
        elif place and re.fullmatch(r"\?|\{\d*,?\d*\}\??", token):
            yield f"without {token}", with_token(place, "")
        elif token.startswith("[") and len(token) > 1:
            new = "[" + token[2:] if token[1] == "^" else "[^" + token[1:]
            yield f"{token} to {new}", with_token(place, new)
    for start, end in _groups(tokens):
        branches = list(_branches(tokens, start, end))
        if len(branches) < 2:
            continue
        for kept in shortened(branches):
            lost = "|".join("".join(tokens[slice(*branch)]) for branch in branches if branch not in kept)
            text = "|".join("".join(tokens[slice(*branch)]) for branch in kept)
            yield f"without {lost}", "".join((*tokens[:start], text, *tokens[end:]))


def _groups(tokens: list[str]) -> Iterator[tuple[int, int]]:
    opened = [0]
    for place, token in enumerate(tokens):
        if token.startswith("("):
            opened.append(place + 1)
        elif token == ")" and len(opened) > 1:
            yield opened.pop(), place
    yield 0, len(tokens)


def _branches(tokens: list[str], start: int, end: int) -> Iterator[tuple[int, int]]:
    depth, begin = 0, start
    for place in range(start, end):
        token = tokens[place]
        depth += token.startswith("(") - (token == ")")
        if token == "|" and not depth:
            yield begin, place
            begin = place + 1
    yield begin, end


def shortened(items: "list[T]") -> "list[list[T]]":
    """The list without each of its items, or where it is long without each of its halves."""
    if len(items) <= LONGEST_LISTED:
        return [items[:place] + items[place + 1 :] for place in range(len(items))]
    middle = len(items) // 2
    return [items[middle:], items[:middle]]
