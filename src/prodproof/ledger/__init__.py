"""The append-only, hash-chained, signed store of facts and verdicts.

Importing this room does not import Django; opening a ledger does.
"""

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
