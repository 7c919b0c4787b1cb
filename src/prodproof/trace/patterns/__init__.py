"""What looks like a secret: the rule pack and its engine."""

from prodproof.trace.patterns.kept import cache_folder, recent
from prodproof.trace.patterns.matcher import PatternMatcher
from prodproof.trace.patterns.own import own_rules
from prodproof.trace.patterns.pack import load_pack
from prodproof.trace.patterns.rule import Rule, RuleError, rule_set_digest, without_doubles

__all__ = [
    "PatternMatcher",
    "Rule",
    "RuleError",
    "cache_folder",
    "load_pack",
    "own_rules",
    "recent",
    "rule_set_digest",
    "without_doubles",
]
