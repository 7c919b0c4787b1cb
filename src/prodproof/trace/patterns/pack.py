"""Reads rules from TOML: those that come with the program, and those of a user's system file."""

import functools
import re
import tomllib
from collections.abc import Mapping, Sequence
from importlib import resources
from typing import Any

from prodproof.facts.declared import SecretRule
from prodproof.trace.patterns.checksum import CHECKS
from prodproof.trace.patterns.rule import MAX_NEAR, Rule, RuleError, without_doubles

MAX_PATTERN = 2000
MAX_KEYWORDS = 60
NOISE = ("", "password", "token")

_ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_TEXTS = ("id", "what", "pattern", "checksum", "decode", "noise")
_LISTS = ("keywords", "paths", "matches", "misses")
_FLAGS = ("public", "everywhere")
_NUMBERS = ("near", "entropy")


@functools.cache
def load_pack() -> tuple[Rule, ...]:
    """Every rule that comes with the program, by file and order in it."""
    folder = resources.files("prodproof.trace.patterns") / "rules"
    rules: list[Rule] = []
    for file in sorted(folder.iterdir(), key=lambda file: file.name):
        if file.name.endswith(".toml"):
            rules += rules_in(tomllib.loads(file.read_text(encoding="utf-8")), file.name)
    return without_doubles(rules)


def rules_of(declared: Sequence[SecretRule]) -> tuple[Rule, ...]:
    """The rules of a system file.

    Raises:
        RuleError: two have the same id, or one that a rule of the program has.
    """
    own = tuple(
        Rule(
            id=rule.id,
            provider="own",
            what=rule.what,
            pattern=rule.pattern,
            keywords=rule.keywords,
            near=rule.near,
            entropy=rule.entropy,
        )
        for rule in declared
    )
    return without_doubles((*load_pack(), *own))[len(load_pack()) :]


def rules_in(document: Mapping[str, Any], name: str) -> tuple[Rule, ...]:
    """The rules of one parsed TOML document.

    Args:
        document: `provider`, `source` and a list `rule`, as docs/rules.md describes.
        name: the file's name, for errors.

    Raises:
        RuleError: a rule is not as described; the message names file, rule and field.
    """
    unknown = set(document) - {"provider", "source", "rule"}
    if unknown:
        raise RuleError(f"{name}: unknown key {min(unknown)!r}")
    rows = document.get("rule", [])
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise RuleError(f"{name}: rules are written as [[rule]] tables")
    provider, source = document.get("provider", ""), document.get("source", "")
    if not isinstance(provider, str) or not isinstance(source, str):
        raise RuleError(f"{name}: provider and source are texts")
    return tuple(_rule(row, provider, source, name) for row in rows)


def _rule(row: Mapping[str, Any], provider: str, source: str, file: str) -> Rule:
    where = f"{file}: {row.get('id', 'a rule without id')}"
    for key, value in row.items():
        problem = _problem(key, value)
        if problem:
            raise RuleError(f"{where}: {key}: {problem}")
    for key in ("id", "what", "pattern", "keywords"):
        if not row.get(key):
            raise RuleError(f"{where}: {key} is missing")
    if not _ID.fullmatch(row["id"]):
        raise RuleError(f"{where}: an id is lower-case words joined by '-'")
    if len(row["pattern"]) > MAX_PATTERN:
        raise RuleError(f"{where}: pattern: at most {MAX_PATTERN} characters")
    if not 1 <= len(row["keywords"]) <= MAX_KEYWORDS:
        raise RuleError(f"{where}: keywords: one to {MAX_KEYWORDS} of them")
    if row.get("checksum") and row["checksum"] not in CHECKS:
        raise RuleError(f"{where}: checksum: one of {', '.join(sorted(CHECKS))}")
    if row.get("decode", "") not in ("", "base64"):
        raise RuleError(f"{where}: decode: only base64 is known")
    if row.get("noise", "") not in NOISE:
        raise RuleError(f"{where}: noise: one of {', '.join(sorted(filter(None, NOISE)))}")
    if not 0 <= row.get("near", 0) <= MAX_NEAR:
        raise RuleError(f"{where}: near: 0 to {MAX_NEAR} bytes")
    fields: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in row.items()}
    return Rule(**{"provider": provider, "source": source, **fields})


def _problem(key: str, value: object) -> str | None:
    if key in _TEXTS or key in ("provider", "source"):
        return None if isinstance(value, str) else "expected a text"
    if key in _LISTS:
        fits = isinstance(value, list) and all(isinstance(item, str) and item for item in value)
        return None if fits else "expected a list of texts"
    if key in _FLAGS:
        return None if isinstance(value, bool) else "expected true or false"
    if key in _NUMBERS:
        whole = key == "near"
        fits = isinstance(value, int if whole else int | float) and not isinstance(value, bool)
        return None if fits else "expected a number"
    return "unknown key"
