"""Rules that a team declares in its system file."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from prodproof.trace.patterns.rule import Rule

if TYPE_CHECKING:
    from prodproof.facts.declared import SecretRule


def own_rules(declared: "Iterable[SecretRule]") -> tuple[Rule, ...]:
    """The rules of `[[secret_rule]]`. A pattern without a group is a secret as a whole."""
    return tuple(
        Rule(
            id=item.id,
            provider="",
            what=item.what,
            pattern=item.pattern,
            keywords=item.keywords,
            near=item.near,
            entropy=item.entropy,
        )
        for item in declared
    )
