"""From text that a rule's pattern may match in to the secrets that are in it: everything about a rule but the scan."""

import math
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from prodproof.trace.patterns import noise, syntax
from prodproof.trace.patterns.checksum import CHECKS, password_of, unbase64
from prodproof.trace.patterns.rule import Rule, RuleError

WINDOW = 4096
"""The most bytes on either side of a match's first certain end that are looked at."""

AFTER = 40
_NAME = re.compile(rb"[\w.-]*")
_NAME_BEFORE = re.compile(rb"[\w.-]*\Z")


@dataclass(frozen=True, slots=True)
class Secret:
    """A secret in a text. It is short-lived: nothing keeps it."""

    start: int
    """In the text, bytes."""

    end: int
    value: bytes
    """Decoded."""

    encoding: str
    is_random: bool = False
    """Whether its characters have no meaning."""

    def __repr__(self) -> str:
        return f"Secret({self.start}, {self.end})"


@dataclass(frozen=True, slots=True)
class Plan:
    """What a rule's pattern comes to; it is kept between runs."""

    expression: str
    """What hyperscan looks for."""

    caseless: bool
    lines: bool
    """Whether what must be looked at can span lines."""

    before: int
    """Bytes before the first certain end that can belong to a match or its keyword."""

    after: int
    """Bytes after it."""


def plan_of(rule: Rule) -> Plan:
    """
    Raises:
        RuleError: the pattern is outside the dialect, or matches the empty text.
    """
    try:
        tree, caseless = syntax.parse(rule.pattern)
        re.compile(rule.pattern.encode())
    except (RuleError, re.error) as error:
        raise RuleError(f"{rule.id}: pattern: {error}") from None
    least, most = syntax.width(tree)
    if not least:
        raise RuleError(f"{rule.id}: pattern: it matches the empty text")
    short = syntax.shortened(tree)
    return Plan(
        expression=_expression(rule, short),
        caseless=caseless,
        lines=syntax.spans_lines(tree) or syntax.is_anchored(tree) or rule.near > 0,
        before=min(syntax.width(short)[1] + rule.near + 512, WINDOW),
        after=min(most, WINDOW),
    )


def _expression(rule: Rule, short: syntax.Group) -> str:
    inner = syntax.for_hyperscan(short)
    source = rule.pattern.lower()
    if not (rule.near and rule.keywords) or any(keyword.lower() in source for keyword in rule.keywords):
        return inner
    # The value has no shape of its own; without its keyword it would match everywhere.
    words = "|".join(re.sub(r"\W", lambda found: rf"\x{ord(found[0]):02x}", word) for word in rule.keywords)
    return rf"(?i:{words})[\x00-\xff]{{0,{rule.near}}}{inner}"


class Confirmer:
    """A rule, ready to be asked about texts. Its expressions are compiled when they are first needed."""

    def __init__(self, rule: Rule) -> None:
        self.rule = rule
        self._check = CHECKS[rule.checksum] if rule.checksum else None
        # All of a keyword that ends `near` bytes before the match.
        self._reach = rule.near + max(map(len, rule.keywords), default=0) if rule.near else 0

    @cached_property
    def _regex(self) -> re.Pattern[bytes]:
        return re.compile(self.rule.pattern.encode(), re.MULTILINE)

    @cached_property
    def _keyword(self) -> re.Pattern[bytes]:
        # Without keywords this is the empty pattern, which is in every match.
        return re.compile(b"|".join(re.escape(word.encode()) for word in self.rule.keywords), re.IGNORECASE)

    def secrets(self, text: bytes, start: int = 0, *, filtered: bool = True) -> Iterator[Secret]:
        """Every secret of this kind in a text.

        Args:
            start: where matches may begin.
            filtered: without placeholders and the like; else those of them that have no meaning, too.
        """
        rule = self.rule
        # A pattern without a group is a secret as a whole.
        group = min(1, self._regex.groups)
        for match in self._regex.finditer(text, start):
            begin, end = match.span(group)
            if begin < 0 or begin == end:
                continue
            if self._keyword.search(text, max(0, match.start() - self._reach), match.end()) is None:
                continue
            value = self._decoded(match[group])
            if not value:
                continue
            if not self.is_secret(value, self._name(text, match.start(), begin), text[end : end + AFTER]) and (
                filtered or not noise.is_random(value)
            ):
                continue
            yield Secret(
                begin, end, value, "base64" if rule.decode else "plain", rule.is_weak and noise.is_random(value)
            )

    def _decoded(self, value: bytes) -> bytes | None:
        match self.rule.decode:
            case "base64":
                return unbase64(value)
            case "basic":
                return password_of(value)
            case _:
                return value

    def is_secret(self, value: bytes, name: str = "", after: bytes = b"") -> bool:
        """Whether a value that has the shape also has the entropy and the checksum, and is no noise.

        Args:
            name: of what it is given to, if it has one.
            after: what follows it.
        """
        rule = self.rule
        if rule.entropy and entropy(value) < rule.entropy:
            return False
        if self._check is not None and not self._check(value):
            return False
        match rule.noise:
            case "password":
                return not noise.is_no_password(value, name, after)
            case "token":
                return not noise.is_no_token(value, name, after)
            case "file":
                return not noise.is_no_entry(value, name)
            case "word":
                return not (noise.is_no_entry(value, name) or noise.is_weak_word(value))
            case _:
                return not noise.is_placeholder(value)

    def _name(self, text: bytes, start: int, end: int) -> str:
        """The name around the last keyword between the start of a match and the value; empty if there is none."""
        keywords = list(self._keyword.finditer(text, start, end))
        if not keywords:
            return ""
        keyword = keywords[-1]
        before = _NAME_BEFORE.search(text, max(0, keyword.start() - AFTER), keyword.start())
        after = _NAME.match(text, keyword.start(), end)
        return ((before[0] if before else b"") + (after[0] if after else b"")).decode("latin-1")


def entropy(text: bytes) -> float:
    """Shannon entropy of the bytes of a text, in bits a character."""
    size = len(text)
    return -sum(count / size * math.log2(count / size) for count in Counter(text).values()) if size else 0.0
