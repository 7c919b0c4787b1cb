"""Snapshots of databases that AWS runs: what there is. Only the service itself could restore one."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from prodproof.facts import Reason, Unseen
from prodproof.facts.declared import Backup
from prodproof.reach.backups._aws import Failure, client, unseen
from prodproof.reach.backups.backup_store import (
    Contents,
    Damaged,
    Ending,
    PointKind,
    Restored,
    RestorePoint,
    Sound,
    never,
)
from prodproof.reach.backups.files import newest_first
from prodproof.reach.secret import Secret

_UNPROVEN = Unseen(
    Reason.NOT_VERIFIABLE_YET, "not proven without the service: AWS alone can verify or restore its snapshots"
)


class RdsStore:
    """The snapshots of one instance, made by the service or by hand."""

    def __init__(self, backup: Backup, credentials: Secret | None) -> None:
        self._backup = backup
        self._credentials = credentials

    def points(self, ending: Ending = never) -> tuple[RestorePoint, ...] | Unseen:
        backup = self._backup
        try:
            service = client("rds", self._credentials, backup.region, backup.url)
            # An instance that is not there has no snapshots either, and that is not the same.
            service.describe_db_instances(DBInstanceIdentifier=backup.server)
            found = []
            pages = service.get_paginator("describe_db_snapshots").paginate(DBInstanceIdentifier=backup.server)
            for page in pages:
                if ending():
                    return Unseen(Reason.TIMED_OUT, "the list was ended early")
                found += [self._point(item) for item in page["DBSnapshots"]]
        except Failure as error:
            return unseen(error, f"the database {backup.server}")
        return newest_first(found)

    def verify(self, point: RestorePoint, *, deep: bool, ending: Ending = never) -> Sound | Damaged | Unseen:
        return _UNPROVEN

    def restore(
        self, point: RestorePoint, into: Path, *, at: datetime | None = None, ending: Ending = never
    ) -> Restored | Damaged | Unseen:
        return _UNPROVEN

    def _point(self, item: dict[str, Any]) -> RestorePoint:
        status = str(item.get("Status", ""))
        made = item.get("SnapshotCreateTime") or item.get("OriginalSnapshotCreateTime")
        engine = str(item.get("Engine", ""))
        key = str(item.get("KmsKeyId") or "").rpartition("/")[2]
        return RestorePoint(
            id=str(item["DBSnapshotIdentifier"]),
            completed=made.astimezone(UTC) if isinstance(made, datetime) and status == "available" else None,
            started=made.astimezone(UTC) if isinstance(made, datetime) else None,
            restored_size=int(item.get("AllocatedStorage") or 0) * 1024**3 or None,
            kind=PointKind.SNAPSHOT,
            contents=Contents.DATA_DIRECTORY if "postgres" in engine else None,
            form=f"{item.get('SnapshotType', '')} {engine}".strip(),
            encrypted=f"KMS key {key}" if item.get("Encrypted") else "",
            where=f"RDS, {item.get('AvailabilityZone') or self._backup.region or 'AWS'!s}",
            server_version=str(item.get("EngineVersion") or ""),
            trouble="" if status == "available" else f"its state is {status or 'unknown'}",
        )
