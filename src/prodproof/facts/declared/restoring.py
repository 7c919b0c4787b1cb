"""How a restored copy of a data store is tried, and by what it is known to be right."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Restoring:
    """What the restore drill is told about one data store."""

    heartbeat: str | None = None
    """`schema.table.column` (or `table.column` in `public`) into which the time is written again and again: its newest
    value in the copy says to which second the data came back."""

    changed_at: tuple[str, ...] = ()
    """Columns that are written whenever a row is changed, `updated_at` or `orders.placed_at`: the first that a table
    has tells rows of a source that has moved on from damaged ones."""

    references: str | None = None
    """The folder in which `prodproof drill run reference` keeps digests: relative to the system file, or absolute."""

    takes_at_most: int = 86400
    """Seconds that the making of a backup may take; counts where nothing says when it began."""

    invariants: tuple[tuple[str, str], ...] = ()
    """Name and query of what is always so: each answers with one row, one column, true."""

    media: str = ""
    """The data store with the files that rows name."""

    media_columns: tuple[str, ...] = ()
    """`table.column` in which the files' names are, relative to the store's root."""

    root: str = ""
    """Of a store of files: the folder within what was restored that is its root."""

    source: str | None = None
    """Of a store of files, or SQLite: the folder or file at the source, relative to the system file or absolute."""

    application: tuple[str, ...] = ()
    """The command that serves the application on the copy, without any network but its own 127.0.0.1."""

    variables: tuple[tuple[str, str], ...] = ()
    """All that it sees of an environment, beside PATH and language. Filled in: `{url}`, `{socket}`, `{database}`,
    `{user}`."""

    health: str = "http://127.0.0.1:8000/healthz"
    """Where it answers with 200 when it is well."""

    full: bool = False
    """Whether every row of large tables is compared, and each row is looked for in each index."""

    scratch: str | None = None
    """The folder on an encrypted disk in which the copy may lie; else memory, else `/var/tmp`."""
