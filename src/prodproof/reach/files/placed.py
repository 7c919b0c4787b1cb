"""YAML (and so JSON) as plain values that remember their lines; built from parser events, so that no document can
exhaust the stack or memory."""

import json
import re
from collections.abc import Iterator
from typing import Any

import yaml

from prodproof.facts import Reason, Unseen

MAX_NODES = 400_000
MAX_DEPTH = 120
MAX_VISITS = 400_000
_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9_]{0,17})")
_TRUE = {"true", "yes", "on"}
_FALSE = {"false", "no", "off"}
_NULL = {"", "~", "null", "Null", "NULL"}
_TEMPLATE = re.compile(r"\{\{|\{%|<%|\$\{\{")

_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class PlacedMap(dict[str, Any]):
    """A mapping; keys are text."""

    line: int = 1
    lines: dict[str, int]
    """Line of each key."""

    def map(self, key: str) -> "PlacedMap":
        """The mapping under a key; an empty one where there is none or something else."""
        value = self.get(key)
        return value if isinstance(value, PlacedMap) else _EMPTY_MAP

    def items_of(self, key: str) -> "list[Any]":
        """The sequence under a key; an empty one where there is none or something else."""
        value = self.get(key)
        return value if isinstance(value, PlacedList) else []

    def maps(self, key: str) -> "list[PlacedMap]":
        """The mappings within the sequence under a key."""
        return [item for item in self.items_of(key) if isinstance(item, PlacedMap)]

    def text(self, key: str) -> str | None:
        """A scalar under a key as text; None where there is none (or null)."""
        value = self.get(key)
        if isinstance(value, bool):
            return "true" if value else "false"
        return str(value) if isinstance(value, str | int) else None

    def texts(self, key: str) -> tuple[str, ...]:
        """A scalar or the scalars of a sequence under a key, as text."""
        value = self.get(key)
        listed = value if isinstance(value, PlacedList) else [] if value is None else [value]
        return tuple(str(item) for item in listed if isinstance(item, str | int))

    def at(self, key: str) -> int:
        """The line of a key, or of the mapping itself."""
        return self.lines.get(key, self.line)


class PlacedList(list[Any]):
    """A sequence."""

    line: int = 1
    tag: str = ""
    """A tag of its own, such as GitLab's `!reference`; it never makes anything but a sequence."""


def _map(line: int) -> PlacedMap:
    made = PlacedMap()
    made.line, made.lines = line, {}
    return made


_EMPTY_MAP = _map(1)


def read_documents(text: str, rendered: bool = False) -> list[Any] | Unseen:
    """All documents of a text.

    Args:
        text: YAML or JSON.
        rendered: it can be no template (expressions of workflows look like one).

    Returns:
        Plain values, or incomplete with the line: not YAML, still a template, or larger than the bounds.
    """
    try:
        return _Builder().build(text)
    except yaml.YAMLError as error:
        if text.lstrip()[:1] in ("{", "["):
            document = _from_json(text)
            if not isinstance(document, Unseen):
                return [document]
        mark = getattr(error, "problem_mark", None)
        where = f" (line {mark.line + 1})" if mark else ""
        if not rendered and _TEMPLATE.search(text):
            return Unseen(Reason.INCOMPLETE, f"is a template that has not been rendered{where}")
        return Unseen(Reason.INCOMPLETE, f"is not YAML{where}")
    except (_TooLargeError, ValueError) as error:
        return Unseen(Reason.INCOMPLETE, f"cannot be read: {error}")


def is_too_deep(text: str) -> bool:
    """Whether YAML is nested deeper than the bound; ask before `yaml.load`, whose time grows with the depth's square.

    Raises yaml.YAMLError.
    """
    depth = 0
    for event in yaml.parse(text, Loader=_Loader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > MAX_DEPTH:
                return True
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
    return False


def walk(value: Any) -> Iterator[PlacedMap]:
    """Every mapping within a value, outermost first; ends early after a bound, for shared nodes can be many."""
    stack = [value]
    visits = 0
    while stack and visits < MAX_VISITS:
        visits += 1
        at = stack.pop()
        if isinstance(at, PlacedMap):
            yield at
            stack.extend(reversed(list(at.values())))
        elif isinstance(at, PlacedList):
            stack.extend(reversed(at))


def _from_json(text: str) -> Any:
    """JSON that YAML does not take (tabs, escaped surrogates); its lines are not known and count as 1."""
    try:
        return _placed(json.loads(text), 0)
    except (ValueError, RecursionError, _TooLargeError):
        return Unseen(Reason.INCOMPLETE, "is not JSON")


def _placed(value: Any, depth: int) -> Any:
    if depth > MAX_DEPTH:
        raise _TooLargeError(f"nested deeper than {MAX_DEPTH}")
    if isinstance(value, dict):
        made = _map(1)
        made.update((_unicode(key), _placed(item, depth + 1)) for key, item in value.items())
        return made
    if isinstance(value, list):
        return PlacedList(_placed(item, depth + 1) for item in value)
    if isinstance(value, str):
        return _unicode(value)
    return str(value) if isinstance(value, float) else value


def _unicode(text: str) -> str:
    """Text that can be kept: half of a surrogate pair, which JSON can escape, is written out."""
    return text.encode("utf-8", "backslashreplace").decode()


class _TooLargeError(Exception):
    pass


class _Builder:
    def __init__(self) -> None:
        self.documents: list[Any] = []
        self.stack: list[tuple[Any, str | None, str | None]] = []
        """Open containers, the key that waits for its value, and the anchor that is set when it closes."""
        self.anchors: dict[str, Any] = {}
        self.nodes = 0

    def build(self, text: str) -> list[Any]:
        for event in yaml.parse(text, Loader=_Loader):
            line = event.start_mark.line + 1 if event.start_mark else 1
            if isinstance(event, yaml.MappingStartEvent | yaml.SequenceStartEvent):
                self._open(event, line)
            elif isinstance(event, yaml.MappingEndEvent | yaml.SequenceEndEvent):
                self._close()
            elif isinstance(event, yaml.ScalarEvent):
                value = _scalar(event)
                if event.anchor:
                    self.anchors[event.anchor] = value
                self._put(value, line, plain_key=event.value)
            elif isinstance(event, yaml.AliasEvent):
                if event.anchor not in self.anchors:
                    raise _TooLargeError(f"line {line}: an alias without an anchor before it")
                self._put(self.anchors[event.anchor], line)
            elif isinstance(event, yaml.DocumentStartEvent):
                self.anchors = {}
        return self.documents

    def _open(self, event: Any, line: int) -> None:
        if len(self.stack) >= MAX_DEPTH:
            raise _TooLargeError(f"line {line}: nested deeper than {MAX_DEPTH}")
        made: Any = _map(line) if isinstance(event, yaml.MappingStartEvent) else PlacedList()
        made.line = line
        if isinstance(made, PlacedList) and event.tag:
            made.tag = event.tag
        if self.stack and isinstance(self.stack[-1][0], PlacedMap) and self.stack[-1][1] is None:
            self._put("", line, plain_key="{}")  # a collection as a key: kept under a name that nobody asks for
            self.stack.append((made, None, None))
            self.stack[-2] = (self.stack[-2][0], "{}", self.stack[-2][2])
            return
        self._put(made, line)
        self.stack.append((made, None, event.anchor))

    def _close(self) -> None:
        value, _, anchor = self.stack.pop()
        if anchor:
            self.anchors[anchor] = value

    def _put(self, value: Any, line: int, plain_key: str | None = None) -> None:
        self.nodes += 1
        if self.nodes > MAX_NODES:
            raise _TooLargeError(f"more than {MAX_NODES} values")
        if not self.stack:
            self.documents.append(value)
            return
        container, key, anchor = self.stack[-1]
        if isinstance(container, PlacedList):
            container.append(value)
        elif key is None:
            name = plain_key if plain_key is not None else str(value) if isinstance(value, str | int) else "{}"
            container.lines[name] = line
            self.stack[-1] = (container, name, anchor)
        else:
            _set(container, key, value)
            self.stack[-1] = (container, None, anchor)


def _set(container: PlacedMap, key: str, value: Any) -> None:
    if key != "<<":
        container[key] = value
        return
    for merged in value if isinstance(value, PlacedList) else [value]:
        if isinstance(merged, PlacedMap):
            for name, item in merged.items():
                container.setdefault(name, item)
                container.lines.setdefault(name, merged.lines.get(name, merged.line))


def _scalar(event: Any) -> str | int | bool | None:
    text: str = event.value
    if event.style or (event.tag and not event.tag.startswith("tag:yaml.org,2002:")) or event.tag == "!":
        return text
    if text in _NULL:
        return None
    if text.lower() in _TRUE:
        return True
    if text.lower() in _FALSE:
        return False
    return int(text.replace("_", "")) if _INTEGER.fullmatch(text) else text
