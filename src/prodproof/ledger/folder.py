"""A folder that machines share as the place where they leave their ledger."""

import fcntl
from pathlib import Path

from prodproof.ledger.errors import LedgerError
from prodproof.ledger.export import ExportSource
from prodproof.ledger.ledger import Ledger
from prodproof.ledger.store import Head


class Folder:
    """Exports by name, each replaced whole."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def push(self, ledger: Ledger, name: str) -> Head:
        """Replace the export called `name` by ours; raises MovedError when it has entries that we lack."""
        target = self._path / name
        try:
            self._path.mkdir(parents=True, exist_ok=True)
            with open(self._path / f".{name}.lock", "ab") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                if target.exists():
                    ledger.may_replace(ExportSource(target).claimed())
                return ledger.export(target)
        except OSError as error:
            raise LedgerError(f"{self._path}: cannot be written: {error.strerror}") from error
