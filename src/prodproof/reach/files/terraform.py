"""terraform files as resource blocks; nothing is evaluated, no module or provider is fetched."""

import re
from dataclasses import dataclass
from typing import Any

from prodproof.facts import Reason, Unseen
from prodproof.reach.files.python_source import TURN

MAX_TEXT = 256 * 1024
MAX_NESTING = 100


@dataclass(frozen=True)
class Block:
    """One `resource "type" "name"` block."""

    type: str
    name: str
    body: dict[str, Any]
    line: int

    def first(self, key: str) -> dict[str, Any]:
        """The first nested block of a name; an empty one where there is none."""
        value = self.body.get(key)
        found = value[0] if isinstance(value, list) and value else value
        return found if isinstance(found, dict) else {}

    def map(self, key: str) -> dict[str, Any]:
        """A map value; an empty one for none and for what is computed."""
        value = self.body.get(key)
        return value if isinstance(value, dict) else {}

    def text(self, key: str) -> str | None:
        """A plain value as text, without its quotes; None for none and for what is computed."""
        return plain(self.body.get(key))


def plain(value: Any) -> str | None:
    """A plain value as text; None for expressions that only terraform can evaluate."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return str(value)
    if isinstance(value, str) and "${" not in value:
        return value.strip('"')
    return None


def read_resources(text: str) -> list[Block] | Unseen:
    """All resource blocks of a file; incomplete for a text that is not terraform."""
    if len(text) > MAX_TEXT:
        return Unseen(Reason.INCOMPLETE, f"is larger than {MAX_TEXT // 1024} KB")
    if _nesting(text) > MAX_NESTING:
        return Unseen(Reason.INCOMPLETE, f"is nested deeper than {MAX_NESTING}")
    import hcl2

    try:
        # Its grammar is read with Python's parser when it is used first.
        with TURN:
            document = hcl2.loads(text if text.endswith("\n") else text + "\n")
    except Exception as error:  # the parser raises whatever its grammar library raises
        return Unseen(Reason.INCOMPLETE, f"is not readable terraform ({type(error).__name__})")
    found = []
    for entry in document.get("resource", ()):
        for kind, named in entry.items() if isinstance(entry, dict) else ():
            for name, body in named.items() if isinstance(named, dict) else ():
                if isinstance(body, dict):
                    kind, name = kind.strip('"'), name.strip('"')
                    found.append(Block(kind, name, body, _line(text, kind, name)))
    return found


def _nesting(text: str) -> int:
    depth = deepest = 0
    for char in text:
        if char in "{[(":
            depth += 1
            deepest = max(deepest, depth)
        elif char in "}])":
            depth -= 1
    return deepest


def _line(text: str, kind: str, name: str) -> int:
    match = re.search(rf'^[ \t]*resource[ \t]+"?{re.escape(kind)}"?\s+"?{re.escape(name)}"?', text, re.MULTILINE)
    return text.count("\n", 0, match.start()) + 1 + match[0].count("\n") if match else 1
