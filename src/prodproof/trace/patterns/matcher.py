"""Searches slabs for everything that looks like a secret.

Hyperscan goes over the whole slab with all rules at once and tells where a match is first certain; the rule's regular
expression then looks at the line around that place, once for each distinct line.
"""

from collections.abc import Iterator, Sequence
from enum import Enum
from pathlib import Path
from typing import cast

import hyperscan

from prodproof.trace.finding import Finding, fingerprint
from prodproof.trace.patterns.compile import prepared
from prodproof.trace.patterns.confirm import WINDOW, Confirmer, Plan, Secret
from prodproof.trace.patterns.kept import cache_folder
from prodproof.trace.patterns.rule import Rule, rule_set_digest
from prodproof.trace.stream import Hit, Slab

MEMO = 50_000
"""Windows whose secrets are remembered, so that the lines that a history repeats are looked at once."""

MORE = 512
"""Bytes looked at beyond what one match can need, so that a second one in a long line costs nothing."""

_CONTROL_RULE = "control"
_CONTROL = b"prodproof-pattern-control-8c1f"


class Default(Enum):
    """What is meant where nothing is said."""

    CACHE = "the user's cache directory"


class PatternMatcher:
    """A `stream.Matcher` for rules."""

    overlap = 2 * WINDOW
    borrows = True

    def __init__(self, rules: Sequence[Rule], key: bytes, folder: Path | Default | None = Default.CACHE) -> None:
        """
        Args:
            rules: with unique ids.
            key: the system's fingerprint key, 32 bytes.
            folder: where the compiled rule set is kept between runs: the user's cache directory, or none.

        Raises:
            RuleError: a rule cannot be used.
        """
        control = Rule(_CONTROL_RULE, "", "control", f"({_CONTROL.decode()})", (_CONTROL.decode(),))
        asked = (*rules, control)
        self._rules = tuple(Confirmer(rule) for rule in asked)
        self._by_id = {rule.id: rule for rule in rules}
        self._key = key
        self._plans, self._database = prepared(asked, cache_folder() if folder is Default.CACHE else folder)
        self.digest = fingerprint(key, rule_set_digest(rules).encode())
        """Equal for matchers that find the same."""

        self._scratch = hyperscan.Scratch(self._database)
        self._memo: dict[tuple[int, int, bytes], tuple[Secret, ...]] = {}
        # Fingerprints of what counts wherever it stands, for findings whose path is known only after the search.

    def fork(self) -> "PatternMatcher":
        other = object.__new__(PatternMatcher)
        other._rules, other._plans, other._database = self._rules, self._plans, self._database
        other._key, other._memo = self._key, self._memo
        other._by_id, other.digest = self._by_id, self.digest
        other._scratch = hyperscan.Scratch(self._database)
        return other

    def control(self) -> bytes:
        return b"control: " + _CONTROL + b"\n"

    def is_control(self, hit: Hit) -> bool:
        return hit.rule == _CONTROL_RULE

    def keeps(self, finding: Finding) -> bool:
        """Whether a finding still counts now that its path is known, which for a blob of git is after the search."""
        rule = self._by_id.get(finding.rule)
        return rule is None or rule.applies_to(finding.path, is_random=finding.is_random)

    def search(self, slab: Slab) -> Iterator[Hit]:
        """Every secret in the slab; one place is told once, by the rule that knows most of it."""
        data = slab.data[: slab.used + 16].data
        events = self._scan(data)
        if not events:
            return iter(())
        looked_at = [0] * len(self._rules)
        found: dict[tuple[int, int], tuple[Rule, Secret]] = {}
        for number, end in events:
            if end <= looked_at[number]:
                continue
            # The end of an item may be a part of the match: the byte after it.
            piece = slab.piece_from(end - 2)
            if piece is None or end > (limit := piece.start + piece.length) + 1:
                continue
            rule = self._rules[number]
            start, text, looked_at[number], first = _window(
                data, piece.start, min(end, limit), limit, self._plans[number]
            )
            for secret in self._secrets(number, first, text):
                if not rule.rule.applies_to(piece.item.path, is_random=secret.is_random):
                    continue
                place = (start + secret.start, start + secret.end)
                known = found.get(place)
                if known is None or _says_more(rule.rule, known[0]):
                    found[place] = (rule.rule, secret)
        return self._told(found)

    def _told(self, found: dict[tuple[int, int], tuple[Rule, Secret]]) -> Iterator[Hit]:
        """The hits, without those of rules that know less of a secret than one that they overlap with."""
        kept: list[tuple[int, int, Rule, Secret]] = []
        for (start, end), (rule, secret) in sorted(found.items(), key=lambda item: item[0]):
            if kept and start < kept[-1][1]:
                if not _says_more(rule, kept[-1][2]):
                    continue
                kept.pop()
            kept.append((start, end, rule, secret))
        for start, end, rule, secret in kept:
            if rule.public:
                continue
            known_by = fingerprint(self._key, secret.value)
            yield Hit(start, end, rule.what, rule.id, secret.encoding, known_by, secret.is_random)

    def _scan(self, data: memoryview) -> list[tuple[int, int]]:
        """Rule number and end of each place where a match is certain."""
        events: list[tuple[int, int]] = []

        def matched(number: int, start: int, end: int, flags: int, context: object) -> None:
            events.append((number, end))

        # Any buffer will do; the binding's types know only bytes and text.
        self._database.scan(cast(bytes, data), match_event_handler=matched, scratch=self._scratch)
        return events

    def _secrets(self, number: int, first: int, text: bytes) -> tuple[Secret, ...]:
        """The secrets of one kind in a text, which begins `first` bytes before the place where a match can begin."""
        key = (number, first, text)
        known = self._memo.get(key)
        if known is None:
            if len(self._memo) >= MEMO:
                self._memo.clear()
            known = tuple(self._rules[number].secrets(text, first))
            self._memo[key] = known
        return known

    def redact(self, text: bytes) -> bytes:
        spans: list[tuple[int, int]] = []
        for number in {number for number, _ in self._scan(memoryview(text + b"\0" * 16))}:
            spans += [(secret.start, secret.end) for secret in self._rules[number].secrets(text, filtered=False)]
        done = bytearray()
        last = 0
        for start, end in sorted(spans):
            if start >= last:
                done += text[last:start] + "…".encode()
            last = max(last, end)
        return bytes(done + text[last:])

    def shown_path(self, path: str) -> str:
        # Many files are named by a hash or an id, and whoever looks for a finding needs the name.
        return path


def _window(data: memoryview, start: int, end: int, limit: int, plan: Plan) -> tuple[int, bytes, int, int]:
    """The text around the end of a match.

    Args:
        start: of the piece.
        end: of the match, at most `limit`.
        limit: the end of the piece.

    Returns:
        Where the text begins; the text: the line, if the rule stays within lines and the line is not long; up to which
        end the rule's further matches are in it too; how many bytes of it are only there for `^` and `\\b`.
    """
    low, high = max(start, end - plan.before), min(limit, end + plan.after + MORE)
    text = bytes(data[low:high])
    done = high if high == limit else high - plan.after
    if not plan.lines:
        at = max(0, end - low - 1)
        last = text.find(b"\n", at)
        if last >= 0:
            high, done = low + last + 1, low + last + 1
            text = text[: last + 1]
        first = text.rfind(b"\n", 0, at)
        if first >= 0:
            return low + first + 1, text[first + 1 :], done, 0
    return low, text, done, int(low > start)


def _says_more(rule: Rule, other: Rule) -> bool:
    """Whether a rule knows more of a secret than another one that found it too."""
    return _rank(rule) < _rank(other)


def _rank(rule: Rule) -> tuple[bool, bool, bool, bool, str]:
    # A public rule stands before what knows less, and behind what knows that there is a secret.
    return rule.general, rule.is_weak, rule.public, rule.entropy == 0, rule.id
