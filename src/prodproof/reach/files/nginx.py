"""nginx configuration as a tree of directives; reads text only and follows no include."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from prodproof.facts import Reason, Unseen

MAX_DIRECTIVES = 10_000
MAX_DEPTH = 40


@dataclass(eq=False)
class Directive:
    """One directive with its arguments and, for a block, what it holds."""

    name: str
    arguments: tuple[str, ...]
    line: int
    parent: "Directive | None" = None
    block: "list[Directive] | None" = field(default=None, repr=False)

    def walk(self) -> "Iterator[Directive]":
        """Everything below, in the order of the file."""
        stack = list(reversed(self.block or ()))
        while stack:
            directive = stack.pop()
            yield directive
            stack.extend(reversed(directive.block or ()))

    def parents(self) -> "Iterator[Directive]":
        """The enclosing blocks, innermost first; the file itself is the last and has no name."""
        at = self.parent
        while at is not None:
            yield at
            at = at.parent


class _BrokenError(Exception):
    pass


def read_nginx(text: str) -> Directive | Unseen:
    """Parse a configuration file or a part of one (a site, a snippet).

    Returns:
        A nameless root, or incomplete with the line at which the text stops being nginx configuration.
    """
    root = Directive("", (), 1, block=[])
    at, words, line, depth, count = root, [], 1, 0, 0
    try:
        for kind, value, line in _tokens(text):
            if kind == "word":
                words.append((value, line))
                continue
            if value == "}":
                if words or at.parent is None:
                    raise _BrokenError("a directive does not end with ;" if words else "a block ends that never began")
                at, depth = at.parent, depth - 1
                continue
            if not words:
                if value == ";":
                    continue
                raise _BrokenError("a block has no name")
            count += 1
            if count > MAX_DIRECTIVES or depth > MAX_DEPTH:
                raise _BrokenError("it is too large")
            made = Directive(words[0][0], tuple(word for word, _ in words[1:]), words[0][1], at)
            assert at.block is not None
            at.block.append(made)
            words = []
            if value == "{":
                made.block, at, depth = [], made, depth + 1
        if words or at is not root:
            raise _BrokenError("it ends within a directive or block")
    except _BrokenError as error:
        return Unseen(Reason.INCOMPLETE, f"no readable nginx configuration: line {line}: {error}")
    return root


def _tokens(text: str) -> Iterator[tuple[str, str, int]]:
    position, line, end = 0, 1, len(text)
    lua = False
    while position < end:
        char = text[position]
        if char == "\n":
            line += 1
        if char.isspace():
            position += 1
        elif char == "#":
            found = text.find("\n", position)
            position = end if found < 0 else found
        elif char == "{" and lua:
            after = _past_lua(text, position)
            yield "mark", "{", line
            line += text.count("\n", position, after)
            yield "mark", "}", line
            position, lua = after, False
        elif char in "{};":
            yield "mark", char, line
            position += 1
        elif char in "\"'":
            word, after = _quoted(text, position)
            yield "word", word, line
            line += text.count("\n", position, after)
            position = after
        else:
            word, after = _bare(text, position)
            lua = word.endswith("_by_lua_block") or (lua and word != ";")
            yield "word", word, line
            line += text.count("\n", position, after)
            position = after


def _quoted(text: str, start: int) -> tuple[str, int]:
    mark, position = text[start], start + 1
    out: list[str] = []
    while position < len(text):
        char = text[position]
        if char == mark:
            return "".join(out), position + 1
        if char == "\\" and position + 1 < len(text):
            # nginx keeps the backslash of anything but a quote; regular expressions depend on it.
            out.append(text[position + 1] if text[position + 1] in "\"'" else text[position : position + 2])
            position += 2
            continue
        out.append(char)
        position += 1
    raise _BrokenError("a quoted text does not end")


def _bare(text: str, start: int) -> tuple[str, int]:
    position = start
    while position < len(text):
        char = text[position]
        if char == "\\":
            position += 2
            continue
        if text.startswith("${", position):
            found = text.find("}", position)
            if found < 0:
                raise _BrokenError("${ does not end")
            position = found + 1
            continue
        if char.isspace() or char in ";{}":
            break
        position += 1
    return text[start:position], min(position, len(text))


_LUA = re.compile(r"--[^\n]*|\"(?:[^\"\\\n]|\\.)*+\"?|'(?:[^'\\\n]|\\.)*+'?|[{}]")


def _past_lua(text: str, start: int) -> int:
    depth = 0
    for match in _LUA.finditer(text, start):
        if match[0] == "{":
            depth += 1
        elif match[0] == "}":
            depth -= 1
            if depth == 0:
                return match.end()
    raise _BrokenError("a Lua block does not end")
