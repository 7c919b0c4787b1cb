"""Entries as bytes: what is hashed, and how one is linked to the next."""

import hashlib
import json
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from prodproof.facts.codec import canonical

SCHEMA = "prodproof/ledger/1"
MAX_NAME = 400

LAYOUT = re.compile(
    rb'\{"about":\[T,T,T\],"at":T,"run":T,"sequence":([0-9]+),"what":'.replace(b"T", rb'"(?:[^"\\]++|\\.)*+"'),
    re.DOTALL,
)
"""How `body_of` begins a body. Texts are taken whole, so that the number is the entry's own: a text, or what the entry
is about, may hold other entries with their numbers."""


class EntryKind(StrEnum):
    """What an entry is."""

    FACTS = "facts"
    VERDICT = "verdict"
    RECORD = "record"
    DECLARATION = "declaration"
    RUN = "run"
    CHECKPOINT = "checkpoint"
    PRUNE = "prune"
    ERASE = "erase"
    JOINED = "joined"


SPECIAL = (EntryKind.CHECKPOINT, EntryKind.PRUNE, EntryKind.ERASE, EntryKind.JOINED)
"""Kinds whose content verification reads; of all others it reads the bytes alone."""


@dataclass(frozen=True)
class About:
    """What an entry is about; the newest entry of each can be looked up."""

    kind: str
    """An `EntryKind`; a plain string, because a newer version may write others."""

    environment: str = ""
    name: str = ""
    """The key of a plan's step, a guarantee's id, or nothing."""

    @property
    def prefix(self) -> bytes:
        """The bytes that the body of every such entry begins with."""
        return b'{"about":' + canonical([self.kind, self.environment, self.name]) + b',"at":'


@dataclass(frozen=True)
class Draft:
    """An entry that has no place in the chain yet."""

    about: About
    at: datetime
    what: dict[str, Any]
    run: str = ""
    payloads: dict[str, bytes] = field(default_factory=dict)
    """Canonical JSON by digest; stored with the entry, once."""


@dataclass(frozen=True)
class Entry:
    """An entry as it was read back."""

    about: About
    at: datetime
    run: str
    sequence: int
    what: dict[str, Any]


def genesis(system: str) -> bytes:
    """What the first entry is linked to: the hash of the format's name and the system's."""
    return hashlib.sha256(canonical({"schema": SCHEMA, "system": system})).digest()


def link(previous: bytes, body: bytes) -> bytes:
    """The hash of an entry, from the hash before it and its own body."""
    return hashlib.sha256(previous + body).digest()


def body_of(draft: Draft, sequence: int, what: bytes) -> bytes:
    """Canonical JSON of an entry at its place; `what` is `canonical(draft.what)`.

    The keys are in the order of RFC 8785, so the parts can be joined without sorting them under the writer's lock.
    """
    at, run = canonical(stamp(draft.at)), canonical(draft.run)
    return b'%b%b,"run":%b,"sequence":%d,"what":%b}' % (draft.about.prefix, at, run, sequence, what)


def parse(body: bytes) -> Entry:
    """Read a body back; raises ValueError when it is no entry."""
    try:
        data = json.loads(body)
        kind, environment, name = (str(part) for part in data["about"])
        what = data["what"]
        if not isinstance(what, dict):
            raise ValueError("what")
        about = About(kind, environment, name)
        return Entry(about, moment(data["at"]), str(data["run"]), int(data["sequence"]), what)
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise ValueError(f"not an entry of a ledger: {error}") from None


def stamp(at: datetime) -> str:
    """A moment as it is stored: RFC 3339, UTC, microseconds, `Z`."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def moment(text: str) -> datetime:
    """Read `stamp` back; raises ValueError."""
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)


def topic_name(name: str) -> str:
    """A name that fits into an index; a longer one keeps its beginning and is told apart by its digest."""
    clean = storable(name)
    if len(clean) <= MAX_NAME:
        return clean
    return f"{clean[:300]}...sha256:{hashlib.sha256(clean.encode()).hexdigest()}"


def storable(text: str) -> str:
    """Text that is valid UTF-8 without NUL: anything else is escaped, so that every database can hold it."""
    return text.encode("utf-8", "backslashreplace").decode().replace("\0", "\\x00")
