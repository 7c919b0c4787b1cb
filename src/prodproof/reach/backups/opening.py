"""From a declared backup to the adapter that can answer."""

from pathlib import Path

from prodproof.facts import Reason, Unseen
from prodproof.facts import declared as given
from prodproof.facts.declared import Backup, Declared
from prodproof.reach.backups._bench import Bench
from prodproof.reach.backups.backup_store import BackupStore, Limits
from prodproof.reach.secret import Secret

_FILES = ("dump", "archive", "folder", "sqlite", "mysql-dump")
UNTRUSTED = Unseen(
    Reason.NOT_PERMITTED, "backup programs are not run without trust: prodproof trust, or verify --trust"
)


def opened(backup: Backup, declared: Declared, limits: Limits, mark: str, scratch: Path | None) -> BackupStore | Unseen:
    """As `backup_store.open_store`."""
    root = Path(declared.root or ".")
    bench = Bench(limits, mark, scratch)
    if backup.kind in _FILES:
        from prodproof.reach.backups.files import FileStore

        return FileStore(backup, root, bench)
    # Their programs do what their settings say, reach places that the repository names, and need secrets.
    if not declared.trusted:
        return UNTRUSTED
    password = value_of(backup, backup.password, declared)
    credentials = value_of(backup, backup.credentials, declared)
    for value in (password, credentials):
        if isinstance(value, Unseen):
            return value
    assert not isinstance(password, Unseen) and not isinstance(credentials, Unseen)
    return _program(backup, root, bench, password, credentials)


def _program(
    backup: Backup, root: Path, bench: Bench, password: Secret | None, credentials: Secret | None
) -> BackupStore | Unseen:
    if backup.kind == "restic":
        from prodproof.reach.backups.restic import ResticStore

        if password is None:
            return Unseen(Reason.NOT_DECLARED, f"the backup {backup.name} names no password")
        return ResticStore(backup, root, bench, password, credentials)
    if backup.kind == "borg":
        from prodproof.reach.backups.borg import BorgStore

        return BorgStore(backup, root, bench, password)
    if backup.kind == "pgbackrest":
        from prodproof.reach.backups.pgbackrest import PgBackRestStore

        return PgBackRestStore(backup, root, bench, password, credentials)
    if backup.kind == "barman":
        from prodproof.reach.backups.barman import BarmanStore

        return BarmanStore(backup, root, bench)
    if backup.kind == "s3":
        from prodproof.reach.backups.s3 import S3Store

        return S3Store(backup, root, bench, credentials)
    if backup.kind == "rds":
        from prodproof.reach.backups.rds import RdsStore

        return RdsStore(backup, credentials)
    return Unseen(Reason.NOT_CONFIGURED, f"backups of the kind {backup.kind} are not known")


def value_of(backup: Backup, reference: str | None, declared: Declared) -> Secret | Unseen | None:
    """What a reference of a backup stands for; by the declared secret of that reference, if there is one."""
    if reference is None:
        return None
    found = secret_of(reference, f"of {backup.name}", backup.environment, declared)
    if isinstance(found, Unseen):
        return Unseen(found.why, f"the key of the backup {backup.name}: {found.detail}")
    return found


def secret_of(reference: str, name: str, environment: str, declared: Declared) -> Secret | Unseen:
    """The value of a reference; by the declared secret of that reference, if there is one, else by `name`."""
    from prodproof.reach.secrets.stores import Stores

    known = next((item for item in declared.all_secrets if item.ref == reference), None)
    with Stores(declared) as stores:
        return stores.read(known or given.Secret(name=name, ref=reference, environment=environment))
