"""Two copies of one ledger that were both written to become one again, and whoever doubts it can check how.

The other side's chain stays as it is. Our entries since the common one are appended to it with new numbers, followed
by a `joined` entry that says what our chain was. From the entries before it, with their old numbers, and from those
that it holds itself (checkpoints and earlier joins, which make sense only in the old chain), the old chain and its
head can be computed again.
"""

import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, Protocol

from prodproof.facts.codec import canonical
from prodproof.ledger.entry import About, Draft, Entry, EntryKind, genesis, link, parse
from prodproof.ledger.store import Head, Row

KEPT_INSIDE = (EntryKind.CHECKPOINT, EntryKind.JOINED)
"""Kinds that speak about their place in the old chain, and so are kept inside the `joined` entry."""

MAX_SEGMENT = 10_000_000


class NotJoined(Exception):  # noqa: N818 - it names the state, as KeyboardInterrupt does
    """The segment is not what the entry says."""


class Rows(Protocol):
    """Anything that gives a system's entries by number."""

    system: str

    def rows(self, after: int = 0) -> Iterator[list[Row]]:
        """Entries after that number, in batches."""


def drafts_to_join(base: Head, old: Head, bodies: Sequence[bytes], at: datetime) -> list[Draft]:
    """Our entries since `base` as drafts for another chain, followed by the entry that vouches for them."""
    drafts: list[Draft] = []
    inside: list[dict[str, Any]] = []
    for body in bodies:
        entry = parse(body)
        if entry.about.kind in KEPT_INSIDE:
            inside.append(json.loads(body))
        else:
            drafts.append(Draft(entry.about, entry.at, entry.what, entry.run))
    what = {
        "base": {"sequence": base.sequence, "hash": base.hash.hex()},
        "head": {"sequence": old.sequence, "hash": old.hash.hex()},
        "count": len(drafts),
        "inside": inside,
    }
    drafts.append(Draft(About(EntryKind.JOINED), at, what))
    return drafts


def segment_hashes(source: Rows, joined: Entry) -> set[tuple[int, str]]:
    """Compute the old chain of a joined segment again: number and hash of each of its entries.

    Raises NotJoined when it does not end in the head that the entry names.
    """
    try:
        base, old, count = joined.what["base"], joined.what["head"], int(joined.what["count"])
        inside = {int(item["sequence"]): canonical(item) for item in joined.what["inside"]}
        first, last = int(base["sequence"]), int(old["sequence"])
        head = bytes.fromhex(base["hash"])
    except (KeyError, TypeError, ValueError):
        raise NotJoined("it is not well-formed") from None
    start = joined.sequence - count - 1
    if not 0 <= first <= start or count < 0 or last - first != count + len(inside) or count > MAX_SEGMENT:
        raise NotJoined("its numbers contradict each other")
    if (_hash_of(source, first) if first else genesis(source.system)) != head:
        raise NotJoined(f"it did not begin after entry {first} of this chain")
    moved = (row[2] for batch in source.rows(start) for row in batch)
    known: set[tuple[int, str]] = set()
    for sequence in range(first + 1, last + 1):
        body = inside[sequence] if sequence in inside else _renumbered(next(moved, b"{}"), sequence)
        head = link(head, body)
        known.add((sequence, head.hex()))
    if head.hex() != old["hash"]:
        raise NotJoined("its entries are not those that it had")
    return known


def _hash_of(source: Rows, sequence: int) -> bytes | None:
    return next((row[1] for batch in source.rows(sequence - 1) for row in batch), None)


def _renumbered(body: bytes, sequence: int) -> bytes:
    data = json.loads(body)
    data["sequence"] = sequence
    return canonical(data)
