"""Old forms of the system file, brought to the present one.

Version 0 was the draft: `system` for `name`, and plain lists `urls`, `hosts` and `people` for the tables.
A migration works on the text, so that comments and order stay, and what is loaded is what `init --migrate` writes.
"""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import tree_sitter_toml
from tree_sitter import Language, Parser

from prodproof.system.errors import Problem, SystemFileError, unusable
from prodproof.system.schema import VERSION
from prodproof.system.source import Source, parse


@dataclass(frozen=True)
class Migrated:
    """A source in the present form."""

    source: Source
    from_version: int | None
    """The version that the file is written in, when it is an older one."""


def migrate(source: Source) -> Migrated:
    """Bring a parsed file to the present version. Raises SystemFileError for a version that is none or newer."""
    if not source.data:
        raise unusable(source.shown, "holds nothing but comments; prodproof init --print shows what one looks like")
    version = source.data.get("version")
    if version is None:
        message = f"is missing; write version = {VERSION} as the first line"
        raise SystemFileError((Problem(source.shown, 1, "version", message),))
    line = source.line(("version",))
    if isinstance(version, bool) or not isinstance(version, int) or version < 0:
        raise SystemFileError((Problem(source.shown, line, "version", f"expected a number: version = {VERSION}"),))
    if version > VERSION:
        message = f"this prodproof reads up to version {VERSION}; the file is of a newer one, so update prodproof"
        raise SystemFileError((Problem(source.shown, line, "version", message),))
    migrated = source
    for step in range(version, VERSION):
        migrated = _STEPS[step](migrated)
    return Migrated(migrated, version if version < VERSION else None)


def _from_0(source: Source) -> Source:
    plain = {"urls": ("entry_point", "url"), "hosts": ("host", "name"), "people": ("person", "id")}
    for name in plain:
        value = source.data.get(name, [])
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            problem = Problem(source.shown, source.line((name,)), name, 'expected a list of texts: ["…"]')
            raise SystemFileError((problem,))
    data = source.text.encode()
    tree = Parser(Language(tree_sitter_toml.language())).parse(data)
    edits: list[tuple[int, int, bytes]] = []
    for node in tree.root_node.named_children:
        if node.type != "pair":
            continue
        key, value = node.named_children[:2]
        name = (key.text or b"").decode()
        if name == "version":
            edits.append((value.start_byte, value.end_byte, b"1"))
        elif name == "system":
            edits.append((key.start_byte, key.end_byte, b"name"))
        elif name in plain:
            # Line breaks stay, so that the other keys keep their lines.
            kept = b"\n" * data[node.start_byte : node.end_byte].count(b"\n")
            edits.append((node.start_byte, node.end_byte, b"# (was %s: see the tables below)" % name.encode() + kept))
    for start, end, new in sorted(edits, reverse=True):
        data = data[:start] + new + data[end:]
    text = data.decode().rstrip("\n") + "\n"
    origin: dict[int, int] = {}
    for name, (table, key_name) in plain.items():
        for index, item in enumerate(source.data.get(name, [])):
            start_line = text.count("\n") + 1
            text += f"\n[[{table}]]\n{key_name} = {_quoted(item)}\n"
            for line in range(start_line, start_line + 3):
                origin[line] = source.line((name, index))
    migrated = parse(text, source.path, source.shown)
    lines = {path: origin.get(line, line) for path, line in migrated.lines.items()}
    return Source(source.path, source.shown, text, migrated.data, lines)


def _quoted(text: str) -> str:
    # JSON strings are TOML basic strings, but for the delete character and characters beyond the basic plane.
    return re.sub("\x7f", r"\\u007f", json.dumps(text, ensure_ascii=False))


_STEPS: dict[int, Callable[[Source], Source]] = {0: _from_0}


def migrated_text(path: Path, source: Source) -> str:
    """The text of a file in the present form. Raises SystemFileError when there is nothing to migrate."""
    done = migrate(source)
    if done.from_version is None:
        raise unusable(path, f"is of version {VERSION} already; there is nothing to migrate")
    return done.source.text
