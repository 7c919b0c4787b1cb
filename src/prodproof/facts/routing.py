"""Alertmanager's way through its routing tree, as its documentation describes it. Pure."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from prodproof.facts.alerting import Matcher, Route

MAX_DEPTH = 50
_SLOW = re.compile(r"\)[*+{]|\\[1-9]|\(\?[^:]")
_REPEATS = re.compile(r"[*+{]")
MAX_REPEATS = 3
MAX_PATTERN = 2_000
MAX_VALUE = 500


class CannotTellError(Exception):
    """A matcher that is not evaluated here; the message is one line for a person."""


@dataclass(frozen=True)
class Reached:
    """A receiver that an alert ends in."""

    receiver: str
    intervals: tuple[str, ...] = ()
    """Time intervals that keep it mute or that it is confined to."""


def reached(root: Route, labels: Mapping[str, str]) -> Iterator[Reached]:
    """Where an alert with these labels ends; a label that it lacks is the empty string.

    The root takes every alert. A node's children are tried in order; the first that matches takes the alert, and
    the next are tried only if it says `continue`. A node whose children all decline keeps the alert itself.
    Source: https://prometheus.io/docs/alerting/latest/configuration/#route

    Raises:
        CannotTellError: for a regular expression that could take very long, or is none.
    """
    yield from _walk(root, labels, 0)


def _walk(route: Route, labels: Mapping[str, str], depth: int) -> Iterator[Reached]:
    if depth > MAX_DEPTH:
        raise CannotTellError(f"routes are nested deeper than {MAX_DEPTH}")
    taken = False
    for child in route.routes:
        if all(matches(matcher, labels.get(matcher.name, "")) for matcher in child.matchers):
            taken = True
            yield from _walk(child, labels, depth + 1)
            if not child.goes_on:
                break
    if not taken:
        yield Reached(route.receiver, (*route.muted, *route.active))


def matches(matcher: Matcher, value: str) -> bool:
    """Whether a label's value meets one condition. Raises CannotTellError."""
    if matcher.operator in ("=", "!="):
        return (matcher.value == value) is (matcher.operator == "=")
    return _full_match(matcher.value, value) is (matcher.operator == "=~")


def _full_match(pattern: str, value: str) -> bool:
    # Alertmanager's engine is linear; Python's is not, so what could explode is not tried.
    unsafe = len(pattern) > MAX_PATTERN or len(value) > MAX_VALUE or len(_REPEATS.findall(pattern)) > MAX_REPEATS
    if unsafe or _SLOW.search(pattern):
        raise CannotTellError(f"the matcher {pattern[:80]!r} is too involved to be evaluated here")
    try:
        return re.fullmatch(pattern, value) is not None
    except (re.error, OverflowError):
        raise CannotTellError(f"the matcher {pattern[:80]!r} is no regular expression") from None
