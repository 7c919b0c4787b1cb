"""What a rule is: how one kind of secret looks, and what tells it from what only resembles it."""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from prodproof.system.errors import UserError
from prodproof.trace.patterns.places import is_beside_the_point, is_generated, path_pattern

MAX_NEAR = 200
"""The most bytes before a match in which a keyword is looked for."""


_FILTERS = 2
"""Raised when the same rules find otherwise than before, since the filters were changed."""


class RuleError(UserError):
    """A rule that cannot be used. The message names the rule and says what was expected."""


@dataclass(frozen=True, slots=True)
class Rule:
    """How one kind of secret looks. docs/rules.md describes the fields for those who write rules."""

    id: str
    """Unique over all rules, kebab-case."""

    provider: str
    what: str
    """For people: `Stripe secret key`."""

    pattern: str
    """Regular expression over bytes; its group 1 is the secret, or all of it if there is no group."""

    keywords: tuple[str, ...]
    """At least one must occur, in any case, in the match or within `near` bytes before it. None: no such condition."""

    near: int = 0
    entropy: float = 0.0
    """Least Shannon entropy of the secret, bits a character."""

    checksum: str | None = None
    """Name of a test in `checksum.CHECKS` that the secret must pass."""

    public: bool = False
    """Meant to be published: never a finding, and what a general rule says of the same text is none either."""

    general: bool = False
    """Whether it knows no provider: a rule that knows one tells a secret that both find."""

    paths: tuple[str, ...] = ()
    """Globs; if there are any, the rule applies only to files that one of them matches."""

    noise: str = ""
    """How strictly values are sifted: `password` or `token` where only a name says that the value is a secret; `file`
    where a tool's own file says so, and weak passwords are passwords too, `word` if only the word `password` and its
    like are none; else only placeholders are left out."""

    everywhere: bool = False
    """Whether it applies to tests, documentation and generated files although its shape says little."""

    decode: str = ""
    """`base64`: the secret stands encoded, and entropy, noise and fingerprint are of the decoded text. `basic`: of the
    password in it, after `user:`."""

    source: str = ""
    """Where the format is documented."""

    matches: tuple[str, ...] = ()
    misses: tuple[str, ...] = ()

    @property
    def is_weak(self) -> bool:
        """Whether what it finds has no shape of its own."""
        return bool(self.noise or self.near)

    def applies_to(self, path: str, *, is_random: bool = False) -> bool:
        """Whether what the rule finds in a file counts, going by its path.

        Args:
            path: an unknown one (`""`) may be any.
            is_random: whether what it found has no meaning, so that nobody wrote it by hand for a test.
        """
        if not path:
            return True
        if self.paths and path_pattern(self.paths).search(path) is None:
            return False
        if self.everywhere or not self.is_weak:
            return True
        return not (is_generated(path) or (not is_random and is_beside_the_point(path)))


def rule_set_digest(rules: Iterable[Rule]) -> str:
    """What a rule set finds depends on nothing but this: the key for kept answers. Texts for people do not count."""
    told = sorted(
        [rule.id, rule.what, rule.pattern, rule.keywords, rule.near, rule.entropy, rule.checksum or "", rule.public,
         rule.general, rule.paths, rule.noise, rule.everywhere, rule.decode]
        for rule in rules
    )  # fmt: skip
    return hashlib.sha256(json.dumps((_FILTERS, told)).encode()).hexdigest()[:32]


def without_doubles(rules: Sequence[Rule]) -> tuple[Rule, ...]:
    """The rules, if every id is there once.

    Raises:
        RuleError: an id is there twice.
    """
    seen: set[str] = set()
    for rule in rules:
        if rule.id in seen:
            raise RuleError(f"{rule.id}: there are two rules with this id")
        seen.add(rule.id)
    return tuple(rules)
