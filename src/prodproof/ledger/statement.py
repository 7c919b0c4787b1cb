"""What is signed: checkpoints, and the removal of payloads."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from prodproof.facts.codec import canonical
from prodproof.ledger.entry import moment, stamp
from prodproof.ledger.errors import NotALedgerError
from prodproof.ledger.keys import Signer, verify_signature

CHECKPOINT_SCHEMA = "prodproof/checkpoint/1"
REMOVAL_SCHEMA = "prodproof/removal/1"
MAX_FILE = 64 * 1024


@dataclass(frozen=True)
class Checkpoint:
    """A signed statement of how long a ledger was, and what its last entry was."""

    system: str
    sequence: int
    hash: str
    at: datetime
    public_key: str
    signature: str

    @classmethod
    def sign(cls, system: str, sequence: int, head: bytes, at: datetime, by: Signer) -> "Checkpoint":
        """Sign the head of a chain."""
        message = _checkpoint_message(system, sequence, head.hex(), at)
        return cls(system, sequence, head.hex(), at, by.public, by.sign(message))

    def signed_by(self, keys: Iterable[str]) -> bool:
        """Whether one of these keys signed it."""
        message = _checkpoint_message(self.system, self.sequence, self.hash, self.at)
        return self.public_key in set(keys) and verify_signature(self.public_key, self.signature, message)

    def as_data(self) -> dict[str, Any]:
        """Plain JSON values, for an entry or a file."""
        return {
            "schema": CHECKPOINT_SCHEMA,
            "system": self.system,
            "sequence": self.sequence,
            "hash": self.hash,
            "at": stamp(self.at),
            "public_key": self.public_key,
            "signature": self.signature,
        }

    @classmethod
    def from_data(cls, data: Any) -> "Checkpoint":
        """Read `as_data` back; raises NotALedgerError."""
        try:
            if data["schema"] != CHECKPOINT_SCHEMA:
                raise ValueError("schema")
            return cls(
                system=str(data["system"]),
                sequence=int(data["sequence"]),
                hash=str(data["hash"]),
                at=moment(data["at"]),
                public_key=str(data["public_key"]),
                signature=str(data["signature"]),
            )
        except (KeyError, TypeError, ValueError):
            raise NotALedgerError("not a checkpoint of a ledger") from None

    @classmethod
    def read(cls, path: Path) -> "Checkpoint":
        """Read a checkpoint file; raises NotALedgerError."""
        try:
            with open(path, "rb") as file:
                return cls.from_data(json.loads(file.read(MAX_FILE)))
        except OSError as error:
            raise NotALedgerError(f"{path}: cannot be read: {error.strerror}") from None
        except (ValueError, RecursionError, NotALedgerError):
            raise NotALedgerError(f"{path}: not a checkpoint; make one with: prodproof ledger checkpoint") from None


def sign_removal(system: str, kind: str, digests: list[str], reason: str, at: datetime, by: Signer) -> dict[str, Any]:
    """What a prune or erase entry holds: the digests, why, and a signature over both."""
    statement = {"digests": digests, "reason": reason}
    return {
        **statement,
        "public_key": by.public,
        "signature": by.sign(_removal_message(system, kind, digests, reason, at)),
    }


def removal_signed_by(keys: Iterable[str], system: str, kind: str, at: datetime, what: dict[str, Any]) -> bool:
    """Whether one of these keys signed a prune or erase entry."""
    try:
        message = _removal_message(system, kind, [str(item) for item in what["digests"]], str(what["reason"]), at)
        public, signature = str(what["public_key"]), str(what["signature"])
    except (KeyError, TypeError, ValueError):
        return False
    return public in set(keys) and verify_signature(public, signature, message)


def _checkpoint_message(system: str, sequence: int, head: str, at: datetime) -> bytes:
    return canonical(
        {"schema": CHECKPOINT_SCHEMA, "system": system, "sequence": sequence, "hash": head, "at": stamp(at)}
    )


def _removal_message(system: str, kind: str, digests: list[str], reason: str, at: datetime) -> bytes:
    return canonical(
        {
            "schema": REMOVAL_SCHEMA,
            "system": system,
            "kind": kind,
            "digests": digests,
            "reason": reason,
            "at": stamp(at),
        }
    )
