"""When copies of each data store were begun and whole, and how far PostgreSQL's log is archived."""

from prodproof.facts import Proof, Reason, Survey, Unseen
from prodproof.facts.declared import Backup, DataStore
from prodproof.facts.store_backups import Archiving, BackupMoments, Moment, StoreBackups, UnlistedBackup
from prodproof.probes.probe import probe
from prodproof.reach.backups.backup_store import PROGRAMS, Limits, open_store
from prodproof.reach.backups.opening import secret_of
from prodproof.reach.world import World

MOST_POINTS = 2_000


@probe(StoreBackups, per=DataStore, proof=Proof.INSIDE, time_limit=600, optional_tools=PROGRAMS)
def observe(store: DataStore, world: World) -> Survey[StoreBackups]:
    """One observation for each declared data store."""
    return Survey(StoreBackups, (world.inside(store.subject, _seen(store, world)),))


def _seen(store: DataStore, world: World) -> StoreBackups:
    own = [backup for backup in world.declared.backups if backup.store == store.name]
    # Asked first, so that whatever is archived by then must be in what is listed afterwards.
    archiving = _archiving(store, world) if store.kind.startswith("postgres") else None
    listed = [_listed(backup, world) for backup in own]
    kept = [backup.keep for backup in own if backup.keep is not None]
    return StoreBackups(
        looked=world.now,
        backups=tuple(item for item in listed if isinstance(item, BackupMoments)),
        unlisted=tuple(item for item in listed if isinstance(item, UnlistedBackup)),
        keep=max(kept, default=None),
        archiving=archiving,
    )


def _archiving(store: DataStore, world: World) -> Archiving | Unseen:
    from prodproof.reach.backups.archiving import archiving_of

    if store.dsn is None:
        return Unseen(Reason.NOT_DECLARED, f"no dsn is declared for {store.name}, so its archiving is not seen")
    if not world.declared.trusted:
        return Unseen(Reason.NOT_PERMITTED, "databases are asked only with trust: prodproof trust, or verify --trust")
    dsn = secret_of(store.dsn, store.name, store.environment, world.declared)
    return dsn if isinstance(dsn, Unseen) else archiving_of(dsn)


def _listed(backup: Backup, world: World) -> BackupMoments | UnlistedBackup:
    world.progress(f"listing the backup {backup.name}")
    opened = open_store(backup, world.declared, limits=Limits(points=MOST_POINTS))
    points = opened if isinstance(opened, Unseen) else opened.points()
    if isinstance(points, Unseen):
        return UnlistedBackup(backup=backup.name, offsite=bool(backup.offsite), unseen=points)
    usable = [point for point in points if not point.trouble]
    return BackupMoments(
        backup=backup.name,
        kind=backup.kind,
        offsite=bool(backup.offsite),
        moments=tuple(Moment(started=point.started, completed=point.completed) for point in usable),
        log_until=max((point.wal.last for point in usable if point.wal is not None), default=""),
    )
