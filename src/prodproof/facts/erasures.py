"""People who had been erased, came back with a restored backup, and were erased again."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class ReErased:
    """One kind of people in one restored database. Names nobody."""

    people: str
    """What the kind is called: `customers`."""

    rows: int
    """Rows that were compared with the log."""

    logged: int
    """Erasures of this kind in the log."""

    came_back: int
    """Those that the backup brought back."""

    left: int
    """Those that are still there afterwards."""

    traces: tuple[str, ...] = ()
    """Searches (by their order, `search 2`) that still find something of somebody who was erased."""
