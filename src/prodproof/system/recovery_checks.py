"""What no single value of the tables about recovery shows to be wrong."""

import difflib
import re
from collections.abc import Iterator

from prodproof.system.errors import Problem, inert
from prodproof.system.merged import SystemFile

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
    "credentials": ("restic", "s3", "rds"),
    "region": ("restic", "s3", "rds"),
    "url": ("s3", "rds"),
}


def problems_of_recovery(file: SystemFile) -> Iterator[Problem]:
    """Everything that does not fit together."""
    stores = {store.name for store in file.tables.data_store}
    for index, backup in enumerate(file.tables.backup):
        if backup.store and backup.store not in stores:
            near = difflib.get_close_matches(backup.store, list(stores), n=1)
            hint = f'did you mean "{inert(near[0])}"?' if near else "declare it as a [[data_store]]"
            yield file.problem("backup", index, "store", f'there is no data store "{inert(backup.store)}"; {hint}')
        needed = _NEEDS[backup.kind]
        if not getattr(backup, needed):
            yield file.problem("backup", index, None, f"of the kind {backup.kind} needs {needed} = …")
        for key, kinds in _ONLY_OF.items():
            if getattr(backup, key) and backup.kind not in kinds:
                yield file.problem("backup", index, key, f"counts only for the kind {' or '.join(kinds)}")
        if backup.kind == "restic" and not backup.password:
            yield file.problem("backup", index, None, "of the kind restic needs password = a secret reference")
        if backup.kind == "pgbackrest" and backup.config and (backup.repository or backup.password):
            extra = "repository" if backup.repository else "password"
            yield file.problem("backup", index, extra, "is said by config already; leave one of them out")
        if backup.kind == "s3" and backup.repository and not re.match(r"s3://[a-z0-9][a-z0-9.-]+", backup.repository):
            yield file.problem("backup", index, "repository", 'of the kind s3 is "s3://BUCKET/PREFIX"')
