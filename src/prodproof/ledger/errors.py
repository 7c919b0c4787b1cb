"""What can go wrong with a ledger: one line that says what happened, where, and what to do."""


class LedgerError(Exception):
    """The ledger could not do what was asked; nothing was half-written."""


class DivergedError(LedgerError):
    """Two copies of one ledger each have entries that the other lacks."""


class MovedError(LedgerError):
    """Somebody else wrote the target between our reading and our writing; nothing was overwritten."""


class NotALedgerError(LedgerError):
    """What was given is no export, checkpoint or key of this format."""
