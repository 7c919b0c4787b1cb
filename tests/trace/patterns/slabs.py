"""Slabs for tests."""

import numpy as np

from prodproof.trace.patterns.rule import Rule
from prodproof.trace.stream import SLAB, Item, Piece, Sink, Slab


def slab_of(*items: tuple[str, bytes]) -> Slab:
    """A slab that holds items, as a sink packs them.

    Args:
        items: path and content of each.
    """
    kept: list[Slab] = []

    def keep(slab: Slab) -> None:
        kept.append(Slab(slab.data.copy(), slab.used, list(slab.pieces), slab.fresh_from))

    sink = Sink(keep, 8192, lambda path, why, detail: None, size=min(SLAB, 64 * 1024))
    for path, content in items:
        sink.put(Item(path), content)
    sink.flush()
    (slab,) = kept
    return slab


def lent_of(*items: tuple[str, bytes]) -> Slab:
    """A slab in which items lie as git writes them: each after a line with its id and size, and before a line's end.

    Args:
        items: path and content of each.
    """
    data, pieces = b"", []
    for path, content in items:
        data += b"0123456789abcdef98765432 blob %d\n" % len(content)
        pieces.append(Piece(Item(path), len(data), len(content), 0, True))
        data += content + b"\n"
    return Slab(np.frombuffer(data + b"what was here before", np.uint8), len(data) - 1, pieces)


def path_for(rule: Rule) -> str:
    """A path in which a rule applies."""
    if not rule.paths:
        return "deploy/settings.conf"
    return rule.paths[0].replace("**/", "some/where/").replace("**", "a/b").replace("*", "own").replace("?", "x")
