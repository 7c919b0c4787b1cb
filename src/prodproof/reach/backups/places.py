"""Where a declared backup lies: on this machine, on a server, in a bucket, and whose."""

import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from prodproof.facts import Reason, Unseen
from prodproof.facts.backup_places import BackupPlace, PlaceKind
from prodproof.facts.declared import Backup, Declared
from prodproof.reach.backups._aws import Failure, client, unseen
from prodproof.reach.backups._barman_settings import settings_of as barman_settings
from prodproof.reach.backups._buckets import Bucket, bucket_of, buckets_of
from prodproof.reach.backups._pgbackrest_settings import PgBackRestSettings, settings_of
from prodproof.reach.backups._repository import local_folder
from prodproof.reach.backups.opening import UNTRUSTED, value_of
from prodproof.reach.git.repository import shown

_SERVED = ("nfs", "nfs4", "cifs", "smb3", "ceph", "glusterfs", "9p", "afs", "fuse.sshfs", "fuse.rclone", "fuse.s3fs",
           "fuse.glusterfs")  # fmt: skip


def place_of(backup: Backup, declared: Declared) -> BackupPlace | Unseen:
    """Look at what is declared and at settings, and ask a bucket about itself."""
    root = Path(declared.root or ".")
    if backup.kind == "pgbackrest":
        settings = settings_of(backup, root)
        if isinstance(settings, Unseen):
            return settings
        if settings is not None:
            return _of_pgbackrest(settings, backup, declared)
    if buckets := buckets_of(backup, root):
        return _of_bucket(buckets[0], backup, declared) if declared.trusted else UNTRUSTED
    if backup.kind == "rds":
        return BackupPlace(kind=PlaceKind.PROVIDER, where=f"RDS, {backup.region or 'AWS'}", offsite=backup.offsite)
    if backup.kind == "barman":
        told = barman_settings(backup, root)
        return told if isinstance(told, Unseen) else _of_folder(told.folder, backup)
    place = backup.repository or backup.path
    elsewhere = backup.kind in ("restic", "borg") and local_folder(backup, root) is None
    return _of_server(_host_in(place), backup, declared) if elsewhere else _of_folder(root / place, backup)


def _of_pgbackrest(settings: PgBackRestSettings, backup: Backup, declared: Declared) -> BackupPlace | Unseen:
    """Of several repositories the first one that lies apart: what is lost with the others is still in that one."""
    found = [_of_repository(number, settings, backup, declared) for number in settings.repositories]
    apart = (
        place
        for place in found
        if isinstance(place, BackupPlace)
        and place.kind is not PlaceKind.MACHINE
        and not (place.production_host or place.own_account)
    )
    unseen = (place for place in found if isinstance(place, Unseen))
    return next(apart, None) or next(unseen, None) or found[0]


def _of_repository(
    number: int, settings: PgBackRestSettings, backup: Backup, declared: Declared
) -> BackupPlace | Unseen:
    if bucket := bucket_of(settings, number):
        # The credentials that are declared are those of the first one; no other store is asked with them.
        if number == 1:
            return _of_bucket(bucket, backup, declared) if declared.trusted else UNTRUSTED
        return _in_bucket(bucket, backup, declared)
    kind = settings.value(f"repo{number}-type") or "posix"
    host = settings.value(f"repo{number}-host") or settings.value(f"repo{number}-{kind}-host")
    if host or not settings.is_local(number):
        return _of_server(host or kind, backup, declared)
    return _of_folder(Path(settings.path(number)), backup)


def _of_server(host: str, backup: Backup, declared: Declared) -> BackupPlace:
    return BackupPlace(
        kind=PlaceKind.SERVER,
        where=shown(host),
        offsite=backup.offsite,
        production_host=_production(host, declared),
    )


def _of_folder(folder: Path, backup: Backup) -> BackupPlace:
    kind = PlaceKind.MOUNTED if _file_system(folder) in _SERVED else PlaceKind.MACHINE
    return BackupPlace(kind=kind, where=shown(os.fspath(folder)), offsite=backup.offsite)


def _host_in(place: str) -> str:
    """Of restic's and borg's ways to name a server; what stands before the first colon where there is none."""
    if "://" in place:
        return urlsplit(place.removeprefix("rest:")).hostname or place.partition(":")[0]
    scheme = place.rpartition(":")[0]
    # `sftp:user@host:/path`, `user@host:path`; else a provider's name, `b2:bucket:path`.
    named = scheme.removeprefix("sftp:")
    return named.rpartition("@")[2] if "@" in named or scheme.startswith("sftp:") else place.partition(":")[0]


def _file_system(path: Path) -> str:
    """Type of the file system that a folder lies on: proc_pid_mountinfo(5)."""
    try:
        lines = Path("/proc/self/mountinfo").read_text().splitlines()
    except OSError:
        return ""
    mounted = {line.split()[4]: line.partition(" - ")[2].split()[0] for line in lines}
    real = Path(os.path.realpath(path))
    return next((mounted[os.fspath(place)] for place in (real, *real.parents) if os.fspath(place) in mounted), "")


def _production(host: str, declared: Declared) -> str:
    """The declared host or entry point that a name or address is, or this machine by its loopback; else empty."""
    wanted = host.strip("[]").lower()
    if wanted in set(_names(declared)):
        return wanted
    try:
        return "this machine" if wanted == "localhost" or ip_address(wanted).is_loopback else ""
    except ValueError:
        return ""


def _names(declared: Declared) -> Iterator[str]:
    for host in declared.hosts:
        yield host.name.lower()
        yield from (address.lower() for address in host.addresses)
    for entry in declared.entry_points:
        yield (urlsplit(entry.url).hostname or "").lower()


def _of_bucket(bucket: Bucket, backup: Backup, declared: Declared) -> BackupPlace | Unseen:
    credentials = value_of(backup, backup.credentials, declared)
    if isinstance(credentials, Unseen):
        return credentials
    account = next((service.account for service in declared.services if service.kind == "aws" and service.account), "")
    try:
        service = client("s3", credentials, bucket.region, bucket.url, bucket.ca)
    except Failure as error:
        return unseen(error, f"the bucket {bucket.name}")
    state = _answered(service.get_bucket_versioning, Bucket=bucket.name)
    locked = _answered(service.get_object_lock_configuration, Bucket=bucket.name) or {}
    rule = locked.get("ObjectLockConfiguration", {}).get("Rule", {}).get("DefaultRetention", {})
    days = f"{rule['Days']} days" if "Days" in rule else f"{rule.get('Years', 0)} years"
    return replace(
        _in_bucket(bucket, backup, declared),
        own_account=_is_of(account, service, bucket) if account and bucket.is_at_aws else None,
        versioned=None if state is None else state.get("Status") == "Enabled",
        lock=f"{rule.get('Mode', '')}, {days}" if rule else "",
    )


def _in_bucket(bucket: Bucket, backup: Backup, declared: Declared) -> BackupPlace:
    return BackupPlace(
        kind=PlaceKind.BUCKET,
        where=shown(f"s3://{bucket.name} at {bucket.host}"),
        offsite=backup.offsite,
        production_host=_production(bucket.host, declared),
    )


def _answered(ask: Callable[..., dict[str, Any]], **words: str) -> dict[str, Any] | None:
    """An answer; None where there is none: nothing of it is needed to say where something lies."""
    try:
        return ask(**words)
    except Failure:
        return None


def _is_of(account: str, service: Any, bucket: Bucket) -> bool | None:
    """Whether a bucket belongs to an account: S3 refuses whoever expects another owner. None: not known."""
    if _answered(service.head_bucket, Bucket=bucket.name) is None:
        return None
    try:
        service.head_bucket(Bucket=bucket.name, ExpectedBucketOwner=account)
    except Failure as error:
        return False if unseen(error, "").why is Reason.DENIED else None
    return True
