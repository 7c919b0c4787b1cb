"""Vault's access control: which capabilities some policies give on a path.

Source: Vault documentation, "Policies": path matching, priority of several matches, capabilities, templated policies.
"""

import json
import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

import hcl2

from prodproof.range.servers.simulated_vault.request import RefusedError

NEEDED_SUDO = (
    "sys/audit*", "sys/auth/*", "sys/seal", "sys/remount", "sys/rotate", "sys/raw*", "sys/step-down",
    "sys/leases/lookup/*",
    "sys/leases/revoke-prefix/*", "sys/leases/revoke-force/*", "auth/token/accessors*", "auth/token/create-orphan",
    "auth/token/revoke-orphan",
)  # fmt: skip
"""What asks for the capability `sudo` beside the usual one ("root-protected" paths)."""

OLDER = {
    "deny": {"deny"},
    "read": {"read", "list"},
    "write": {"create", "read", "update", "delete", "list"},
    "sudo": {"create", "read", "update", "delete", "list", "sudo"},
}
DEFAULT = """
path "auth/token/lookup-self" { capabilities = ["read"] }
path "auth/token/renew-self" { capabilities = ["update"] }
path "auth/token/revoke-self" { capabilities = ["update"] }
path "sys/capabilities-self" { capabilities = ["update"] }
path "identity/entity/id/{{identity.entity.id}}" { capabilities = ["read"] }
path "identity/entity/name/{{identity.entity.name}}" { capabilities = ["read"] }
path "sys/leases/renew" { capabilities = ["update"] }
path "sys/leases/lookup" { capabilities = ["update"] }
path "cubbyhole/*" { capabilities = ["create", "read", "update", "delete", "list"] }
"""
"""What every token may do, unless its role says otherwise."""

Rules = dict[str, set[str]]
"""Capabilities by pattern."""


@lru_cache(maxsize=256)
def parsed(text: str) -> Rules:
    """The rules of a policy, for reading alone. Raises RefusedError for a text that is none."""
    try:
        document = json.loads(text) if text.lstrip().startswith("{") else hcl2.loads(text + "\n")
        paths: Any = document.get("path", {})
        found: Rules = {}
        for part in paths if isinstance(paths, list) else [paths]:
            for pattern, body in part.items():
                if not pattern.startswith("__"):
                    found.setdefault(_bare(pattern), set()).update(_capabilities(body))
    except RefusedError:
        raise
    except Exception as error:  # whatever a parser says of hostile text
        raise RefusedError(400, f"failed to parse policy: {type(error).__name__}") from None
    return found


def _capabilities(body: Mapping[str, Any]) -> set[str]:
    older = OLDER[_bare(body["policy"])] if "policy" in body else set()
    found = {_bare(item) for item in body.get("capabilities", ())} | older
    unknown = found - {"create", "read", "update", "patch", "delete", "list", "sudo", "deny", "subscribe", "recover"}
    if unknown:
        raise RefusedError(400, f"failed to parse policy: invalid capability {min(unknown)!r}")
    return found


def _bare(text: object) -> str:
    return str(text).strip('"')


def filled(rules: Rules, names: Mapping[str, str]) -> Rules:
    """Rules whose templates have got their values; one that cannot be filled allows nothing.

    Args:
        names: values by their names in templates: `identity.entity.name`.
    """
    found: Rules = {}
    for pattern, capabilities in rules.items():
        wanted = re.findall(r"\{\{\s*([^}\s]+)\s*\}\}", pattern)
        if all(names.get(name) for name in wanted):
            whole = re.sub(r"\{\{\s*([^}\s]+)\s*\}\}", lambda match: names[match[1]], pattern)
            found.setdefault(whole, set()).update(capabilities)
    return found


def capabilities(policies: Iterable[Rules], path: str) -> set[str]:
    """What all policies together give on a path: those of the one pattern that fits best, in all of them."""
    every: Rules = {}
    for rules in policies:
        for pattern, given in rules.items():
            every.setdefault(pattern, set()).update(given)
    fitting = [pattern for pattern in every if fits(pattern, path)]
    if not fitting:
        return set()
    found = every[max(fitting, key=_priority)]
    return {"deny"} if "deny" in found else found


def fits(pattern: str, path: str) -> bool:
    """Whether a pattern covers a path: `+` is one segment, `*` at the end is anything."""
    body = pattern.removesuffix("*")
    parts = ("[^/]+" if segment == "+" else re.escape(segment) for segment in body.split("/"))
    end = ".*" if pattern.endswith("*") else ""
    return re.fullmatch("/".join(parts) + end, path, re.DOTALL) is not None


def _priority(pattern: str) -> tuple[bool, int, bool, int, int, str]:
    wild = [place for place in (pattern.find("+"), pattern.find("*")) if place >= 0]
    exact = "+" not in pattern.split("/") and not pattern.endswith("*")
    first = min(wild) if wild else len(pattern)
    return exact, first, not pattern.endswith("*"), -pattern.split("/").count("+"), len(pattern), pattern
