"""What Vault's policies give on a path, evaluated as Vault does.

Source: Vault documentation, "Policies": path matching, priority of several matches, deny, templated policies.
"""

import re
from collections.abc import Iterable, Mapping

from prodproof.facts.secrets import Policy

ROOT = "root"
EVERYTHING = frozenset({"create", "read", "update", "patch", "delete", "list", "sudo"})
_TEMPLATE = re.compile(r"\{\{\s*([^}\s]+)\s*\}\}")


def capabilities(policies: Iterable[Policy], path: str, names: Mapping[str, str] | None = None) -> frozenset[str]:
    """What all these policies together give: that of the one pattern that fits best, in all of them; never `deny`.

    Args:
        policies: of one token.
        path: as requests have it, without `/v1/`; a folder that is listed ends with a slash.
        names: what templates are filled with, by name: `identity.entity.name`. A rule with a template that has no
            value here gives nothing, as in Vault; `unresolved` names those.
    """
    every: dict[str, set[str]] = {}
    for policy in policies:
        if policy.name == ROOT:
            return EVERYTHING
        for rule in policy.rules:
            for pattern in rule.resources:
                if (whole := filled(pattern, names or {})) is not None:
                    every.setdefault(whole, set()).update(rule.actions)
    fitting = [pattern for pattern in every if fits(pattern, path)]
    if not fitting:
        return frozenset()
    found = every[max(fitting, key=_priority)]
    return frozenset() if "deny" in found else frozenset(found)


def unresolved(policies: Iterable[Policy], names: Mapping[str, str]) -> tuple[str, ...]:
    """The patterns of these policies whose templates cannot be filled."""
    patterns = (pattern for policy in policies for rule in policy.rules for pattern in rule.resources)
    return tuple(pattern for pattern in patterns if filled(pattern, names) is None)


def filled(pattern: str, names: Mapping[str, str]) -> str | None:
    """A pattern with its templates filled; None where one has no value."""
    if not all(names.get(name) for name in _TEMPLATE.findall(pattern)):
        return None
    return _TEMPLATE.sub(lambda match: names[match[1]], pattern)


def fits(pattern: str, path: str) -> bool:
    """Whether a pattern covers a path: `+` is one segment, `*` at the end is anything."""
    body = pattern.removesuffix("*")
    parts = ("[^/]+" if segment == "+" else re.escape(segment) for segment in body.split("/"))
    end = ".*" if pattern.endswith("*") else ""
    return re.fullmatch("/".join(parts) + end, path, re.DOTALL) is not None


def _priority(pattern: str) -> tuple[bool, int, bool, int, int, str]:
    # An exact path is best. Of others: the one whose first wildcard stands later, that does not end with `*`, that has
    # fewer `+`, that is longer, that is the greater text.
    segments = pattern.split("/")
    wild = [place for place in (pattern.find("+"), pattern.find("*")) if place >= 0]
    first = min(wild) if wild else len(pattern)
    exact = "+" not in segments and not pattern.endswith("*")
    return exact, first, not pattern.endswith("*"), -segments.count("+"), len(pattern), pattern
