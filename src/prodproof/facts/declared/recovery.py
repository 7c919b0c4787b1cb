"""Copies of data, and how to get at them."""

from dataclasses import dataclass

from prodproof.facts.declared.exercises import BackupAlarm
from prodproof.facts.declared.targets import Permission
from prodproof.facts.location import Location
from prodproof.facts.subject import Subject


@dataclass(frozen=True, kw_only=True)
class Backup:
    """Copies of data: files that lie somewhere, or the repository of a backup program."""

    name: str
    kind: str
    """Files: `dump` (of PostgreSQL, SQLite or MySQL, by what they hold), `mysql-dump`, `sqlite`, `archive`, `folder`.
    Repositories: `pgbackrest`, `barman`, `restic`, `borg`, `s3` (a bucket of files). `rds`: snapshots at AWS."""

    path: str = ""
    """Of files: a glob, relative to the system file or absolute. Empty for repositories."""

    store: str = ""
    """The data store that they are copies of."""

    repository: str = ""
    """Of restic, borg and s3, as the program takes it: a path, `s3:https://…`, `ssh://…`, `s3://BUCKET/PREFIX`. Of
    pgbackrest: the repository's path, where no `config` says it."""

    stanza: str = ""
    """Of pgbackrest."""

    server: str = ""
    """Of barman: the server's name there; of rds: the database instance."""

    config: str | None = None
    """Of pgbackrest and barman: the program's own settings, relative to the system file or absolute."""

    password: str | None = None
    """Secret reference of what the repository is encrypted with."""

    credentials: str | None = None
    """Secret reference of `KEY_ID:SECRET`, with which the bucket or AWS is read."""

    region: str | None = None
    url: str | None = None
    """Of s3 and rds only where it is not AWS's own (other providers, laboratories)."""

    ca: str | None = None
    """Of restic in a bucket, and s3: file of the authority that signed for the store, where it is a private one."""

    keep: int | None = None
    """Seconds for which a copy is to be kept."""

    offsite: str = ""
    """The place apart from production where they lie: another provider, account or region."""

    production_credentials: str | None = None
    """Secret reference of `KEY_ID:SECRET`, with which production reaches the bucket: it must not be able to delete."""

    alarm: BackupAlarm | None = None
    """How a failing backup makes itself felt; None: nobody knows."""

    allow: frozenset[Permission] = frozenset()
    environment: str = "production"
    owner: str = ""
    location: Location | None = None

    @property
    def subject(self) -> Subject:
        return Subject("backup", self.name)
