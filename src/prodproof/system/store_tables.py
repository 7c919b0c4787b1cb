"""The tables about data: where they are, how they may be lost, how a restored copy is tried."""

from typing import Literal

from pydantic import Field

from prodproof.system.tables import ENVIRONMENT, OWNER, Table
from prodproof.system.values import ColumnName, Duration, PlacePath, RelativePath, SecretRef, Text, Url


class ScenarioTable(Table):
    """An objective for one way of losing a data store."""

    name: Text = Field(description="What happened: `deleted table`, `lost region`, `stolen credentials`.")
    kind: Literal["service-restart", "logical-corruption", "total-loss"] | None = Field(
        default=None,
        description="Which way back it has: `service-restart` (it stopped, its data are whole), `logical-corruption` "
        "(it runs, its data are wrong), `total-loss` (the machine and all on it are gone).",
    )
    rto: Duration | None = Field(default=None, description="For how long it may be away: `4h`.")
    rpo: Duration | None = Field(default=None, description="How much of the latest data may be lost: `5m`.")
    runbook: RelativePath | None = Field(
        default=None,
        description="The document to follow, in the repository: `runbooks/database.md`, or one heading of it: "
        "`runbooks/database.md#a-table-was-deleted`. `prodproof drill run scenario` follows it.",
    )
    health: Url | None = Field(
        default=None,
        description="`service-restart`: what answers with 2xx while the service is well: below a declared entry point "
        "that allows test-traffic, or on this machine.",
    )


class RestoringTable(Table):
    """How a restored copy of a data store is tried, and by what it is known to be right."""

    heartbeat: ColumnName | None = Field(
        default=None,
        description="`table.column` into which the time is written again and again: its newest value in the copy says "
        "to which second the data came back. A time without a zone counts as UTC.",
    )
    changed_at: list[Text] = Field(
        default=[],
        description="Columns that are written whenever a row is changed (`updated_at`, `orders.placed_at`): they tell "
        "a source that has moved on from a damaged copy.",
    )
    references: PlacePath | None = Field(
        default=None, description="The folder in which `prodproof drill run reference` keeps digests."
    )
    takes_at_most: Duration = Field(
        default=86400,
        description="How long the making of a backup may take; counts where the backup does not say when it began.",
    )
    invariants: dict[Text, Text] = Field(
        default={}, description="What is always so, by name: a query that answers with one row, one column, true."
    )
    media: Text = Field(default="", description="The `[[data_store]]` with the files that rows name.")
    media_columns: list[ColumnName] = Field(default=[], description="`table.column` in which the files' names are.")
    root: RelativePath = Field(
        default="", description="Of a store of files: the folder within what was restored that is its root."
    )
    source: PlacePath | None = Field(
        default=None, description="Of a store of files, or SQLite: the folder or file at the source."
    )
    application: list[Text] = Field(
        default=[],
        description="The command that serves the application on the copy, without any network but its own 127.0.0.1.",
    )
    variables: dict[Text, str] = Field(
        default={},
        description="All that it sees of an environment. Filled in: `{url}`, `{socket}`, `{database}`, `{user}`.",
    )
    health: Url = Field(
        default="http://127.0.0.1:8000/healthz", description="Where it answers with 200 when it is well."
    )
    roles: RelativePath | None = Field(
        default=None,
        description="The file of the repository that makes the roles which a dump names and does not hold "
        "(`CREATE ROLE …`): what `pg_dumpall --roles-only` writes without passwords, or what sets a server up.",
    )
    full: bool = Field(default=False, description="Whether every row of large tables is compared.")
    scratch: PlacePath | None = Field(
        default=None,
        description="The folder on an encrypted disk in which the copy may lie; else memory, else `/var/tmp`.",
    )


class DataStoreTable(Table):
    """A database, bucket, queue, cache or directory with data that is not in the repository."""

    name: Text = Field(description="What the team calls it.")
    kind: Text = Field(description="postgres, mysql, sqlite, mongodb, redis, bucket, files, search, queue …")
    environment: Text | None = Field(default=None, description=ENVIRONMENT)
    owner: Text = Field(default="", description=OWNER)
    dsn: SecretRef | None = Field(default=None, description="Reference to its connection string.")
    rto: Duration | None = Field(
        default=None, description="Recovery time objective: for how long it may be away (`4h`)."
    )
    rpo: Duration | None = Field(default=None, description="Recovery point objective: how much may be lost (`5m`).")
    scenario: list[ScenarioTable] = Field(default=[], description="Objectives for single ways of losing it.")
    restore: RestoringTable = Field(
        default_factory=RestoringTable, description="How a restored copy is tried, and by what it is known to be right."
    )
    allow: list[Literal["drills"]] = Field(default=[], description="drills: it may be exercised. Needs trust as well.")


class ErasureTable(Table):
    """How one kind of people is erased from one data store. After a restore the drill compares every person with the
    log of erasures, and erases again whom the backup brought back."""

    name: Text = Field(description="What they are called, as the log has it: `customers`.")
    store: Text = Field(description="The `[[data_store]]` (PostgreSQL or SQLite) that holds them.")
    table: Text = Field(description="The table that holds them: `customer`, or with its schema.")
    key: Text = Field(default="id", description="The column by which other rows refer to a person.")
    identifier: Text = Field(
        description="The column by which the log knows a person, after years and in any backup: `email`."
    )
    erase: list[Text] = Field(
        min_length=1,
        description="Statements that erase one person, in one transaction; `:key` and `:identifier` stand for theirs.",
    )
    gone: list[Text] = Field(
        default=[], description="Queries that count what is left of a person elsewhere; each must give 0."
    )
    log: PlacePath = Field(description="The log of erasures. It lies apart from what is backed up with the data.")
    log_key: SecretRef = Field(description="Reference to the key of that log, of at least 16 bytes.")
    environment: Text | None = Field(default=None, description=ENVIRONMENT)
    owner: Text = Field(default="", description=OWNER)
