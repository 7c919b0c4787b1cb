"""Slabs for tests."""

from prodproof.trace.patterns.rule import Rule
from prodproof.trace.stream import SLAB, Item, Sink, Slab


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


def path_for(rule: Rule) -> str:
    """A path in which a rule applies."""
    if not rule.paths:
        return "deploy/settings.conf"
    return rule.paths[0].replace("**/", "some/where/").replace("**", "a/b").replace("*", "own").replace("?", "x")
