"""What each declared backup could restore: its points with their times, and the newest one verified by its own tool."""

from datetime import datetime, timedelta
from pathlib import Path

from prodproof.facts import Proof, Survey, Unseen
from prodproof.facts.backups import BackupInventory, VerifiedPoint
from prodproof.facts.declared import Backup
from prodproof.facts.restore_points import RestorePoint
from prodproof.probes.probe import probe
from prodproof.reach.backups.backup_store import PROGRAMS, BackupStore, Limits, open_store
from prodproof.reach.backups.keys_beside import keys_beside
from prodproof.reach.backups.restic import ResticStore
from prodproof.reach.backups.retention import retention_of
from prodproof.reach.world import World

MOST_POINTS = 2_000
READ_WHOLE = 1 << 30
"""Bytes up to which a copy is read to its end at each look; larger ones are, when they are restored in a drill."""

_VERIFYING = 1800.0
"""Seconds."""


@probe(
    BackupInventory,
    per=Backup,
    proof=Proof.INSIDE,
    time_limit=_VERIFYING + 300,
    optional_tools=("pg_restore", *PROGRAMS),
    reuse_for=timedelta(hours=6),
)
def observe(backup: Backup, world: World) -> Survey[BackupInventory]:
    """One observation for each declared backup."""
    return Survey(BackupInventory, (world.inside(backup.subject, _inventory(backup, world)),))


def _inventory(backup: Backup, world: World) -> BackupInventory | Unseen:
    store = open_store(backup, world.declared, limits=Limits(verifying=_VERIFYING, points=MOST_POINTS))
    if isinstance(store, Unseen):
        return store
    world.progress(f"listing the backup {backup.name}")
    points = store.points()
    if isinstance(points, Unseen):
        return points
    verified: tuple[VerifiedPoint, ...] = ()
    if points:
        world.progress(f"verifying the newest of {backup.name}")
        deep = _is_small(backup, store, points[0], Path(world.declared.root or "."))
        verified = (VerifiedPoint(id=points[0].id, deep=deep, result=store.verify(points[0], deep=deep)),)
    beside, gap = keys_beside(backup, points, world.declared)
    earlier = world.previous(BackupInventory, backup.subject)
    place = backup.path or backup.repository or backup.config or backup.server or backup.stanza
    return BackupInventory(
        kind=backup.kind,
        store=backup.store,
        points=points,
        verified=verified,
        keep=backup.keep,
        place=place,
        offsite=backup.offsite,
        looked=world.now,
        begun=_begun(points, earlier.seen if earlier is not None else None, backup.kind, place),
        retention_set=retention_of(backup, world.declared),
        keys_beside=beside,
        keys_unseen=gap,
    )


def _begun(points: tuple[RestorePoint, ...], earlier: object, kind: str, place: str) -> datetime | None:
    """When the oldest copy was made that was ever seen at this place."""
    times = [moment for point in points if (moment := point.completed or point.started)]
    if isinstance(earlier, BackupInventory) and (earlier.kind, earlier.place) == (kind, place) and earlier.begun:
        times.append(earlier.begun)
    return min(times, default=None)


def _is_small(backup: Backup, store: BackupStore, point: RestorePoint, root: Path) -> bool:
    """Whether all of it can be read at each look: of restic and borg, which check whole repositories, all of that."""
    if isinstance(store, ResticStore):
        size = store.stored_bytes()
        return size is not None and size <= READ_WHOLE
    if backup.kind != "borg":
        return point.size is not None and point.size <= READ_WHOLE
    folder = root / backup.repository
    if not folder.is_dir():
        return False
    total = 0
    for path in folder.rglob("*"):
        total += path.lstat().st_size
        if total > READ_WHOLE:
            return False
    return True
