"""An order to carry out a drill: everything that is needed to go on with it, or to undo it, after a crash."""

import hashlib
import hmac
import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from pydantic import ValidationError

from prodproof.facts import Subject
from prodproof.facts.codec import canonical, decode, encode
from prodproof.facts.declared import Declared
from prodproof.jobs.errors import JobError
from prodproof.jobs.statement import Signed


@dataclass(frozen=True, kw_only=True)
class DrillOrder:
    """Who wants which drill to be carried out, for what, and as it was declared then."""

    id: str
    drill: str
    target: Subject
    declared: Declared
    """The declaration at the time of the order: a later change of the system file must not change what is undone."""

    plan: str
    """Digest of the plan that was shown."""

    documents: dict[str, str] = field(default_factory=dict)
    """What it follows, by path."""

    moment: datetime | None = None
    """The moment of the past that it is asked for; None: the newest."""

    by: str
    """A person's id, or the name of the account that ordered it."""

    at: datetime
    irreversible: bool = False
    """Whether the author accepts that some steps cannot be undone."""

    signed: Signed | None = None
    """The author's own signature; only where a second person is needed."""

    approval: Signed | None = None

    @property
    def approved_by(self) -> str | None:
        return self.approval.statement.person if self.approval else None


def new_id(drill: str, at: datetime, random: bytes) -> str:
    """A name for one run that a person can read and type: `restore-0301-9f3c21`."""
    return f"{drill}-{at:%m%d}-{random.hex()[:6]}"


def write(order: DrillOrder, key: bytes) -> tuple[str, str]:
    """An order as text, and its seal."""
    data = encode(order)
    return canonical(data).decode(), seal(key, f"order {order.id}", data)


def read(id: str, text: str, sealed: str, key: bytes) -> DrillOrder:
    """Read `write` back. Raises JobError for one that was not written with this key."""
    try:
        data: Any = json.loads(text)
        if not hmac.compare_digest(seal(key, f"order {id}", data), sealed):
            raise JobError(f"{id}: this order was not written by prodproof with this system's key; it is not followed")
        order = decode(DrillOrder, data)
    except (ValueError, ValidationError):
        raise JobError(f"{id}: its order cannot be read by this version of prodproof") from None
    assert isinstance(order, DrillOrder)
    return order


def seal(key: bytes, place: str, data: Any) -> str:
    """What shows that data was written by us, at that place: HMAC-SHA-256 (RFC 2104) of both.

    Whoever can write into the database must not be able to order a drill, or to tell an undo what to remove.
    """
    return hmac.new(key, canonical([place, data]), hashlib.sha256).hexdigest()


def sealing_key(fingerprint_key: bytes) -> bytes:
    """The key of the seals, derived from the one that a system has for fingerprints, and good for nothing else."""
    return hmac.new(fingerprint_key, b"prodproof drills 1", hashlib.sha256).digest()
