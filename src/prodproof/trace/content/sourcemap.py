"""Takes the sources out of JavaScript source maps (ECMA-426)."""

import json
from collections.abc import Iterator

from prodproof.trace.content.reader import Damaged, Member, Memory

LARGEST = 16 * 1024 * 1024
"""Bytes of a map that is parsed; parsing takes several times as much memory."""

_PREFIX = b")]}'"


def members(data: bytes) -> Iterator[Member]:
    """Each source that the map carries, then what else is in it as `rest`; positions (`mappings`) are left out.

    Args:
        data: the whole map.

    Raises:
        Damaged: it is no source map.
    """
    if data.startswith(_PREFIX):
        data = data.partition(b"\n")[2]
    try:
        whole = json.loads(data)
    except (ValueError, RecursionError):
        raise Damaged("it is no JSON") from None
    if not isinstance(whole, dict):
        raise Damaged("it is no source map")
    sections = whole.pop("sections", None)
    maps = [whole]
    if isinstance(sections, list):
        maps += [entry["map"] for entry in sections if isinstance(entry, dict) and isinstance(entry.get("map"), dict)]
    for each in maps:
        yield from _sources(each)


def _sources(each: dict[str, object]) -> Iterator[Member]:
    contents = each.pop("sourcesContent", None)
    names = each.get("sources")
    each.pop("mappings", None)
    for index, text in enumerate(contents if isinstance(contents, list) else ()):
        if isinstance(text, str) and text:
            name = names[index] if isinstance(names, list) and index < len(names) else None
            yield Member(name[:1024] if isinstance(name, str) else f"source-{index}", Memory(_bytes(text)))
    yield Member("rest", Memory(_bytes(json.dumps(each, ensure_ascii=False))))


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
