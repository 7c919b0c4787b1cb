"""What one search is for: exact values, patterns or both, and a digest of it under which answers can be kept."""

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from prodproof import __version__
from prodproof.trace.stream import Matcher

if TYPE_CHECKING:
    from prodproof.trace.patterns import Rule
    from prodproof.trace.values import Wanted


@dataclass(frozen=True)
class Quest:
    """A search that can be carried out on any sources. It holds the wanted values and shows none."""

    matchers: tuple[Matcher, ...]
    digest: str
    """Of all that decides what is found, keyed: nobody can try guesses of a value against it."""

    rules: int
    values: int
    limits: tuple[str, ...] = ()
    """What is not looked for because there are so many values, in sentences for people."""


def quest_for(
    key: bytes, *, wanted: "Sequence[Wanted]" = (), as_is: bool = False, rules: "Sequence[Rule]" = ()
) -> Quest:
    """Prepare a search.

    Args:
        key: the system's fingerprint key, 32 bytes.
        wanted: exact values.
        as_is: whether they are looked for as they are only, in no encoding.
        rules: patterns; none if empty.

    Raises:
        NotSearchableError: a value is too short, or there are too many.
        RuleError: a rule cannot be used.
    """
    matchers: list[Matcher] = []
    limits: tuple[str, ...] = ()
    told = hmac.new(key, f"prodproof {__version__} searches for ".encode(), hashlib.sha256)
    if wanted:
        from prodproof.trace.values import ValueMatcher

        values = ValueMatcher(wanted, key, plain_only=as_is)
        matchers.append(values)
        told.update(b"as they are: " if as_is else b"in every encoding: ")
        limits = values.limits
        for value in sorted((item.kind.encode(), item.octets(), b"%d" % item.ignore_case) for item in wanted):
            for part in value:
                told.update(b"%d:" % len(part) + part)
    if rules:
        from prodproof.trace.patterns import PatternMatcher, cache_folder, rule_set_digest

        matchers.append(PatternMatcher(rules, key, cache_folder()))
        told.update(rule_set_digest(rules).encode())
    return Quest(tuple(matchers), told.hexdigest()[:32], len(rules), len(wanted), limits)
