"""Is this ledger what was written? Works on a database and on an export alike, offline, with a public key alone.

The steps are those of `docs/ledger.md`, numbered the same.
"""

import hashlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count, groupby
from operator import indexOf, itemgetter
from typing import Protocol

from prodproof.ledger.entry import LAYOUT, Entry, EntryKind, genesis, link, parse
from prodproof.ledger.errors import LedgerError, NotALedgerError
from prodproof.ledger.findings import Damage, Problem, Verification
from prodproof.ledger.joining import NotJoined, segment_hashes
from prodproof.ledger.statement import Checkpoint, removal_signed_by
from prodproof.ledger.store import Head, Row

_REFERENCE = b'"digest":"'
_DIGEST_OF = itemgetter(slice(64))
_SEARCHED = 64
"""Entries that are searched at once: few enough to stay in the processor's cache."""

_UNFILED = b"?"
"""No entry begins like this."""


class Source(Protocol):
    """Where entries come from: a database or an export."""

    system: str

    @property
    def prefixes(self) -> Mapping[int, bytes]:
        """By topic, how the body of an entry must begin."""

    @property
    def special(self) -> Collection[int]:
        """Topics of the `SPECIAL` kinds."""

    def rows(self, after: int = 0) -> Iterator[list[Row]]:
        """Entries in batches, in the order of their numbers (an export: of its lines)."""

    def claimed(self) -> Head | None:
        """Where the source says that it ends, read after its rows."""

    def payloads(self) -> Iterator[list[tuple[bytes, bytes]]]:
        """Digest and body of the payloads, in batches."""


class _FoundError(Exception):
    def __init__(self, problem: Problem) -> None:
        super().__init__(str(problem))
        self.problem = problem


@dataclass
class _Walk:
    """What is carried from entry to entry."""

    system: str
    keys: frozenset[str]
    sequence: int = 0
    head: bytes = b""
    alive: set[bytes] = field(default_factory=set)
    """Hex digests that entries refer to and nothing has removed since."""

    gone: set[bytes] = field(default_factory=set)
    checkpoints: int = 0
    foreign: int = 0
    signed_through: int = 0
    joined: list[Entry] = field(default_factory=list)


def verify(source: Source, keys: Collection[str] = (), checkpoint: Checkpoint | None = None) -> Verification:
    """Verify a whole ledger.

    Args:
        source: the database or the export.
        keys: public keys that are trusted, 64 hexadecimal digits each. Without one the chain, the digests and the
            signatures' form are checked, but whoever holds the ledger could have made all of it anew.
        checkpoint: one that was kept elsewhere. It shows that nothing up to it was cut off or rewritten.

    Raises LedgerError when the checkpoint is of another system, or the source cannot be read.
    """
    if checkpoint is not None and checkpoint.system != source.system:
        raise LedgerError(f"the checkpoint is about {checkpoint.system}, this ledger about {source.system}")
    walk = _Walk(source.system, frozenset(keys), head=genesis(source.system))
    payloads, problem, segments = 0, None, frozenset[tuple[int, str]]()
    watched: dict[int, bytes] = {}
    try:
        _check_chain(source, walk, checkpoint.sequence if checkpoint else None, watched)
        _check_end(source, walk)
        segments = _check_joined(source, walk)
        if checkpoint is not None:
            _check_checkpoint(walk, checkpoint, watched, segments)
        payloads = _check_payloads(source, walk)
    except _FoundError as found:
        problem = found.problem
    if checkpoint is not None and problem is None and (checkpoint.public_key in walk.keys or not walk.keys):
        in_chain = (checkpoint.sequence, checkpoint.hash) not in segments
        walk.signed_through = max(walk.signed_through, checkpoint.sequence if in_chain else 0)
    return Verification(
        system=source.system,
        entries=walk.sequence,
        head=walk.head.hex(),
        problem=problem,
        trusted=bool(keys),
        checkpoints=walk.checkpoints,
        foreign=walk.foreign,
        signed_through=walk.signed_through,
        payloads=payloads,
        removed=len(walk.gone - walk.alive),
        joined=len(walk.joined),
    )


def _check_chain(source: Source, walk: _Walk, watch: int | None, watched: dict[int, bytes]) -> None:
    """Steps 1 and 2: each entry follows from the one before it, and signed entries are signed."""
    for batch in source.rows():
        first = walk.sequence + 1
        if not _check_together(source, walk, batch):
            # Each run leaves an entry that has to be read; those between two such can still be checked together.
            for _, stretch in groupby(batch, lambda row: row[3] in source.special):
                rows = list(stretch)
                if not _check_together(source, walk, rows):
                    _check_one_by_one(source, walk, rows)
        if watch is not None and first <= watch <= walk.sequence:
            watched[watch] = batch[watch - first][1]


def _check_together(source: Source, walk: _Walk, rows: Sequence[Row]) -> bool:
    """Check entries together, which is nearly twice as fast as one by one.

    False, and nothing done, when something does not fit or an entry has to be read.
    """
    # A copy costs less than a new object, for which OpenSSL looks the algorithm up each time.
    fresh, head, first = hashlib.sha256().copy, walk.head, walk.sequence + 1
    sequences, stored, bodies, topics = zip(*rows, strict=True)
    if not set(topics).isdisjoint(source.special) or sequences != tuple(range(first, first + len(rows))):
        return False
    hashes: list[bytes] = []
    try:
        for body in bodies:
            hash = fresh()
            hash.update(head)
            hash.update(body)
            head = hash.digest()
            hashes.append(head)
        prefixes = tuple(map(source.prefixes.__getitem__, topics))
    except (TypeError, KeyError):  # SQLite lets whoever tampers put anything anywhere
        return False
    if hashes != list(stored) or not _all_in_place(bodies, prefixes, first):
        return False
    _refer(walk, bodies)
    walk.sequence, walk.head = sequences[-1], head
    return True


def _all_in_place(bodies: Sequence[bytes], prefixes: Sequence[bytes], first: int) -> bool:
    """Whether each body begins with its prefix and says its number, counted from `first`.

    Neighbours mostly share their moment and run. So one is read, and from it follows, byte by byte, how the next ones
    must begin, up to one that does not; that one is read.
    """
    at = 0
    while at < len(bodies):
        match = LAYOUT.match(bodies[at])
        if not match or not _in_place(bodies[at], prefixes[at], first + at):
            return False
        shared = bodies[at][len(prefixes[at]) : match.start(1)]
        beginning = b"%b" + shared.replace(b"%", b"%%") + b'%d,"what":'
        at += 1
        beginnings = map(beginning.__mod__, zip(prefixes[at:], count(first + at)))
        try:
            at += indexOf(map(bytes.startswith, bodies[at:], beginnings), False)
        except ValueError:  # all of them begin so
            return True
    return True


def _in_place(body: bytes, prefix: bytes, number: int) -> bool:
    """Whether a body is filed under what it is about, and says its own number."""
    match = LAYOUT.match(body)
    # Another version may write keys that this one does not know.
    right = match[1] == b"%d" % number if match else _own_number(body) == number
    return right and body.startswith(prefix)


def _check_one_by_one(source: Source, walk: _Walk, rows: Sequence[Row]) -> None:
    for sequence, stored, body, topic in rows:
        expected = walk.sequence + 1
        computed = link(walk.head, body) if isinstance(body, bytes) else None
        in_place = computed is not None and _in_place(body, source.prefixes.get(topic, _UNFILED), expected)
        if computed is None or computed != stored or sequence != expected or not in_place:
            raise _FoundError(_named(source, expected, walk.head))
        _refer(walk, (body,))
        if topic in source.special:
            _check_special(walk, expected, body)
        walk.sequence, walk.head = expected, computed


def _refer(walk: _Walk, bodies: Sequence[bytes]) -> None:
    # In canonical JSON these bytes can only be a key with its value: within a text the quotes would be escaped.
    # One search over many entries at once costs less than one for each.
    for start in range(0, len(bodies), _SEARCHED):
        found = map(_DIGEST_OF, b"".join(bodies[start : start + _SEARCHED]).split(_REFERENCE)[1:])
        if walk.gone:
            again = set(found)
            walk.gone -= again
            walk.alive |= again
        else:
            walk.alive.update(found)


def _check_special(walk: _Walk, sequence: int, body: bytes) -> None:
    entry = _parsed(sequence, body)
    kind = entry.about.kind
    if kind == EntryKind.CHECKPOINT:
        _check_own_checkpoint(walk, entry)
    elif kind == EntryKind.JOINED:
        walk.joined.append(entry)
    else:
        signers = walk.keys or {str(entry.what.get("public_key"))}
        if not removal_signed_by(signers, walk.system, kind, entry.at, entry.what):
            raise _FoundError(
                Problem(
                    Damage.FORGED,
                    sequence,
                    f"entry {sequence} removes payloads, signed by no key that is trusted here (--public-key)",
                )
            )
        removed = {str(digest).encode("utf-8", "surrogatepass") for digest in entry.what["digests"]}
        walk.alive -= removed
        walk.gone |= removed


def _check_own_checkpoint(walk: _Walk, entry: Entry) -> None:
    sequence = entry.sequence
    try:
        checkpoint = Checkpoint.from_data(entry.what)
    except NotALedgerError:
        raise _FoundError(Problem(Damage.FORGED, sequence, f"entry {sequence} is no well-formed checkpoint")) from None
    if not checkpoint.signed_by({checkpoint.public_key}) or checkpoint.system != walk.system:
        raise _FoundError(Problem(Damage.FORGED, sequence, f"the signature of checkpoint {sequence} is wrong"))
    if walk.keys and checkpoint.public_key not in walk.keys:
        walk.foreign += 1
        return
    if checkpoint.sequence != sequence - 1 or checkpoint.hash != walk.head.hex():
        raise _FoundError(
            Problem(
                Damage.REWRITTEN,
                sequence,
                f"checkpoint {sequence} was signed for another chain: something between entry "
                f"{walk.signed_through + 1} and it was changed and hashed anew",
            )
        )
    walk.checkpoints += 1
    walk.signed_through = checkpoint.sequence


def _check_end(source: Source, walk: _Walk) -> None:
    """Step 3: the source ends where it says."""
    claimed = source.claimed()
    if claimed is None:
        raise _FoundError(
            Problem(Damage.TRUNCATED, walk.sequence + 1, f"it breaks off after entry {walk.sequence}, without an end")
        )
    if claimed.sequence > walk.sequence:
        raise _FoundError(
            Problem(
                Damage.TRUNCATED,
                walk.sequence + 1,
                f"it ends with entry {walk.sequence}; {_span(walk.sequence + 1, claimed.sequence)} cut off",
            )
        )
    if claimed != Head(walk.sequence, walk.head):
        raise _FoundError(
            Problem(Damage.ALTERED, walk.sequence, f"the recorded head is not the hash of entry {walk.sequence}")
        )


def _check_joined(source: Source, walk: _Walk) -> frozenset[tuple[int, str]]:
    """Step 4: each joined segment is the chain that it says it was."""
    known: set[tuple[int, str]] = set()
    for entry in walk.joined:
        try:
            known |= segment_hashes(source, entry)
        except NotJoined as error:
            raise _FoundError(
                Problem(Damage.FORGED, entry.sequence, f"entry {entry.sequence} joins a segment wrongly: {error}")
            ) from None
    return frozenset(known)


def _check_checkpoint(
    walk: _Walk, checkpoint: Checkpoint, watched: Mapping[int, bytes], segments: frozenset[tuple[int, str]]
) -> None:
    """Step 5: the checkpoint that was kept elsewhere is about this chain."""
    if not checkpoint.signed_by(walk.keys or {checkpoint.public_key}):
        raise _FoundError(Problem(Damage.FORGED, None, "the given checkpoint is not signed by a trusted key"))
    if (checkpoint.sequence, checkpoint.hash) in segments:
        return
    if checkpoint.sequence > walk.sequence:
        raise _FoundError(
            Problem(
                Damage.TRUNCATED,
                walk.sequence + 1,
                f"it ends with entry {walk.sequence}; the checkpoint saw {checkpoint.sequence}: "
                f"{_span(walk.sequence + 1, checkpoint.sequence)} cut off",
            )
        )
    seen = watched.get(checkpoint.sequence, genesis(walk.system))
    if seen.hex() != checkpoint.hash:
        raise _FoundError(
            Problem(
                Damage.REWRITTEN,
                checkpoint.sequence,
                f"entry {checkpoint.sequence} is not the one that the checkpoint saw: it or one before it was "
                "changed, and everything after it hashed anew",
            )
        )


def _check_payloads(source: Source, walk: _Walk) -> int:
    """Step 6: payloads are what their digests say, all are there, and none that was removed."""
    missing = set(walk.alive)
    count = 0
    for batch in source.payloads():
        for digest, body in batch:
            count += 1
            name = digest.hex().encode()
            if hashlib.sha256(body).digest() != digest:
                raise _FoundError(_about_payload(source, Damage.PAYLOAD_ALTERED, name, "was altered"))
            if name in walk.gone and name not in walk.alive:
                raise _FoundError(_about_payload(source, Damage.PAYLOAD_KEPT, name, "was removed, and is still there"))
            missing.discard(name)
    if missing:
        first = min((_first_reference(source, name) or 0, name) for name in sorted(missing)[:100])[1]
        more = f" ({len(missing)} in all)" if len(missing) > 1 else ""
        problem = _about_payload(source, Damage.PAYLOAD_MISSING, first, f"is missing, and no entry removed it{more}")
        raise _FoundError(problem)
    return count


def _about_payload(source: Source, damage: Damage, name: bytes, what: str) -> Problem:
    sequence = _first_reference(source, name)
    told = f", which entry {sequence} was the first to refer to," if sequence else ""
    # A digest that somebody made up may be anything.
    return Problem(damage, sequence, f"payload {name.decode('ascii', 'backslashreplace')}{told} {what}")


def _first_reference(source: Source, name: bytes) -> int | None:
    needle = _REFERENCE + name
    return next((row[0] for batch in source.rows() for row in batch if needle in row[2]), None)


def _named(source: Source, expected: int, head: bytes) -> Problem:
    """Say what is wrong at the first entry that does not follow from the one before it."""
    remaining = (row for batch in source.rows(expected - 1) for row in batch)
    here = next(remaining, None)
    if here is None:
        return Problem(Damage.MISSING, expected, f"entry {expected} is missing")
    sequence, stored, body, _ = here
    own = _own_number(body)
    if own is None or not isinstance(body, bytes):
        return Problem(Damage.ALTERED, expected, f"entry {expected} is no entry any more")
    if own == expected:
        if sequence != expected:
            return Problem(Damage.REORDERED, expected, f"entry {expected} is filed as number {sequence}")
        if link(head, body) == stored:
            return Problem(Damage.MISFILED, expected, f"entry {expected} is filed under something it is not about")
        said = f"its hash does not follow from its content and entry {expected - 1}"
        return Problem(Damage.ALTERED, expected, f"entry {expected}: {said}")
    others = {_own_number(row[2]) for row in remaining}
    if own > expected and expected not in others and own not in others:
        return Problem(Damage.MISSING, expected, f"{_span(expected, own - 1)} missing")
    if own in others and expected not in others:
        return Problem(Damage.ALTERED, expected, f"entry {expected} says that it is entry {own}")
    return Problem(Damage.REORDERED, expected, f"entry {own} stands where entry {expected} belongs")


def _own_number(body: bytes) -> int | None:
    try:
        return parse(body).sequence
    except ValueError:
        return None


def _parsed(sequence: int, body: bytes) -> Entry:
    try:
        entry = parse(body)
    except ValueError:
        raise _FoundError(Problem(Damage.ALTERED, sequence, f"entry {sequence} is no entry any more")) from None
    return entry


def _span(first: int, last: int) -> str:
    return f"entry {first} is" if first == last else f"entries {first} to {last} are"
