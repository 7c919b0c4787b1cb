"""Backups cover the databases, uploaded files, configuration and all other data that is not in the repository.

Risk: The database comes back, and the customers' files do not: nobody had added them to the backup.
Verified: What the application keeps data in (its databases, Redis, MEDIA_ROOT and buckets by its own settings, else by
its source; services and volumes of compose files, Kubernetes and Terraform) is declared as [[data_store]], and each
that is declared, but for caches, is named by a [[backup]]. What the restore drill brought back is compared with the
source: its tables, the files, those that rows name; the newest heartbeat is the canary row, and must be there. A table
that is not in the copy, and may be newer than the backup, is unknown. Two databases of one kind are told apart by their
names alone; configuration is seen where it is one of these.
Mend: Compare what the application stores (databases, media, buckets, volumes, configuration) with what the
restore brings back, and add what is missing.
"""

from collections.abc import Iterator
from dataclasses import replace

from prodproof.facts.declared import Backup, DataStore, Declared
from prodproof.facts.declared.restoring import Restoring
from prodproof.facts.location import Location
from prodproof.facts.stores_in_use import StoreInUse, StoresInUse
from prodproof.guarantees.recovery import _came_back
from prodproof.guarantees.recovery._stores import shown, undeclared
from prodproof.verdicts import Example, Finding, Verdict, broken, guarantee, holds
from prodproof.verdicts.example import SHOP


@guarantee("recovery.coverage", seeds="M-B8", proof="drill", severity="critical")
def judge(fact: StoresInUse, declared: Declared) -> Verdict:
    """The system: is everything that is in use declared, and in a backup?"""
    if findings := list(_findings(fact, declared)):
        return broken(*findings)
    lasting = [store.name for store in declared.data_stores if store.lasting]
    return holds(f"{', '.join(lasting) or 'nothing that lasts'}: each in a backup")


judge.also(_came_back.came_back)


def _findings(fact: StoresInUse, declared: Declared) -> Iterator[Finding]:
    for store in undeclared(fact.found, declared.data_stores):
        yield Finding(
            "undeclared",
            f"{shown(store)} is no declared data store, and so in no backup",
            store.location,
            key=f"{store.kind}:{store.name}",
            mend='declare it as [[data_store]], with a [[backup]]; of the kind "cache" if it can be made anew',
        )
    named = {backup.store for backup in declared.backups}
    for item in declared.data_stores:
        if item.lasting and item.name not in named:
            yield Finding(
                "no-backup", f"{item.name} is in no [[backup]]", item.location, key=item.name, mend="back it up"
            )


_DATABASE = StoreInUse(kind="postgres", name="default", seen_in="the application's settings")
_MEDIA = StoreInUse(kind="files", name="MEDIA_ROOT", place="/srv/media", seen_in="the application's settings")
_CACHE = StoreInUse(kind="redis", name="default", seen_in="the application's settings")
_VOLUME = StoreInUse(
    kind="files", name="media", place="/srv", seen_in="compose.yml", location=Location("compose.yml", 12)
)
_FACT = StoresInUse(found=(_DATABASE, _MEDIA, _CACHE), asked=True)
_STORES = (
    DataStore(name="database", kind="postgresql"),
    DataStore(name="uploads", kind="files"),
    DataStore(name="sessions", kind="cache"),
)
_BACKUPS = (
    Backup(name="nightly", kind="pgbackrest", store="database"),
    Backup(name="files", kind="restic", store="uploads"),
)
_SHOP = replace(SHOP, data_stores=_STORES, backups=_BACKUPS)


def _files_at(folder: str) -> Declared:
    return replace(_SHOP, data_stores=(_STORES[0], replace(_STORES[1], restore=Restoring(source=folder)), _STORES[2]))


EXAMPLES = (
    Example("a database, files and a cache", _FACT, holds, _SHOP, says="database, uploads: each in a backup"),
    Example(
        "MEDIA_ROOT is missing from the backups",
        _FACT,
        broken,
        replace(_SHOP, backups=_BACKUPS[:1]),
        says="uploads is in no [[backup]]",
    ),
    Example(
        "MEDIA_ROOT is not declared",
        _FACT,
        broken,
        replace(_SHOP, data_stores=(_STORES[0], _STORES[2])),
        says="MEDIA_ROOT (files at /srv/media, in the application's settings) is no declared data store",
    ),
    Example("the files lie where they are said to be", _FACT, holds, _files_at("/srv/media/")),
    Example("the files lie elsewhere", _FACT, broken, _files_at("/srv/old"), says="MEDIA_ROOT (files at /srv/media"),
    Example(
        "where they lie is not known",
        replace(_FACT, found=(replace(_MEDIA, place=""),)),
        holds,
        _files_at("/srv/old"),
    ),
    Example("in a bucket", _FACT, holds, replace(_SHOP, data_stores=(*_STORES[::2], replace(_STORES[1], kind="s3")))),
    Example(
        "a volume that holds it",
        replace(_FACT, found=(*_FACT.found, _VOLUME)),
        holds,
        _files_at("/srv/media"),
    ),
    Example(
        "a volume beside it",
        replace(_FACT, found=(*_FACT.found, replace(_VOLUME, name="papers", place="/srv/med"))),
        broken,
        _files_at("/srv/media"),
        says="papers (files at /srv/med, in compose.yml) is no",
    ),
    Example(
        "a volume of its own name",
        replace(_FACT, found=(*_FACT.found, replace(_VOLUME, name="Papers", place="/papers"))),
        holds,
        replace(
            _files_at("/srv/media"),
            data_stores=(*_files_at("/srv/media").data_stores, DataStore(name="papers", kind="cache")),
        ),
    ),
    Example(
        "a second database, of another kind",
        replace(_FACT, found=(*_FACT.found, StoreInUse(kind="mysql", name="legacy"))),
        broken,
        _SHOP,
        says="legacy (mysql) is no declared data store",
    ),
    Example(
        "a database of a kind that is not told",
        replace(_FACT, found=(StoreInUse(kind="database", name="main", seen_in="infra/main.tf"),)),
        holds,
        _SHOP,
    ),
    Example(
        "a database of a kind that is not told, and none is declared",
        replace(_FACT, found=(StoreInUse(kind="database", name="main", seen_in="infra/main.tf"),)),
        broken,
        replace(_SHOP, data_stores=_STORES[1:]),
    ),
    *(
        Example(
            f"a database of a kind that is not told, which is {kind}",
            replace(_FACT, found=(StoreInUse(kind="database", name="main", seen_in="infra/main.tf"),)),
            holds,
            replace(_SHOP, data_stores=(DataStore(name="database", kind=kind),)),
        )
        for kind in ("mysql", "sqlite", "oracle", "mssql")
    ),
    Example(
        "an index that is filled anew", replace(_FACT, found=(StoreInUse(kind="search", name="index"),)), holds, _SHOP
    ),
    Example(
        "a queue is no cache",
        replace(_FACT, found=(*_FACT.found, StoreInUse(kind="queue", name="jobs"))),
        broken,
        _SHOP,
        says="jobs (queue)",
    ),
    Example("only a cache", StoresInUse(), holds, replace(_SHOP, data_stores=_STORES[2:]), says="nothing that lasts"),
    *_came_back.EXAMPLES,
)
