"""Buckets in which backup programs keep their repositories, by what is declared and by the programs' settings."""

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from prodproof.facts.declared import Backup
from prodproof.reach.backups._pgbackrest_settings import PgBackRestSettings, settings_of


@dataclass(frozen=True)
class Bucket:
    """Where a repository's objects lie."""

    name: str
    prefix: str
    """Of their keys, without a slash at its start; may be empty."""

    url: str | None
    """None: AWS's own."""

    region: str | None
    ca: Path | None

    @property
    def host(self) -> str:
        """Who keeps it."""
        return urlsplit(self.url or "https://s3.amazonaws.com").hostname or ""

    @property
    def is_at_aws(self) -> bool:
        """Whether it is one of AWS's own."""
        return self.host.endswith(".amazonaws.com")


def buckets_of(backup: Backup, root: Path) -> list[Bucket]:
    """The buckets of a declared backup; empty where it lies in none, or its settings do not say."""
    ca = root / backup.ca if backup.ca else None
    if backup.kind == "s3":
        name, _, prefix = backup.repository.removeprefix("s3://").partition("/")
        return [Bucket(name, prefix, backup.url, backup.region, ca)]
    if backup.kind == "restic" and backup.repository.startswith("s3:"):
        # `s3:https://HOST/BUCKET/PREFIX`, `s3:HOST/…` or `s3://HOST/…`
        scheme, _, rest = backup.repository.removeprefix("s3:").rpartition("//")
        host, _, place = rest.partition("/")
        name, _, prefix = place.partition("/")
        return [Bucket(name, _folder(prefix), f"{scheme or 'https:'}//{host}", backup.region, ca)]
    settings = settings_of(backup, root) if backup.kind == "pgbackrest" else None
    if not isinstance(settings, PgBackRestSettings):
        return []
    found = [bucket_of(settings, number) for number in settings.repositories]
    return [bucket for bucket in found if bucket is not None] if all(found) else []


def bucket_of(settings: PgBackRestSettings, number: int) -> Bucket | None:
    """The bucket of one of pgBackRest's repositories; None where it lies in none, or its settings do not say."""

    def value(name: str) -> str | None:
        return settings.value(f"repo{number}-{name}")

    name, endpoint, port, ca = value("s3-bucket"), value("s3-endpoint"), value("storage-port"), value("storage-ca-file")
    if value("type") != "s3" or not name or not endpoint:
        return None
    host = (value("storage-host") or endpoint).rpartition("//")[2]
    return Bucket(
        name=name,
        prefix=_folder(settings.path(number)),
        url=f"https://{host}{f':{port}' if port else ''}",
        region=value("s3-region"),
        ca=Path(ca) if ca else None,
    )


def _folder(place: str) -> str:
    """As the beginning of keys: `uploads/`, without those of `uploads-old`."""
    return f"{place.strip('/')}/".removeprefix("/")
