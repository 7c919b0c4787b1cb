"""Carries a ledger between machines: out as an export, in by appending what is new."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from prodproof.ledger.entry import parse
from prodproof.ledger.errors import DivergedError, LedgerError, MovedError
from prodproof.ledger.export import ExportSource
from prodproof.ledger.joining import drafts_to_join
from prodproof.ledger.retention import removed_and_not_back
from prodproof.ledger.store import Head, Store
from prodproof.ledger.verification import verify

if TYPE_CHECKING:
    from django.db.backends.utils import CursorWrapper


@dataclass(frozen=True)
class Merged:
    """What a pull did."""

    received: int
    """Entries that were new here."""

    joined: int
    """Our own entries that were appended anew, because both sides had gone on."""


def merge(store: Store, source: ExportSource, at: datetime, keys: Collection[str] = (), join: bool = False) -> Merged:
    """Take over what an export has and this ledger lacks.

    Args:
        store: ours; empty, or with a common beginning.
        source: theirs; verified first, whole.
        keys: public keys that are trusted; empty: the chain is checked, not who signed it.
        join: when both sides have gone on, append our entries to theirs instead of refusing.

    Raises LedgerError when theirs is damaged or of another system, DivergedError when both have gone on.
    """
    if source.system != store.system:
        raise LedgerError(f"{source.path}: a ledger of {source.system}, not of {store.system}; nothing was changed")
    if (problem := verify(source, keys).problem) is not None:
        raise LedgerError(f"{source.path}: not taken over, for it is damaged: {problem}")
    theirs = source.claimed()
    assert theirs is not None, "verification refuses an export without an end"
    with store.writing() as cursor:
        ours = store.locked_head(cursor)
        if theirs.sequence <= ours.sequence and store.hash_at(cursor, theirs.sequence) == theirs.hash:
            return Merged(0, 0)
        base, bodies = ours, list[bytes]()
        if ours.sequence and source.hash_at(ours.sequence) != ours.hash:
            base = _common(store, cursor, source)
            bodies = [bytes(row[2]) for batch in store.rows(cursor, base.sequence) for row in batch]
            if not join:
                raise DivergedError(
                    f"both sides have gone on since entry {base.sequence} ({len(bodies)} entries here, "
                    f"{theirs.sequence - base.sequence} there); append ours to theirs with --join"
                )
            cursor.execute(
                "DELETE FROM ledger_entry WHERE system_id = %s AND sequence > %s", [store.system_id, base.sequence]
            )
        _take(store, cursor, source, base.sequence)
        joined = _append_anew(store, cursor, base, ours, bodies, theirs, at)
        store.drop_payloads(cursor, removed_and_not_back(store, cursor))
    return Merged(theirs.sequence - base.sequence, joined)


def may_replace(store: Store, theirs: Head | None) -> None:
    """Whether our export may take the place of one that ends in `theirs`: only if ours has all of it.

    Raises MovedError.
    """
    if theirs is None:
        return
    with store.reading() as cursor:
        if store.hash_at(cursor, theirs.sequence) != theirs.hash:
            raise MovedError(
                "the target has entries that this ledger lacks; "
                "run `prodproof ledger pull --join` for it, then push again"
            )


def _common(store: Store, cursor: "CursorWrapper", source: ExportSource) -> Head:
    sequence, head = 0, store.hash_at(cursor, 0)
    assert head is not None
    for ours, theirs in zip(store.rows(cursor), source.rows(), strict=False):
        for mine, other in zip(ours, theirs, strict=False):
            if mine[1] != other[1]:
                return Head(sequence, head)
            sequence, head = mine[0], bytes(mine[1])
    return Head(sequence, head)


def _take(store: Store, cursor: "CursorWrapper", source: ExportSource, after: int) -> None:
    for batch in source.rows(after):
        store.put_entries(cursor, batch[0][0] - 1, [(parse(body).about, body, hash) for _, hash, body, _ in batch])
    for payloads in source.payloads():
        store.put_payloads(cursor, ((digest.hex(), body) for digest, body in payloads))


def _append_anew(
    store: Store, cursor: "CursorWrapper", base: Head, old: Head, bodies: Sequence[bytes], theirs: Head, at: datetime
) -> int:
    if not bodies:
        return 0
    store.add(cursor, theirs, drafts_to_join(base, old, bodies, at))
    return len(bodies)
