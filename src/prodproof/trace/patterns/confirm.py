"""From text that a rule's pattern may match in to the secrets that are in it: everything about a rule but the scan."""

import math
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from prodproof.trace.patterns import noise, syntax
from prodproof.trace.patterns.checksum import CHECKS, unbase64
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

    def __repr__(self) -> str:
        return f"Secret({self.start}, {self.end})"


class Compiled:
    """A rule, ready to use."""

    def __init__(self, rule: Rule) -> None:
        """
        Raises:
            RuleError: its pattern is outside the dialect, or it has no group 1.
        """
        self.rule = rule
        try:
            tree, self.caseless = syntax.parse(rule.pattern)
            self.regex = re.compile(rule.pattern.encode(), re.MULTILINE)
        except (RuleError, re.error) as error:
            raise RuleError(f"{rule.id}: pattern: {error}") from None
        if self.regex.groups < 1:
            raise RuleError(f"{rule.id}: pattern: the secret is group 1, and there is none")
        self.keywords = tuple(keyword.lower().encode() for keyword in rule.keywords)
        # Without keywords this is the empty pattern, which is in every match.
        self._keyword = re.compile(b"|".join(re.escape(keyword) for keyword in self.keywords), re.IGNORECASE)
        short = syntax.shortened(tree)
        least, most = syntax.width(tree)
        if not least:
            raise RuleError(f"{rule.id}: pattern: it matches the empty text")
        self.lines = syntax.spans_lines(tree) or syntax.is_anchored(tree) or rule.near > 0
        """Whether what must be looked at can span lines."""

        self.before = min(syntax.width(short)[1] + rule.near + 512, WINDOW)
        """Bytes before the first certain end that can belong to a match or its keyword."""

        self.after = min(most, WINDOW)
        self._check = CHECKS[rule.checksum] if rule.checksum else None
        self.expression = self._expression(short)

    def _expression(self, short: syntax.Group) -> str:
        """What hyperscan looks for."""
        inner = syntax.for_hyperscan(short)
        source = self.rule.pattern.lower()
        if not (self.rule.near and self.rule.keywords) or any(
            keyword.lower() in source for keyword in self.rule.keywords
        ):
            return inner
        # The value has no shape of its own; without its keyword it would match everywhere.
        words = "|".join(re.sub(r"\W", lambda found: rf"\x{ord(found[0]):02x}", word) for word in self.rule.keywords)
        return rf"(?i:{words})[\x00-\xff]{{0,{self.rule.near}}}{inner}"

    def secrets(self, text: bytes, start: int = 0, *, filtered: bool = True) -> Iterator[Secret]:
        """Every secret of this kind in a text.

        Args:
            start: where matches may begin.
            filtered: without placeholders and the like.
        """
        rule = self.rule
        for match in self.regex.finditer(text, start):
            begin, end = match.span(1)
            if begin < 0 or begin == end:
                continue
            if self._keyword.search(text, max(0, match.start() - rule.near), match.end()) is None:
                continue
            value: bytes | None = match[1]
            if rule.decode:
                value = unbase64(match[1])
                if not value:
                    continue
            assert value is not None
            if filtered and not self.is_secret(value, self._name(text, match.start(), begin), text[end : end + AFTER]):
                continue
            yield Secret(begin, end, value, rule.decode or "plain")

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
            case _:
                return not noise.is_placeholder(value)

    def _name(self, text: bytes, start: int, end: int) -> str:
        """The name around the last keyword between the start of a match and the value; empty if there is none."""
        keyword = None
        for keyword in self._keyword.finditer(text, start, end):
            pass
        if keyword is None:
            return ""
        before = _NAME_BEFORE.search(text, max(0, keyword.start() - AFTER), keyword.start())
        after = _NAME.match(text, keyword.start(), end)
        return ((before[0] if before else b"") + (after[0] if after else b"")).decode("latin-1")


def entropy(text: bytes) -> float:
    """Shannon entropy of the bytes of a text, in bits a character."""
    size = len(text)
    return -sum(count / size * math.log2(count / size) for count in Counter(text).values()) if size else 0.0
