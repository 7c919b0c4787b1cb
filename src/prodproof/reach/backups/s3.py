"""Buckets: of backup files, each a restore point, or of a mirror of files, which is one."""

import os
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO, cast

from prodproof.facts import Reason, Unseen
from prodproof.facts.declared import Backup
from prodproof.reach.backups._aws import CANARY, Failure, client, unseen
from prodproof.reach.backups._bench import Bench, GivenUpError, credential_needed, failed, place_needed, ready
from prodproof.reach.backups._checksums import ENDS
from prodproof.reach.backups._packed import copied, private
from prodproof.reach.backups._pieces import files_restored
from prodproof.reach.backups.backup_store import (
    Contents,
    Damage,
    Damaged,
    Ending,
    PointKind,
    Restored,
    RestorePoint,
    Sound,
    never,
)
from prodproof.reach.backups.files import newest_first, restore_file, verify_file
from prodproof.reach.files.encrypted import HEAD, scheme_of
from prodproof.reach.git.repository import shown
from prodproof.reach.secret import Secret

_OF_BACKUPS = (".dump", ".sql", ".pgdump", ".sqlite", ".sqlite3", ".db", ".bak", ".backup", ".tar", ".tgz", ".zip",
               ".gz", ".zst", ".bz2", ".xz", ".age", ".gpg", ".pgp")  # fmt: skip
_ASKED = 100
"""Of the newest objects it is asked how each is encrypted, and until when it is locked."""

_WHOLE = "(all objects)"
_STORES_OWN = "AES256"
"""How S3 says that it encrypts with a key of its own, for everybody."""


class S3Store:
    """What lies below one prefix of a bucket."""

    def __init__(self, backup: Backup, root: Path, bench: Bench, credentials: Secret | None) -> None:
        """
        Args:
            backup: `s3://BUCKET/PREFIX` is its repository.
            root: the folder that its `ca` is relative to.
            credentials: `KEY_ID:SECRET`; the usual sources if None.
        """
        self._backup = backup
        self._ca = root / backup.ca if backup.ca else None
        self._bench = bench
        self._credentials = credentials
        self._bucket, _, self._prefix = backup.repository.removeprefix("s3://").partition("/")

    def points(self, ending: Ending = never) -> tuple[RestorePoint, ...] | Unseen:
        bench = self._bench.until(ending)
        try:
            service = self._client()
            objects = self._objects(service, bench)
            if isinstance(objects, Unseen):
                return objects
            if not objects:
                return ()
            single = [item for item in objects if PurePosixPath(item["Key"]).suffix in _OF_BACKUPS]
            if not single:
                return (self._mirror(objects, service),)
            single.sort(key=lambda item: item["LastModified"], reverse=True)
            asked = [self._point(item, service if number < _ASKED else None) for number, item in enumerate(single)]
            return newest_first(asked)
        except Failure as error:
            return unseen(error, f"the bucket {self._bucket}")
        except GivenUpError as error:
            return Unseen(Reason.TIMED_OUT, str(error))

    def verify(self, point: RestorePoint, *, deep: bool, ending: Ending = never) -> Sound | Damaged | Unseen:
        bench = self._bench.until(ending)
        if point.id == _WHOLE:
            if not deep:
                return Sound(says="the objects are listed", deep=False)
            return Unseen(Reason.NOT_VERIFIABLE_YET, "a mirror of files has no checksums to compare: restore it")
        if not deep:
            return self._there(point)
        with bench.folder(roomy=True) as folder:
            file = self._fetched(point.id, folder, bench)
            if not isinstance(file, Path):
                return file
            return verify_file(file, "dump" if _is_dump(file) else "archive", bench, deep=True)

    def restore(
        self, point: RestorePoint, into: Path, *, at: datetime | None = None, ending: Ending = never
    ) -> Restored | Damaged | Unseen:
        bench = self._bench.until(ending)
        if at is not None:
            return Unseen(Reason.NOT_CONFIGURED, f"{point.id} holds one moment only: it cannot be recovered to another")
        if unready := ready(into):
            return unready
        needed = [place_needed(self._backup.repository, self._backup.url or "AWS")]
        if self._backup.credentials is not None:
            needed.append(credential_needed(self._backup.credentials))
        if point.id == _WHOLE:
            return self._all(point, into, bench) or files_restored(point, into, tuple(needed), bench)
        with bench.folder(roomy=True) as folder:
            file = self._fetched(point.id, folder, bench)
            if not isinstance(file, Path):
                return file
            return restore_file(file, "dump" if _is_dump(file) else "archive", point, into, None, tuple(needed), bench)

    def _client(self) -> Any:
        return client("s3", self._credentials, self._backup.region, self._backup.url, self._ca)

    def _objects(self, service: Any, bench: Bench) -> list[dict[str, Any]] | Unseen:
        found: list[dict[str, Any]] = []
        for page in service.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=self._prefix):
            bench.check()
            found += [
                item
                for item in page.get("Contents", ())
                if not item["Key"].endswith(("/", f"/{CANARY}")) and not item["Key"].endswith(ENDS)
            ]
            if len(found) > bench.limits.files:
                return Unseen(Reason.INCOMPLETE, f"the bucket has more than {bench.limits.files} objects there")
        return found

    def _point(self, item: dict[str, Any], service: Any) -> RestorePoint:
        head = service.head_object(Bucket=self._bucket, Key=item["Key"]) if service else {}
        by_store = str(head.get("ServerSideEncryption") or "")
        by_maker = self._scheme(item, service) if service else ""
        schemes = ", ".join(part for part in (by_maker, f"{by_store} (server side)" if by_store else "") if part)
        until = head.get("ObjectLockRetainUntilDate")
        return RestorePoint(
            id=str(item["Key"]),
            completed=item["LastModified"].astimezone(UTC),
            size=int(item["Size"]),
            encrypted=schemes if service else None,
            store_key=by_store == _STORES_OWN and not by_maker,
            where=shown(f"s3://{self._bucket}/{item['Key']}"),
            keep_until=until.astimezone(UTC) if isinstance(until, datetime) else None,
        )

    def _scheme(self, item: dict[str, Any], service: Any) -> str:
        """With what an object was encrypted before it came there."""
        if not item["Size"]:
            return ""
        answer = service.get_object(Bucket=self._bucket, Key=item["Key"], Range=f"bytes=0-{HEAD - 1}")
        return scheme_of(answer["Body"].read(HEAD), PurePosixPath(item["Key"]).suffix)

    def _mirror(self, objects: list[dict[str, Any]], service: Any) -> RestorePoint:
        size = sum(int(item["Size"]) for item in objects)
        # Some of them show that it is not encrypted; that it is, only all of them.
        asked = [self._point(item, service) for item in objects[:_ASKED]]
        plain = any(not point.encrypted for point in asked)
        schemes = " or ".join(sorted({point.encrypted or "" for point in asked}))
        return RestorePoint(
            id=_WHOLE,
            completed=max(item["LastModified"] for item in objects).astimezone(UTC),
            size=size,
            restored_size=size,
            kind=PointKind.SNAPSHOT,
            contents=Contents.FILES,
            form="folder",
            encrypted="" if plain else schemes if len(asked) == len(objects) else None,
            store_key=any(point.store_key for point in asked),
            where=self._backup.repository,
        )

    def _there(self, point: RestorePoint) -> Sound | Damaged | Unseen:
        try:
            head = self._client().head_object(Bucket=self._bucket, Key=point.id)
        except Failure as error:
            return unseen(error, point.id)
        if int(head["ContentLength"]) == 0:
            return Damaged(damage=Damage.EMPTY, says=f"{point.id} is empty: it has no bytes")
        return Sound(says=f"the object is there with {head['ContentLength']} bytes", deep=False)

    def _fetched(self, key: str, folder: Path, bench: Bench) -> Path | Damaged | Unseen:
        target = folder / PurePosixPath(key).name
        try:
            answer = self._client().get_object(Bucket=self._bucket, Key=key)
            with private(target) as file:
                total, _tail = copied(cast("BinaryIO", answer["Body"]), file, bench)
        except Failure as error:
            return unseen(error, key)
        except GivenUpError as error:
            return Unseen(Reason.TIMED_OUT, f"{key}: {error}")
        except OSError as error:
            return failed(error, key)
        if total != int(answer["ContentLength"]):
            return Unseen(Reason.INCOMPLETE, f"{key} was not received as a whole")
        return target

    def _all(self, point: RestorePoint, into: Path, bench: Bench) -> Damaged | Unseen | None:
        """Bring a mirror back; None when all of it is there."""
        try:
            objects = self._objects(self._client(), bench)
        except Failure as error:
            return unseen(error, f"the bucket {self._bucket}")
        except GivenUpError as error:
            return Unseen(Reason.TIMED_OUT, str(error))
        if isinstance(objects, Unseen):
            return objects
        for item in objects:
            name = str(item["Key"])[len(self._prefix) :].lstrip("/") or PurePosixPath(item["Key"]).name
            parts = PurePosixPath(name).parts
            if ".." in parts or "\0" in name:
                return Unseen(Reason.NOT_PERMITTED, f"the name of an object leads out of its folder: {name[:100]!r}")
            folder = into.joinpath(*parts[:-1])
            try:
                os.makedirs(folder, mode=0o700, exist_ok=True)
            except OSError as error:
                return failed(error, name)
            file = self._fetched(str(item["Key"]), folder, bench)
            if not isinstance(file, Path):
                return file
        return None


def _is_dump(file: Path) -> bool:
    ends = file.suffixes[-2:]
    return any(end in (".dump", ".sql", ".pgdump", ".sqlite", ".sqlite3", ".db", ".backup") for end in ends)
