"""Reads rules from TOML: those that come with the program, and those of a user's system file."""

import functools
import hashlib
import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import astuple, fields, replace
from pathlib import Path
from typing import Any

from prodproof.trace.patterns import kept
from prodproof.trace.patterns.checksum import CHECKS
from prodproof.trace.patterns.rule import MAX_NEAR, Rule, RuleError, without_doubles

_FOLDER = Path(__file__).parent / "rules"
_FORM = 2
"""Raised when rules are read otherwise."""

MAX_PATTERN = 2000
MAX_KEYWORDS = 60
NOISE = ("", "password", "token", "file", "word")

_ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_TEXTS = ("id", "what", "pattern", "checksum", "decode", "noise")
_LISTS = ("keywords", "paths", "matches", "misses")
_FLAGS = ("public", "everywhere")
_NUMBERS = ("near", "entropy")


@functools.cache
def load_pack() -> tuple[Rule, ...]:
    """Every rule that comes with the program, by file and order in it.

    Reading some hundred files of TOML takes longer than a search of what a commit brings: what they say is kept.
    """
    files = sorted(_FOLDER.glob("*.toml"))
    stats = [(file.name, file.stat().st_size, file.stat().st_mtime_ns) for file in files]
    told = repr((_FORM, str(_FOLDER), [field.name for field in fields(Rule)], stats))
    place = kept.cache_folder() / f"pack-{hashlib.sha256(told.encode()).hexdigest()[:32]}"
    known = kept.read(place)
    if known is not None:
        try:
            rows: list[list[Any]] = json.loads(known)
            return tuple(Rule(*map(_frozen, row)) for row in rows)
        except (ValueError, TypeError):
            # Not ours: it is written anew.
            pass
    rules: list[Rule] = []
    for file in files:
        rules += rules_in(tomllib.loads(file.read_text(encoding="utf-8")), file.name)
    kept.write(place, json.dumps([astuple(rule) for rule in rules]).encode())
    return without_doubles(rules)


def _frozen(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def rules_in(document: Mapping[str, Any], name: str) -> tuple[Rule, ...]:
    """The rules of one parsed TOML document.

    Args:
        document: `provider`, `source` and a list `rule`, as docs/rules.md describes.
        name: the file's name, for errors.

    Raises:
        RuleError: a rule is not as described; the message names file, rule and field.
    """
    unknown = set(document) - {"provider", "source", "general", "rule"}
    if unknown:
        raise RuleError(f"{name}: unknown key {min(unknown)!r}")
    rows = document.get("rule", [])
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise RuleError(f"{name}: rules are written as [[rule]] tables")
    provider, source = document.get("provider", ""), document.get("source", "")
    if not isinstance(provider, str) or not isinstance(source, str):
        raise RuleError(f"{name}: provider and source are texts")
    general = document.get("general", False)
    if not isinstance(general, bool):
        raise RuleError(f"{name}: general: expected true or false")
    return tuple(replace(_rule(row, provider, source, name), general=general) for row in rows)


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
    if row.get("decode", "") not in ("", "base64", "basic"):
        raise RuleError(f"{where}: decode: base64 or basic")
    if row.get("noise", "") not in NOISE:
        raise RuleError(f"{where}: noise: one of {', '.join(sorted(filter(None, NOISE)))}")
    if not 0 <= row.get("near", 0) <= MAX_NEAR:
        raise RuleError(f"{where}: near: 0 to {MAX_NEAR} bytes")
    values: dict[str, Any] = {key: _frozen(value) for key, value in row.items()}
    return Rule(**{"provider": provider, "source": source, **values})


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
