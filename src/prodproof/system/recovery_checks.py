"""What no single value of the tables about recovery shows to be wrong."""

import difflib
import re
from collections.abc import Iterable, Iterator

from prodproof.system.environments import environment_of
from prodproof.system.errors import Problem, inert
from prodproof.system.merged import SystemFile
from prodproof.system.rotation_checks import ours

_FILES = ("archive", "dump", "folder", "sqlite", "mysql-dump")
_NEEDS = {
    **dict.fromkeys(_FILES, "path"),
    "pgbackrest": "stanza",
    "barman": "server",
    "restic": "repository",
    "borg": "repository",
    "s3": "repository",
    "rds": "server",
}
_ONLY_OF = {
    "path": _FILES,
    "repository": ("pgbackrest", "restic", "borg", "s3"),
    "stanza": ("pgbackrest",),
    "server": ("barman", "rds"),
    "config": ("pgbackrest", "barman"),
    "password": ("pgbackrest", "restic", "borg"),
    "credentials": ("pgbackrest", "restic", "s3", "rds"),
    "region": ("restic", "s3", "rds"),
    "url": ("s3", "rds"),
    "production_credentials": ("pgbackrest", "restic", "s3"),
    "ca": ("restic", "s3"),
}


def problems_of_recovery(file: SystemFile) -> Iterator[Problem]:
    """Everything that does not fit together."""
    yield from _scenarios(file)
    yield from _erasures(file)
    stores = {store.name for store in file.tables.data_store}
    for index, backup in enumerate(file.tables.backup):
        if backup.store and backup.store not in stores:
            yield file.problem("backup", index, "store", no_store(backup.store, stores))
        needed = _NEEDS[backup.kind]
        if not getattr(backup, needed):
            yield file.problem("backup", index, None, f"of the kind {backup.kind} needs {needed} = …")
        for key, kinds in _ONLY_OF.items():
            if getattr(backup, key) and backup.kind not in kinds:
                yield file.problem("backup", index, key, f"counts only for the kind {' or '.join(kinds)}")
        if backup.kind == "restic" and not backup.password:
            yield file.problem("backup", index, None, "of the kind restic needs password = a secret reference")
        if backup.kind == "pgbackrest" and backup.config and backup.repository:
            yield file.problem("backup", index, "repository", "is said by config already; leave one of them out")
        if backup.kind == "pgbackrest" and backup.credentials and not backup.config:
            yield file.problem("backup", index, "credentials", "counts only beside config, which names the bucket")
        if backup.kind == "s3" and backup.repository and not re.match(r"s3://[a-z0-9][a-z0-9.-]+", backup.repository):
            yield file.problem("backup", index, "repository", 'of the kind s3 is "s3://BUCKET/PREFIX"')


def no_store(name: str, known: Iterable[str]) -> str:
    """What is said of a data store that is not declared."""
    near = difflib.get_close_matches(name, list(known), n=1)
    hint = f'did you mean "{inert(near[0])}"?' if near else "declare it as a [[data_store]]"
    return f'there is no data store "{inert(name)}"; {hint}'


def _scenarios(file: SystemFile) -> Iterator[Problem]:
    for index, store in enumerate(file.tables.data_store):
        names = [item.name for item in store.scenario]
        for name in sorted({name for name in names if names.count(name) > 1}):
            yield file.problem("data_store", index, "scenario", f'two are called "{inert(name)}"')
        for item in store.scenario:
            if item.runbook and ".." in item.runbook.split("/"):
                yield file.problem("data_store", index, "scenario", f"{inert(item.runbook)} lies outside of here")
            if item.health and item.kind != "service-restart":
                yield file.problem("data_store", index, "scenario", "health counts only for the kind service-restart")
            elif item.health and not ours(item.health, environment_of(store, file.tables), file.tables):
                message = f"health {inert(item.health)} lies below no [[entry_point]] that allows test-traffic"
                yield file.problem("data_store", index, "scenario", message)


def _erasures(file: SystemFile) -> Iterator[Problem]:
    stores = {store.name: store.kind for store in file.tables.data_store}
    logs: dict[tuple[str, str | None], tuple[str, str]] = {}
    for index, item in enumerate(file.tables.erasure):
        kind = stores.get(item.store)
        if kind is None:
            yield file.problem("erasure", index, "store", no_store(item.store, stores))
        elif kind not in ("postgres", "sqlite"):
            yield file.problem("erasure", index, "store", "people are erased again only in postgres and sqlite")
        log = (item.log, item.log_key)
        if logs.setdefault((item.store, environment_of(item, file.tables)), log) != log:
            yield file.problem("erasure", index, "log", "is another one than that of the same store; keep one, one key")
