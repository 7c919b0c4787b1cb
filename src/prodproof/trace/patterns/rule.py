"""What a rule is: how one kind of secret looks, and what tells it from what only resembles it."""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass

from prodproof.system.errors import UserError
from prodproof.trace.patterns.places import is_beside_the_point, path_pattern

MAX_NEAR = 200
"""The most bytes before a match in which a keyword is looked for."""


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
    """Regular expression over bytes; its group 1 is the secret."""

    keywords: tuple[str, ...]
    """At least one must occur, in any case, in the match or within `near` bytes before it. None: no such condition."""

    near: int = 0
    entropy: float = 0.0
    """Least Shannon entropy of the secret, bits a character."""

    checksum: str | None = None
    """Name of a test in `checksum.CHECKS` that the secret must pass."""

    public: bool = False
    """Meant to be published: never a finding."""

    paths: tuple[str, ...] = ()
    """Globs; if there are any, the rule applies only to files that one of them matches."""

    noise: str = ""
    """How strictly values are sifted: `password` or `token` where only a name says that the value is a secret; else
    only placeholders are left out."""

    everywhere: bool = False
    """Whether it applies to tests, documentation and generated files although its shape says little."""

    decode: str = ""
    """`base64`: the secret stands encoded, and entropy, noise and fingerprint are of the decoded text."""

    source: str = ""
    """Where the format is documented."""

    matches: tuple[str, ...] = ()
    misses: tuple[str, ...] = ()

    def applies_to(self, path: str) -> bool:
        """Whether what the rule finds in a file counts, going by its path alone. An unknown path (`""`) may be any."""
        if not path:
            return True
        if self.paths and path_pattern(self.paths).search(path) is None:
            return False
        return self.everywhere or not (self.noise or self.near) or not is_beside_the_point(path)


def rule_set_digest(rules: Iterable[Rule]) -> str:
    """What a rule set finds depends on nothing but this: the key for kept answers. Texts for people do not count."""
    told = []
    for rule in sorted(rules, key=lambda rule: rule.id):
        fields = asdict(rule)
        for name in ("provider", "source", "matches", "misses"):
            del fields[name]
        told.append(fields)
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:32]


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
