"""Vault's policies as data.

Source: Vault documentation, "Policies": blocks `path "..." { capabilities = [...] }` in HCL, or the same as JSON.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

from prodproof.facts.secrets import Policy, PolicyRule

MAX_TEXT = 512 * 1024
MAX_DEPTH = 20
NARROWING = ("allowed_parameters", "denied_parameters", "required_parameters", "min_wrapping_ttl", "max_wrapping_ttl")
OLDER = {
    "deny": ("deny",),
    "read": ("read", "list"),
    "write": ("create", "read", "update", "delete", "list"),
    "sudo": ("create", "read", "update", "delete", "list", "sudo"),
}
"""What `policy = "..."` stood for before there were capabilities."""

_TOKEN = re.compile(
    r'\s+|#[^\n]*|//[^\n]*|/\*.*?\*/|(?P<text>"(?:[^"\\\n]|\\.)*")|(?P<word>[A-Za-z_][\w.-]*|-?\d+)|(?P<sign>[{}\[\],=:])',
    re.DOTALL,
)


def parsed(name: str, text: str) -> Policy:
    """A policy from the text that Vault answers."""
    try:
        rules = tuple(_rule(path, body) for path, body in _blocks(text))
    except (ValueError, IndexError, KeyError, TypeError, AttributeError, RecursionError):
        return Policy(name=name, language="vault", unread="its text could not be read")
    return Policy(name=name, language="vault", rules=rules)


def _rule(path: str, body: dict[str, Any]) -> PolicyRule:
    given = body.get("capabilities", ())
    capabilities = tuple(sorted({str(item) for item in given} | set(OLDER[body["policy"]] if "policy" in body else ())))
    narrowed = {key: body[key] for key in NARROWING if key in body}
    return PolicyRule(
        allow="deny" not in capabilities,
        actions=capabilities,
        resources=(path,),
        conditions=json.dumps(narrowed, sort_keys=True) if narrowed else "",
    )


def _blocks(text: str) -> Iterator[tuple[str, dict[str, Any]]]:
    if len(text) > MAX_TEXT:
        raise ValueError("too long")
    if text.lstrip().startswith("{"):
        document = json.loads(text)
        paths = document.get("path", {})
        for part in paths if isinstance(paths, list) else [paths]:
            yield from part.items()
        return
    tokens = _Tokens(text)
    while not tokens.at_end():
        key = tokens.name()
        if key != "path":
            tokens.value() if tokens.skip("=") else tokens.body(0)
            continue
        path = tokens.name()
        tokens.skip("=")
        yield path, tokens.body(0)


class _Tokens:
    """The few forms of HCL that policies are written in."""

    def __init__(self, text: str) -> None:
        self._tokens: list[str] = []
        self._next = 0
        position = 0
        while position < len(text):
            found = _TOKEN.match(text, position)
            if found is None:
                raise ValueError("not HCL")
            position = found.end()
            if found.lastgroup:
                self._tokens.append(found[0])

    def at_end(self) -> bool:
        return self._next >= len(self._tokens)

    def skip(self, sign: str) -> bool:
        if not self.at_end() and self._tokens[self._next] == sign:
            self._next += 1
            return True
        return False

    def name(self) -> str:
        token = self._take()
        if token in "{}[],=:":
            raise ValueError("a name is missing")
        return str(json.loads(token)) if token.startswith('"') else token

    def body(self, depth: int) -> dict[str, Any]:
        if depth > MAX_DEPTH or not self.skip("{"):
            raise ValueError("no block")
        found: dict[str, Any] = {}
        while not self.skip("}"):
            key = self.name()
            found[key] = self.value(depth + 1) if self.skip("=") or self.skip(":") else self.body(depth + 1)
            self.skip(",")
        return found

    def value(self, depth: int = 0) -> Any:
        if depth > MAX_DEPTH:
            raise ValueError("too deep")
        if self._tokens[self._next] == "{":
            return self.body(depth)
        if not self.skip("["):
            return self.name()
        found = []
        while not self.skip("]"):
            found.append(self.value(depth + 1))
            self.skip(",")
        return found

    def _take(self) -> str:
        self._next += 1
        return self._tokens[self._next - 1]
