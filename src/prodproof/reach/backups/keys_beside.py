"""Keys and passwords that lie where copies lie: whoever gets the copies gets them, too.

Small files and objects that no backup program has put there are read, and known by what they hold; nothing of them is
kept. What a program keeps in its own repository (restic's keys, borg's repokey) is locked with the password itself.
"""

import glob
import os
import re
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import Any

from prodproof.facts import Reason, Unseen
from prodproof.facts.declared import Backup, Declared
from prodproof.facts.restore_points import RestorePoint
from prodproof.reach.backups._aws import Failure, client, unseen
from prodproof.reach.backups._buckets import Bucket, buckets_of
from prodproof.reach.backups._pgbackrest_settings import PgBackRestSettings, settings_of
from prodproof.reach.backups._repository import local_folder
from prodproof.reach.backups.opening import UNTRUSTED, value_of
from prodproof.reach.git.repository import shown
from prodproof.reach.secret import Secret

SMALL = 64 * 1024
"""Bytes; what is larger is no key."""

MOST = 500
"""Small files that are read; with more of them the answer is incomplete."""

_LISTED = 20_000
_SHORTEST = 8
"""Characters of a password; a shorter one stands in many files by chance."""

_KEY = re.compile(
    rb"AGE-SECRET-KEY-1|-----BEGIN (?:[A-Z]+ )*PRIVATE KEY(?: BLOCK)?-----|^BORG_KEY |^\s*repo\d*-cipher-pass\s*=|"
    rb"\b(?:RESTIC_PASSWORD|BORG_PASSPHRASE|PGBACKREST_REPO\d*_CIPHER_PASS)\s*=",
    re.MULTILINE,
)
_OWN = {
    "restic": re.compile(r"config|(?:data|index|keys|locks|snapshots)(?:/.*)?"),
    "borg": re.compile(r"config|nonce|README|(?:data|lock\.\w+)(?:/.*)?|(?:index|hints|integrity)\.\d+"),
    "pgbackrest": re.compile(r"(?:archive|backup)(?:/.*)?"),
}
"""What the programs keep in their repositories."""

_NO_KEYS = (".png", ".jpg", ".jpeg", ".gif", ".webp", ".svg", ".pdf", ".dump", ".gz", ".zst", ".bz2", ".xz", ".age",
            ".sha256", ".md5")  # fmt: skip


def keys_beside(
    backup: Backup, points: Iterable[RestorePoint], declared: Declared
) -> tuple[tuple[str, ...], Unseen | None]:
    """Look for them.

    Returns:
        Each as a place, and why there may be more of them; None where there are none.
    """
    found: list[str] = []
    if backup.password is None and any((point.encrypted or "").startswith("repokey") for point in points):
        found.append("in the repository itself, without a password")
    password = value_of(backup, backup.password, declared) if declared.trusted or not backup.password else UNTRUSTED
    gap = password if isinstance(password, Unseen) else None
    known = password if isinstance(password, Secret) else None
    root = Path(declared.root or ".")
    try:
        buckets = buckets_of(backup, root)
        if buckets and not declared.trusted:
            return tuple(found), UNTRUSTED
        if buckets:
            places, more = _in_buckets(buckets, backup, declared, known)
        else:
            places, more = _in_folders(backup, root, known)
    except OSError as error:
        return tuple(found), Unseen(Reason.INCOMPLETE, f"not all of its folder can be read ({error.strerror})")
    return (*found, *places), more or gap


def _in_folders(backup: Backup, root: Path, password: Secret | None) -> tuple[list[str], Unseen | None]:
    folders = _folders(backup, root)
    if isinstance(folders, Unseen):
        return [], folders
    own = _OWN.get(backup.kind)
    copies = set(_copies(backup, root))
    held = [path for path in _named(backup, root) if any(_holds(folder, path) for folder in folders)]
    small: list[Path] = []
    for folder in folders:
        listed = list(islice(_below(folder, own, copies), _LISTED))
        if len(listed) == _LISTED:
            return _shown(held), Unseen(Reason.INCOMPLETE, f"{folder} holds too many files to look at all of them")
        small += [path for path in listed if path not in held and _may_be_key(path.name, path.lstat().st_size)]
    held += [path for path in small[:MOST] if _is_key(path.read_bytes(), password)]
    return _shown(held), _too_many(len(small))


def _named(backup: Backup, root: Path) -> tuple[Path, ...]:
    """The file that the password is declared to stand in."""
    scheme, _, rest = (backup.password or "").partition(":")
    return (root / rest.partition("#")[0],) if scheme == "file" else ()


def _holds(folder: Path, path: Path) -> bool:
    return path.resolve().is_relative_to(folder.resolve())


def _shown(paths: Iterable[Path]) -> list[str]:
    return [shown(os.fspath(path)) for path in paths]


def _copies(backup: Backup, root: Path) -> Iterator[Path]:
    """The copies themselves, where they are files or folders."""
    if backup.path:
        yield from (Path(name) for name in islice(glob.iglob(os.fspath(root / backup.path), recursive=True), _LISTED))


def _folders(backup: Backup, root: Path) -> tuple[Path, ...] | Unseen:
    """The folders of this machine in which the copies lie."""
    if backup.path:
        return tuple(dict.fromkeys(path.parent for path in _copies(backup, root)))
    if backup.kind in ("restic", "borg") and (folder := local_folder(backup, root)):
        return (folder,)
    if backup.kind == "pgbackrest":
        settings = settings_of(backup, root)
        if settings is None:
            return (root / backup.repository,)
        if isinstance(settings, PgBackRestSettings):
            if all(settings.is_local(number) for number in settings.repositories):
                return tuple(Path(settings.path(number)) for number in settings.repositories)
        else:
            return settings
    if backup.kind in ("barman", "rds"):
        return ()
    where = "what else lies there is not looked at: it is another server's, or a provider's"
    return Unseen(Reason.INSUFFICIENT_PROOF, where)


def _below(top: Path, own: re.Pattern[str] | None, copies: set[Path]) -> Iterator[Path]:
    """The files of a folder and of those in it, without the copies and what their program keeps."""
    folders = [top]
    while folders:
        for entry in sorted(folders.pop().iterdir()):
            name = os.fspath(entry.relative_to(top))
            if entry.is_symlink() or entry in copies or (own is not None and own.fullmatch(name)):
                continue
            if entry.is_dir():
                folders.append(entry)
            elif entry.is_file():
                yield entry


def _in_buckets(
    buckets: list[Bucket], backup: Backup, declared: Declared, password: Secret | None
) -> tuple[list[str], Unseen | None]:
    credentials = value_of(backup, backup.credentials, declared)
    if isinstance(credentials, Unseen):
        return [], credentials
    own = _OWN.get(backup.kind)
    found: list[str] = []
    count = 0
    try:
        for bucket in buckets:
            service = client("s3", credentials, bucket.region, bucket.url, bucket.ca)
            small = list(_small(service, bucket, own))
            count += len(small)
            held = [key for key in small[:MOST] if _is_key(_object(service, bucket.name, key), password)]
            found += [shown(f"s3://{bucket.name}/{key}") for key in held]
    except Failure as error:
        return found, unseen(error, "what else lies there")
    return found, _too_many(count)


def _small(service: Any, bucket: Bucket, own: re.Pattern[str] | None) -> Iterator[str]:
    for page in service.get_paginator("list_objects_v2").paginate(Bucket=bucket.name, Prefix=bucket.prefix):
        for item in page.get("Contents", ()):
            inside = str(item["Key"])[len(bucket.prefix) :].lstrip("/")
            if _may_be_key(item["Key"], int(item["Size"])) and not (own is not None and own.fullmatch(inside)):
                yield str(item["Key"])


def _object(service: Any, bucket: str, key: str) -> bytes:
    data = service.get_object(Bucket=bucket, Key=key)["Body"].read(SMALL)
    assert isinstance(data, bytes)
    return data


def _may_be_key(name: str, size: int) -> bool:
    return 0 < size <= SMALL and PurePosixPath(name).suffix.lower() not in _NO_KEYS


def _is_key(data: bytes, password: Secret | None) -> bool:
    if _KEY.search(data):
        return True
    value = password.reveal().encode() if password is not None else b""
    return len(value) >= _SHORTEST and value in data


def _too_many(count: int) -> Unseen | None:
    return Unseen(Reason.INCOMPLETE, f"{count} small files lie there, too many to read") if count > MOST else None
