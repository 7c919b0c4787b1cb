"""Reads a system file's bytes, whatever lies there, and finds the line of each key."""

import errno
import os
import re
import stat
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tree_sitter_toml
from tree_sitter import Language, Node, Parser

from prodproof.system.errors import unusable

MAX_BYTES = 1024 * 1024
MAX_KEY_PARTS = 32
"""Dots in one line outside of strings; tomllib needs quadratic time for keys of many parts."""

Path_ = tuple[str | int, ...]
"""Where a value stands: `("entry_point", 0, "url")`."""

_STRING = re.compile(r'"(?:[^"\\\n]|\\.)*"|\'[^\'\n]*\'')


@dataclass(frozen=True)
class Source:
    """A parsed TOML file with the line of each key."""

    path: Path
    shown: str
    """How messages name the file."""

    text: str
    data: dict[str, Any]
    lines: dict[Path_, int]

    def line(self, path: Path_) -> int:
        """The line of a key, or of the innermost thing around it that has one; 0 if none has."""
        for length in range(len(path), 0, -1):
            if path[:length] in self.lines:
                return self.lines[path[:length]]
        return 0


def read_text(path: Path, shown: str) -> str:
    """The text of a regular UTF-8 file of bounded size.

    Raises SystemFileError for anything else: a directory, a pipe, a loop of links, a binary or huge file.
    """
    try:
        # O_NONBLOCK: opening a pipe would otherwise wait for somebody to write into it.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        raise unusable(shown, "does not exist; prodproof init writes one") from None
    except PermissionError:
        raise unusable(shown, "may not be read") from None
    except ValueError:
        raise unusable(shown, "is no usable file name") from None
    except OSError as error:
        looped = error.errno == errno.ELOOP
        raise unusable(shown, "is a loop of links" if looped else f"cannot be read: {error.strerror}") from None
    try:
        information = os.fstat(descriptor)
        if stat.S_ISDIR(information.st_mode):
            raise unusable(shown, "is a directory, not a file")
        if not stat.S_ISREG(information.st_mode):
            raise unusable(shown, "is not a regular file")
        with os.fdopen(os.dup(descriptor), "rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise unusable(shown, f"cannot be read: {error.strerror}") from None
    finally:
        os.close(descriptor)
    return decode(data, shown)


def decode(data: bytes, shown: str) -> str:
    """The text of a file's bytes; raises SystemFileError when it cannot be a system file."""
    if len(data) > MAX_BYTES:
        raise unusable(shown, f"is larger than {MAX_BYTES // 1024} KB; a system file is short")
    if b"\0" in data:
        raise unusable(shown, "is a binary file, not TOML")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise unusable(shown, "is not UTF-8; save it as UTF-8", data.count(b"\n", 0, error.start) + 1) from None
    if not text.strip():
        raise unusable(shown, "is empty; prodproof init --print shows what one looks like")
    return text


def parse(text: str, path: Path, shown: str) -> Source:
    """Parse TOML; raises SystemFileError with the line of what is wrong."""
    for number, line in enumerate(text.split("\n"), 1):
        if line.count(".") > MAX_KEY_PARTS and _STRING.sub("", line).partition("#")[0].count(".") > MAX_KEY_PARTS:
            raise unusable(shown, f"a key of more than {MAX_KEY_PARTS} parts; a system file has at most 3", number)
    try:
        data = tomllib.loads(text)
    except RecursionError:
        raise unusable(shown, "is nested too deeply") from None
    except ValueError as error:
        # Beside TOMLDecodeError, numbers of thousands of digits are a plain ValueError.
        message, line_number = _where(str(error), text)
        raise unusable(shown, message, line_number) from None
    return Source(path, shown, text, data, _lines(text))


def _where(message: str, text: str) -> tuple[str, int]:
    if "at end of document" in message:
        return "is no TOML: it ends in the middle of something", text.rstrip().count("\n") + 1
    found = re.search(r" \(at line (\d+), column (\d+)\)$", message)
    if found is None:
        return "is no TOML: a value that cannot be read", 0
    what = message[: found.start()]
    # What tomllib quotes may be a value that should not be shown.
    what = re.sub(r"[\"'].*", "", what).strip() or "unexpected text"
    hint = "; text needs quotes" if what == "Invalid value" else ""
    return f"is no TOML: {what[0].lower()}{what[1:]} (column {found[2]}){hint}", int(found[1])


def _lines(text: str) -> dict[Path_, int]:
    tree = Parser(Language(tree_sitter_toml.language())).parse(text.encode())
    lines: dict[Path_, int] = {}
    counts: dict[Path_, int] = {}
    waiting: list[tuple[Path_, Node]] = []

    def note(path: Path_, node: Node) -> None:
        lines.setdefault(path, node.start_point.row + 1)

    def pair(prefix: Path_, node: Node) -> None:
        named = node.named_children
        if len(named) < 2:
            return
        path = prefix
        for part in _key(named[0]):
            path = (*path, part)
            note(path, node)
        waiting.append((path, named[1]))

    for node in tree.root_node.named_children:
        if node.type == "pair":
            pair((), node)
        elif node.type in ("table", "table_array_element") and node.named_children:
            prefix = _resolve(_key(node.named_children[0]), counts, node.type == "table_array_element")
            for length in range(1, len(prefix) + 1):
                note(prefix[:length], node)
            for child in node.named_children[1:]:
                if child.type == "pair":
                    pair(prefix, child)
    while waiting:
        path, node = waiting.pop()
        if node.type == "inline_table":
            for child in node.named_children:
                if child.type == "pair":
                    pair(path, child)
        elif node.type == "array":
            items = (child for child in node.named_children if child.type != "comment")
            for index, item in enumerate(items):
                note((*path, index), item)
                waiting.append(((*path, index), item))
    return lines


def _resolve(keys: tuple[str, ...], counts: dict[Path_, int], new: bool) -> Path_:
    """The path that a `[header]` means: arrays of tables stand for their latest element."""
    path: Path_ = ()
    for position, key in enumerate(keys):
        path = (*path, key)
        if new and position == len(keys) - 1:
            counts[path] = counts.get(path, -1) + 1
        if path in counts:
            path = (*path, counts[path])
    return path


def _key(node: Node) -> tuple[str, ...]:
    parts: list[str] = []
    waiting = [node]
    while waiting:
        part = waiting.pop()
        if part.type == "dotted_key":
            waiting += reversed(part.named_children)
        else:
            parts.append((part.text or b"").decode("utf-8", "replace").strip("\"'"))
    return tuple(parts)
