"""CODEOWNERS, evaluated as GitHub and GitLab do.

Source: GitHub's "About code owners" and GitLab's "Code Owners" reference. The last matching line counts, and one
without an owner takes the owner away; GitLab's sections each decide for themselves.
"""

import re
from dataclasses import dataclass

from prodproof.facts.globs import matches

MAX_RULES = 5_000
MAX_PATTERN = 300
PLACES = (".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS", ".gitlab/CODEOWNERS")
_SECTION = re.compile(r"^\^?\[([^\]]+)\](?:\[\d+\])?\s*(.*)$")
_OWNER = re.compile(r"^(@@?[\w.\-]+(/[\w.\-]+)*|[^@\s]+@[^@\s]+\.[^@\s]+)$")


@dataclass(frozen=True)
class Rule:
    """One line."""

    pattern: str
    owners: tuple[str, ...]
    line: int
    section: str
    excluded: bool = False
    """GitLab's `!pattern`."""


def parse(text: str) -> tuple[Rule, ...]:
    """The rules of a CODEOWNERS file; lines that are none are left out, as the forges do."""
    rules: list[Rule] = []
    section, defaults = "", ()  # type: tuple[str, tuple[str, ...]]
    for number, line in enumerate(text.splitlines(), 1):
        content = re.split(r"(?<!\\)\s#|^#", line, maxsplit=1)[0].strip()
        if not content or len(rules) >= MAX_RULES:
            continue
        if match := _SECTION.match(content):
            section, defaults = match[1].lower(), tuple(word for word in match[2].split() if _OWNER.match(word))
            continue
        words = re.split(r"(?<!\\)\s+", content)
        pattern, owners = words[0].replace("\\ ", " ").replace("\\#", "#"), words[1:]
        if len(pattern) > MAX_PATTERN or any(not _OWNER.match(owner) for owner in owners):
            continue  # a line with a mistake is skipped by the forge
        excluded = pattern.startswith("!")
        rules.append(Rule(pattern.lstrip("!"), tuple(owners) or defaults, number, section, excluded))
    return tuple(rules)


def owners_of(rules: tuple[Rule, ...], path: str) -> tuple[tuple[str, ...], int | None]:
    """The owners of a path, and the line that decided (None if none matched)."""
    by_section: dict[str, Rule] = {}
    for rule in rules:
        if _matches(rule.pattern, path):
            by_section[rule.section] = rule
    owners = tuple(owner for rule in by_section.values() if not rule.excluded for owner in rule.owners)
    return owners, max((rule.line for rule in by_section.values()), default=None)


def _matches(pattern: str, path: str) -> bool:
    anchored = "/" in pattern.rstrip("/")
    body = pattern.strip("/")
    if body in ("", "*", "**"):
        return True
    start = body if anchored else f"**/{body}"
    if body.rpartition("/")[2] == "*" and not pattern.endswith("/"):  # `docs/*` does not reach into folders
        return matches(start, path)
    below = matches(f"{start}/**", path) and (not pattern.endswith("/") or not matches(start, path))
    return below or (not pattern.endswith("/") and matches(start, path))
