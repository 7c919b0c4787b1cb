"""What a regular expression can match, for judging the patterns of other people's configuration.

PCRE patterns of nginx are read with Python's parser; what it does not understand is said to be unreadable, never
guessed. Nothing here runs a pattern of a kind that could take exponential time.
"""

import re
import warnings
from collections.abc import Iterator
from re import _constants as tokens
from re import _parser as parser
from typing import Any

MAX_PATTERN = 2_000
MAX_SAMPLES = 64
_NAMED = re.compile(r"\(\?<([A-Za-z_]\w*)>")
_NESTED_REPEAT = re.compile(r"[*+}]\)[*+{]|\)[*+{]")


class UnreadablePatternError(ValueError):
    """A pattern that is not understood here; the message is one line for a person."""


def compiled(pattern: str, ignore_case: bool = False) -> "re.Pattern[str]":
    """A pattern that may be run on short texts. Raises UnreadablePatternError."""
    if _NESTED_REPEAT.search(pattern) or len(re.findall(r"[*+]", pattern)) > 6:
        raise UnreadablePatternError(f"the pattern {pattern[:80]!r} is too involved to be run here")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return re.compile(_python(pattern), re.IGNORECASE if ignore_case else 0)
    except (re.error, OverflowError, RecursionError) as error:
        raise UnreadablePatternError(f"the pattern {pattern[:80]!r} is not understood: {error}") from None


def groups(pattern: str) -> dict[str, Any]:
    """The parse tree of each capturing group, by number and by name. Raises UnreadablePatternError."""
    tree = _tree(pattern)
    names = {number: name for name, number in tree.state.groupdict.items()}
    found: dict[str, Any] = {}
    for operator, value in _nodes(tree):
        if operator is tokens.SUBPATTERN and value[0] is not None:
            found[str(value[0])] = value[3]
            if value[0] in names:
                found[names[value[0]]] = value[3]
    return found


def tree(pattern: str) -> Any:
    """The parse tree of a whole pattern. Raises UnreadablePatternError."""
    return _tree(pattern)


def can_contain(node: Any, char: str) -> bool:
    """Whether some text that matches `node` holds `char`."""
    return any(_accepts(operator, value, char) for operator, value in _nodes(node))


def must_contain(node: Any, char: str) -> bool:
    """Whether every text that matches `node` holds `char`."""
    for operator, value in node:
        if operator is tokens.LITERAL and value == ord(char):
            return True
        if operator is tokens.SUBPATTERN and must_contain(value[3], char):
            return True
        if operator in (tokens.MAX_REPEAT, tokens.MIN_REPEAT) and value[0] > 0 and must_contain(value[2], char):
            return True
        if operator is tokens.BRANCH and all(must_contain(branch, char) for branch in value[1]):
            return True
    return False


def samples(pattern: str, wild: str) -> list[str]:
    """Up to 64 texts that the pattern accepts, with `wild` wherever it leaves a choice that allows it.

    Anchors are left out: what may stand around a sample is found by running the pattern. Raises UnreadablePatternError.
    """
    return list(_generated(_tree(pattern), wild))[:MAX_SAMPLES]


def _python(pattern: str) -> str:
    return _NAMED.sub(r"(?P<\1>", pattern)


def _tree(pattern: str) -> Any:
    if len(pattern) > MAX_PATTERN:
        raise UnreadablePatternError("the pattern is too long")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return parser.parse(_python(pattern))
    except (re.error, OverflowError, RecursionError) as error:
        raise UnreadablePatternError(f"the pattern {pattern[:80]!r} is not understood: {error}") from None


def _nodes(node: Any) -> Iterator[tuple[Any, Any]]:
    for operator, value in node:
        yield operator, value
        if operator is tokens.SUBPATTERN:
            yield from _nodes(value[3])
        elif operator in (tokens.MAX_REPEAT, tokens.MIN_REPEAT):
            yield from _nodes(value[2])
        elif operator is tokens.BRANCH:
            for branch in value[1]:
                yield from _nodes(branch)


def _accepts(operator: Any, value: Any, char: str) -> bool:
    if operator is tokens.LITERAL:
        return bool(value == ord(char))
    if operator is tokens.NOT_LITERAL:
        return bool(value != ord(char))
    if operator is tokens.ANY:
        return char != "\n"
    if operator is tokens.IN:
        return _in_set(value, char)
    return False


def _in_set(items: Any, char: str) -> bool:
    inside = negated = False
    for operator, value in items:
        if operator is tokens.NEGATE:
            negated = True
        elif operator is tokens.LITERAL:
            inside |= value == ord(char)
        elif operator is tokens.RANGE:
            inside |= value[0] <= ord(char) <= value[1]
        elif operator is tokens.CATEGORY:
            inside |= _in_category(value, char)
    return inside != negated


def _in_category(category: Any, char: str) -> bool:
    kinds = {
        tokens.CATEGORY_DIGIT: char.isdigit(),
        tokens.CATEGORY_NOT_DIGIT: not char.isdigit(),
        tokens.CATEGORY_SPACE: char.isspace(),
        tokens.CATEGORY_NOT_SPACE: not char.isspace(),
        tokens.CATEGORY_WORD: char.isalnum() or char == "_",
        tokens.CATEGORY_NOT_WORD: not (char.isalnum() or char == "_"),
    }
    return kinds.get(category, True)


def _generated(node: Any, wild: str) -> list[str]:
    texts = [""]
    for operator, value in node:
        texts = [text + part for text in texts for part in _parts(operator, value, wild)][:MAX_SAMPLES]
    return texts


def _parts(operator: Any, value: Any, wild: str) -> list[str]:
    if operator is tokens.LITERAL:
        return [chr(value)]
    if operator in (tokens.ANY, tokens.IN, tokens.NOT_LITERAL):
        return [next((char for char in (wild, *"a0/-.~ ") if _accepts(operator, value, char)), "a")]
    if operator is tokens.SUBPATTERN:
        return _generated(value[3], wild)
    if operator is tokens.BRANCH:
        return [text for branch in value[1] for text in _generated(branch, wild)]
    if operator in (tokens.MAX_REPEAT, tokens.MIN_REPEAT):
        least, _, inner = value
        once = _generated(inner, wild)
        return [text * min(max(least, 1), 20) for text in once] + ([""] if least == 0 else [])
    return [""]
