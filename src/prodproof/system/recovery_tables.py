"""The tables about copies of data."""

import re
from collections.abc import Iterator
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field

from prodproof.system.errors import inert
from prodproof.system.tables import ENVIRONMENT, OWNER, Table
from prodproof.system.values import Duration, PlacePath, SecretRef, Text, Url, wrong

BackupKind = Literal[
    "archive", "dump", "folder", "sqlite", "mysql-dump", "pgbackrest", "barman", "restic", "borg", "s3", "rds"
]


def _repository(value: str) -> str:
    if value.startswith(("-", "~")) or value != inert(value, 1000):
        raise wrong("expected a path, or an address as the program takes it")
    address = re.sub(r"^(rest|s3|swift|b2|rclone):(?=\w+://)", "", value)
    try:
        password = urlsplit(address).password if "://" in address else None
    except ValueError:
        raise wrong("is no path and no address that the program takes") from None
    if password is not None:
        raise wrong("holds a password (not shown here); write the address without it, and credentials = a reference")
    return value


def _stanza(value: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9_][\w.-]{0,199}", value, re.ASCII):
        raise wrong("expected a name of letters, digits, '_', '.' and '-', as the program's own settings have it")
    return value


Name = Annotated[str, AfterValidator(_stanza)]


class BackupAlarmTable(Table):
    """How a failing backup makes itself felt. The drill `withhold-backup` writes one series of the metric beside the
    real ones, with an old time and the label `prodproof_drill`, and waits for the alert; it needs trust and `allow`."""

    metric: Annotated[str, Field(pattern=r"^[a-zA-Z_:][a-zA-Z0-9_:]*$", max_length=200)] = Field(
        description="The time of the last success as Prometheus knows it, in seconds since 1970: "
        "`backup_last_success_timestamp_seconds`."
    )
    textfiles: PlacePath = Field(
        description="The directory from which metrics are read as text (node_exporter's textfile collector)."
    )
    alert: Text | None = Field(default=None, description="Name of the rule; the one that reads the metric if left out.")
    within: Duration = Field(default=3600, description="The time in which the alert must have fired.")


class BackupTable(Table):
    """Copies of data: files, or the repository of a backup program."""

    name: Text = Field(description="What the team calls them.")
    kind: BackupKind = Field(
        description="Files: `dump` (of PostgreSQL, SQLite or MySQL), `mysql-dump`, `sqlite`, `archive`, `folder`. "
        "Repositories: `pgbackrest`, `barman`, `restic`, `borg`, `s3` (a bucket of such files). `rds`: snapshots."
    )
    path: PlacePath = Field(default="", description="Glob of the files: `/srv/backups/*.tar.gz`.")
    store: Text = Field(default="", description="The `[[data_store]]` that they are copies of.")
    repository: Annotated[str, AfterValidator(_repository), Field(max_length=1000)] = Field(
        default="",
        description="restic, borg: the repository, as the program takes it: `/srv/restic`, "
        "`s3:https://s3.eu-central-1.amazonaws.com/shop-backups`, `ssh://borg@backup.example/./shop`. "
        "s3: `s3://BUCKET/PREFIX`. pgbackrest: its path, if `config` does not say it.",
    )
    stanza: Name = Field(default="", description="pgbackrest: the stanza.")
    server: Name = Field(default="", description="barman: the server's name. rds: the database instance.")
    config: PlacePath | None = Field(
        default=None,
        description="pgbackrest, barman: the program's settings, if not where it looks by itself: `/etc/barman.conf`.",
    )
    password: SecretRef | None = Field(
        default=None,
        description="restic, borg, pgbackrest: reference to what the repository is encrypted with; given to pgBackRest "
        "beside its `config`, so that the key need not stand there.",
    )
    credentials: SecretRef | None = Field(
        default=None,
        description="restic and pgbackrest in a bucket, s3, rds: reference to `KEY_ID:SECRET` of AWS or what speaks "
        "its language. The usual sources if left out; of pgbackrest, its `config`.",
    )
    region: Text | None = Field(default=None, description="AWS's region, for s3, rds, and restic in a bucket.")
    url: Url | None = Field(default=None, description="s3, rds: the address, only if it is not AWS's own.")
    ca: PlacePath | None = Field(
        default=None, description="restic in a bucket, s3: the store's certificate authority, if it is a private one."
    )
    keep: Duration | None = Field(default=None, description="For how long a copy is kept: `30d`.")
    offsite: Text = Field(
        default="",
        description="The place apart from production where they lie: `AWS account 2222, eu-north-1`.",
    )
    production_credentials: SecretRef | None = Field(
        default=None,
        description="s3, restic and pgbackrest in a bucket: reference to the `KEY_ID:SECRET` that production has "
        "there. It must not be able to delete; with canary in allow, that is tried on an object of no use.",
    )
    alarm: BackupAlarmTable | None = Field(default=None, description="How its failure makes itself felt.")
    allow: list[Literal["drills", "canary"]] = Field(
        default=[],
        description="drills: it may be exercised; canary: one object, `prodproof-canary`, may be put beside it, which "
        "production must not be able to delete. Needs trust as well.",
    )
    environment: Text | None = Field(default=None, description=ENVIRONMENT)
    owner: Text = Field(default="", description=OWNER)


def asks_of_backup(table: BackupTable) -> Iterator[tuple[str, str]]:
    """What a backup needs trust for, as kind and text: its program is run, and its key is given to the program."""
    place = table.repository or table.config or table.server or table.stanza
    if table.kind in ("pgbackrest", "barman", "restic", "borg"):
        words = (table.kind, table.stanza or table.server, table.config or table.repository)
        yield "runs", " ".join(word for word in words if word)
    if table.kind in ("s3", "rds"):
        yield "contacts", f"{table.kind} {place} at {table.url or 'AWS'}"
    for reference in (table.password, table.credentials, table.production_credentials):
        if reference:
            yield "reads secret", f"{reference}, given to {table.kind} for {place or 'its usual place'}"
    if "canary" in table.allow:
        yield "sends traffic", f"an object is put beside {place}, and production's key tries to delete it"
