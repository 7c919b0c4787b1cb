"""Where the store of a backup is reached, when it is reached by the network.

Sources: restic manual ("Preparing a new repository"), borg manual ("Repository URLs"), pgBackRest's configuration
reference (repo-host, repo-s3-endpoint, repo-storage-host), AWS ("Amazon S3 endpoints").
"""

import re
from pathlib import Path
from urllib.parse import urlsplit

from prodproof.facts.declared import Backup
from prodproof.reach.backups._buckets import buckets_of
from prodproof.reach.backups._pgbackrest_settings import PgBackRestSettings, settings_of
from prodproof.reach.one_way import Place

_SSH, _HTTPS, _HTTP, _REST, _PGBACKREST_TLS = 22, 443, 80, 8000, 8432
_AWS = "s3.amazonaws.com"
_SCP = re.compile(r"(?:[^@/]+@)?(?P<host>[^@/:]+):(?!//)")
"""`user@host:path`, as scp has it."""


def places_of(backup: Backup, root: Path) -> tuple[Place, ...]:
    """The hosts and ports of a backup's store; empty where it lies on this machine, or nobody knows how it is reached.

    Args:
        backup: as declared.
        root: the folder that its settings are relative to.
    """
    match backup.kind:
        case "s3":
            bucket = backup.repository.removeprefix("s3://").partition("/")[0]
            found = _of_url(backup.url, _HTTPS) if backup.url else _aws(backup.region)
            return _with_bucket(found, bucket)
        case "restic":
            return _restic(backup, root)
        case "borg":
            return _by_ssh(backup.repository)
        case "pgbackrest":
            settings = settings_of(backup, root)
            try:
                return _pgbackrest(settings) if isinstance(settings, PgBackRestSettings) else ()
            except ValueError:
                return ()  # a port that is none
    return ()


def _restic(backup: Backup, root: Path) -> tuple[Place, ...]:
    scheme, _, rest = backup.repository.partition(":")
    match scheme:
        case "s3":
            (bucket,) = buckets_of(backup, root)
            found = _of_url(bucket.url or "", _HTTPS)
            more = _aws(backup.region) if found and found[0].host == _AWS else ()
            return _with_bucket((*found, *more), bucket.name)
        case "rest":
            return _of_url(rest, _REST)
        case "sftp":
            return _by_ssh(f"ssh:{rest}" if rest.startswith("//") else rest)
    return ()


def _by_ssh(repository: str) -> tuple[Place, ...]:
    if "://" in repository:
        return _of_url(repository, _SSH) if repository.startswith("ssh://") else ()
    found = _SCP.match(repository)
    return (Place(found["host"], _SSH),) if found else ()


def _pgbackrest(settings: PgBackRestSettings) -> tuple[Place, ...]:
    found: list[Place] = []
    for number in settings.repositories:
        repo = f"repo{number}"
        if host := settings.value(f"{repo}-host"):
            tls = settings.value(f"{repo}-host-type") == "tls"
            found.append(Place(host, int(settings.value(f"{repo}-host-port") or (_PGBACKREST_TLS if tls else _SSH))))
        elif settings.value(f"{repo}-type") == "s3":
            endpoint = settings.value(f"{repo}-storage-host") or settings.value(f"{repo}-s3-endpoint") or _AWS
            for place in _of_url(endpoint if "://" in endpoint else f"https://{endpoint}", _HTTPS):
                port = int(settings.value(f"{repo}-storage-port") or place.port)
                found += _with_bucket((Place(place.host, port),), settings.value(f"{repo}-s3-bucket") or "")
    return tuple(found)


def _of_url(url: str, usual: int) -> tuple[Place, ...]:
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        return ()
    default = _HTTP if parts.scheme == "http" and usual == _HTTPS else usual
    return (Place(host, port or default),) if host else ()


def _aws(region: str | None) -> tuple[Place, ...]:
    named = (_AWS, f"s3.{region}.amazonaws.com") if region else (_AWS,)
    return tuple(Place(host, _HTTPS) for host in named)


def _with_bucket(places: tuple[Place, ...], bucket: str) -> tuple[Place, ...]:
    """Buckets may be asked for as names of their own, too; not below an address."""
    named = tuple(
        Place(f"{bucket}.{place.host}", place.port)
        for place in places
        if bucket and not re.fullmatch(r"[\d.]+|.*:.*", place.host)
    )
    return tuple(dict.fromkeys((*places, *named)))
