"""Made-up secrets: what has the shape of a real one, opens nothing, and is new every time."""

import secrets

from prodproof.trace.patterns.confirm import Confirmer
from prodproof.trace.patterns.examples import fill
from prodproof.trace.patterns.pack import load_pack
from prodproof.trace.patterns.rule import Rule


def rule_of(id: str) -> Rule:
    """The rule of the pack with an id. Raises KeyError if there is none."""
    return {rule.id: rule for rule in load_pack()}[id]


def made_up(rule: Rule) -> bytes:
    """A line, or several, with a made-up secret in it that the rule finds: its first example, filled by chance."""
    check = Confirmer(rule)
    content = b""
    # Chance can make one that looks like a placeholder.
    while not any(check.secrets(content)):
        content = fill(rule.matches[0], secrets.token_hex(16)).rstrip(b"\n") + b"\n"
    return content
