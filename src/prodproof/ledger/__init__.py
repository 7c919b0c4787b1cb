"""The append-only, hash-chained, signed store of facts and verdicts.

Importing this room imports nothing of it but what is asked for, and never Django: opening a ledger does.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from prodproof.ledger.carry import Merged
    from prodproof.ledger.errors import DivergedError, LedgerError, MovedError, NotALedgerError
    from prodproof.ledger.findings import Damage, Problem, Verification
    from prodproof.ledger.keys import fingerprint_key, known_public_key, read_public_key, signer
    from prodproof.ledger.ledger import Ledger, open_ledger
    from prodproof.ledger.statement import Checkpoint
    from prodproof.ledger.store import Head
    from prodproof.ledger.stored import Run, StoredResult, StoredRun

__all__ = [
    "Checkpoint",
    "Damage",
    "DivergedError",
    "Head",
    "Ledger",
    "LedgerError",
    "Merged",
    "MovedError",
    "NotALedgerError",
    "Problem",
    "Run",
    "StoredResult",
    "StoredRun",
    "Verification",
    "fingerprint_key",
    "known_public_key",
    "open_ledger",
    "read_public_key",
    "signer",
]

_MODULES = {
    "carry": ("Merged",),
    "errors": (
        "DivergedError",
        "LedgerError",
        "MovedError",
        "NotALedgerError",
    ),
    "findings": (
        "Damage",
        "Problem",
        "Verification",
    ),
    "keys": (
        "fingerprint_key",
        "known_public_key",
        "read_public_key",
        "signer",
    ),
    "ledger": (
        "Ledger",
        "open_ledger",
    ),
    "statement": ("Checkpoint",),
    "store": ("Head",),
    "stored": (
        "Run",
        "StoredResult",
        "StoredRun",
    ),
}


def __getattr__(name: str) -> object:
    for module, names in _MODULES.items():
        if name in names:
            return getattr(import_module(f"prodproof.ledger.{module}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
