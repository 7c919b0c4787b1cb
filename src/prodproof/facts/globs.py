"""Path patterns as forges and bots write them, matched without backtracking: patterns come from outside."""

from collections.abc import Callable


def matches(pattern: str, path: str) -> bool:
    """Whether a whole path fits a pattern.

    `*` and `?` stay within a segment, `**` is any number of segments (also none). Time is bounded by the product of
    the two lengths, whatever the pattern.
    """
    return _fits(pattern.split("/"), path.split("/"), "**", _segment)


def _segment(pattern: str, text: str) -> bool:
    return _fits(list(pattern.replace("**", "*")), list(text), "*", lambda sign, letter: sign in ("?", letter))


def _fits(wanted: list[str], given: list[str], star: str, same: Callable[[str, str], bool]) -> bool:
    # Greedy, going back to the last star only: a later star makes every earlier choice as good as any other.
    at = position = 0
    last, resume = -1, 0
    while position < len(given):
        if at < len(wanted) and wanted[at] == star:
            last, resume = at, position
            at += 1
        elif at < len(wanted) and same(wanted[at], given[position]):
            at += 1
            position += 1
        elif last >= 0:
            resume += 1
            at, position = last + 1, resume
        else:
            return False
    return all(item == star for item in wanted[at:])
