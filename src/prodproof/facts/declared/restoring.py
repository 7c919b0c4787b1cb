"""How a restored copy of a data store is tried, and by what it is known to be right."""

from dataclasses import dataclass

from prodproof.facts.location import Location


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

    roles: str | None = None
    """A file of the repository that makes the roles which dumps name (`CREATE ROLE …`), relative to the system file."""

    full: bool = False
    """Whether every row of large tables is compared, and each row is looked for in each index."""

    scratch: str | None = None
    """The folder on an encrypted disk in which the copy may lie; else memory, else `/var/tmp`."""


@dataclass(frozen=True, kw_only=True)
class Erasure:
    """How one kind of people is erased from one data store: done again after a restore, by a log that survives it."""

    name: str
    """What they are called: `customers`."""

    store: str
    table: str
    """The table that holds them, `customer` or with its schema."""

    key: str
    """The column by which other rows refer to a person."""

    identifier: str
    """The column by which the log knows a person, after years and in any backup."""

    erase: tuple[str, ...]
    """Statements that erase one person; `:key` and `:identifier` stand for the person's."""

    gone: tuple[str, ...] = ()
    """Queries that count what is left of a person elsewhere; each must give 0."""

    log: str = ""
    """Path of the log of erasures: relative to the system file, or absolute."""

    log_key: str = ""
    """Secret reference of the key of that log."""

    environment: str = "production"
    owner: str = ""
    location: Location | None = None
