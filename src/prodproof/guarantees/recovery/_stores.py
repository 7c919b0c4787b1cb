"""Which declared data store is one that was found in use, and in which ways each kind is lost."""

from collections.abc import Iterable
from pathlib import PurePosixPath

from prodproof.facts.declared import DataStore, ScenarioKind
from prodproof.facts.stores_in_use import StoreInUse

_FAMILIES = {
    "postgresql": "postgres",
    "timescale": "postgres",
    "timescaledb": "postgres",
    "mariadb": "mysql",
    "sqlite3": "sqlite",
    "valkey": "redis",
    "keydb": "redis",
    "elasticsearch": "search",
    "opensearch": "search",
    "rabbitmq": "queue",
    "kafka": "queue",
    "sqs": "queue",
    "s3": "bucket",
    "gcs": "bucket",
    "folder": "files",
    "directory": "files",
    "volume": "files",
    "media": "files",
}
_DATABASES = ("postgres", "mysql", "sqlite", "oracle", "mssql")
_FILLED_ANEW = ("redis", "search")
"""What may be declared as a cache."""
_WAYS = {
    "sqlite": (ScenarioKind.LOGICAL_CORRUPTION, ScenarioKind.TOTAL_LOSS),
    "files": (ScenarioKind.TOTAL_LOSS,),
    "bucket": (ScenarioKind.TOTAL_LOSS,),
    "cache": (ScenarioKind.SERVICE_RESTART,),
}


def ways_of_losing(kind: str) -> tuple[ScenarioKind, ...]:
    """The scenarios that a kind of data store needs: what is no service is not started anew, what can be filled anew is
    not restored, and files have one way back.
    """
    return _WAYS.get(family(kind), tuple(ScenarioKind))


def undeclared(found: Iterable[StoreInUse], declared: Iterable[DataStore]) -> list[StoreInUse]:
    """Those of the stores in use that no declared one stands for.

    By name; else by kind, for nobody can tell two databases of one kind apart from outside. A folder that another one
    holds (a volume with MEDIA_ROOT in it) is that one.
    """
    stores = tuple(declared)
    in_use = tuple(found)
    return [
        store
        for store in in_use
        if not any(_is_same(store, item) for item in stores)
        and not any(_holds(store, other) and any(_is_same(other, item) for item in stores) for other in in_use)
    ]


def family(kind: str) -> str:
    """One word for all that are restored alike."""
    return _FAMILIES.get(kind.lower(), kind.lower())


def _is_same(store: StoreInUse, item: DataStore) -> bool:
    if store.name.lower() == item.name.lower():
        return True
    used, told = family(store.kind), family(item.kind)
    if used == "database":
        return told in _DATABASES
    if told == "cache":
        return used in _FILLED_ANEW
    if used == "files":
        if item.restore.source is not None and store.place:
            return item.restore.source.rstrip("/") == store.place.rstrip("/")
        return told in ("files", "bucket")
    return used == told


def _holds(store: StoreInUse, other: StoreInUse) -> bool:
    """Whether the folder of one has the other's in it."""
    return bool(store.place) and PurePosixPath(other.place).is_relative_to(store.place)


def shown(store: StoreInUse) -> str:
    """A store as a person knows it: `MEDIA_ROOT (files at /srv/media, in the application's settings)`."""
    at = f" at {store.place}" if store.place else ""
    where = f", in {store.seen_in}" if store.seen_in else ""
    return f"{store.name} ({store.kind}{at}{where})"
