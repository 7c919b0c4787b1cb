"""Taking payloads out: the entry that says so is signed, and the chain stays whole."""

import json
import re
from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from prodproof.ledger.entry import About, Draft, EntryKind, parse
from prodproof.ledger.errors import LedgerError
from prodproof.ledger.keys import Signer
from prodproof.ledger.statement import sign_removal
from prodproof.ledger.store import Store

if TYPE_CHECKING:
    from django.db.backends.utils import CursorWrapper

MAX_DIGESTS = 1000
"""Digests that one entry removes."""

_REFERENCE = re.compile(rb'"digest":"([0-9a-f]{64})"')
_DIGEST = re.compile(r"[0-9a-f]{8,64}")


def prune(store: Store, before: datetime, at: datetime, by: Signer) -> int:
    """Remove payloads that no entry since `before` refers to, and that no newest entry of its topic rests on.

    Returns how many were removed.
    """
    with store.writing() as cursor:
        head = store.locked_head(cursor)
        kept: set[str] = set()
        seen: set[str] = set()
        newest: dict[int, set[str]] = {}
        for batch in store.rows(cursor):
            for _, _, body, topic in batch:
                found = {digest.decode() for digest in _REFERENCE.findall(body)}
                if not found:
                    continue
                seen |= found
                newest[topic] = found
                if parse(bytes(body)).at >= before:
                    kept |= found
        kept.update(*newest.values())
        old = sorted(store.payload_bodies(cursor, seen - kept))
        if old:
            store.drop_payloads(cursor, old)
            reason = f"older than {before:%Y-%m-%d}"
            store.add(cursor, head, _drafts(store.system, EntryKind.PRUNE, old, reason, at, by))
    _wipe(store)
    return len(old)


def erase(store: Store, digest: str, reason: str, at: datetime, by: Signer) -> str:
    """Remove one payload for a reason that stays in the ledger; the verdicts worded from it go too.

    Args:
        digest: the payload's digest, or its beginning (at least 8 digits).
        reason: why; never what was in it.

    Returns the whole digest. Raises LedgerError when none, or more than one, begins like that.
    """
    if not _DIGEST.fullmatch(digest):
        raise LedgerError(f"{digest!r} is no digest; give at least its first 8 hexadecimal digits")
    if not reason.strip():
        raise LedgerError("an erasure needs a reason; it stays in the ledger for good")
    with store.writing() as cursor:
        head = store.locked_head(cursor)
        found = [key for batch in store.payloads(cursor) for key, _ in batch if key.hex().startswith(digest)]
        if len(found) != 1:
            told = "no payload begins" if not found else f"{len(found)} payloads begin"
            raise LedgerError(f"{store.place}: {told} with {digest}; see: prodproof ledger export")
        whole = found[0].hex()
        removed = sorted({whole, *_worded_from(store, cursor, whole)})
        store.drop_payloads(cursor, removed)
        store.add(cursor, head, _drafts(store.system, EntryKind.ERASE, removed, reason, at, by))
    _wipe(store)
    return whole


def removed_and_not_back(store: Store, cursor: "CursorWrapper") -> set[str]:
    """Digests that entries removed and no later entry refers to again."""
    gone: set[str] = set()
    kinds = {number: about.kind for number, about in store.topics(cursor).items()}
    for batch in store.rows(cursor):
        for _, _, body, topic in batch:
            if kinds[topic] in (EntryKind.PRUNE, EntryKind.ERASE):
                gone.update(json.loads(body)["what"]["digests"])
            elif gone:
                gone -= {digest.decode() for digest in _REFERENCE.findall(body)}
    return gone


def _worded_from(store: Store, cursor: "CursorWrapper", digest: str) -> Iterable[str]:
    # A verdict's wording may quote what was seen.
    quoted = b'"%b"' % digest.encode()
    kinds = {number: about.kind for number, about in store.topics(cursor).items()}
    for batch in store.rows(cursor):
        for _, _, body, topic in batch:
            if kinds[topic] == EntryKind.VERDICT and quoted in body:
                what = parse(bytes(body)).what
                if digest in what["evidence"]:
                    yield what["digest"]


def _drafts(system: str, kind: EntryKind, digests: list[str], reason: str, at: datetime, by: Signer) -> list[Draft]:
    return [
        Draft(About(kind), at, sign_removal(system, kind, digests[start : start + MAX_DIGESTS], reason, at, by))
        for start in range(0, len(digests), MAX_DIGESTS)
    ]


def _wipe(store: Store) -> None:
    # What was deleted is overwritten in the file (secure_delete), but may still stand in the write-ahead log.
    if store.connection.vendor == "sqlite":
        with store.connection.cursor() as cursor:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
