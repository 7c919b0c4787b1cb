"""Databases, media folders, buckets and volumes that the application uses, wherever they show."""

from collections.abc import Iterator

from prodproof.facts import Location, Proof, Reason, Subject, Survey, Unseen
from prodproof.facts.declared import Declared
from prodproof.facts.django import DjangoSettings
from prodproof.facts.stores_in_use import StoreInUse, StoresInUse
from prodproof.probes._application import asked_settings
from prodproof.probes._compose import compose_files
from prodproof.probes._files import is_for_development, is_sample
from prodproof.probes._volumes import volumes
from prodproof.probes.probe import probe
from prodproof.reach.git.repository import RepositoryReader, shown
from prodproof.reach.git.tree import read_tree
from prodproof.reach.world import World
from prodproof.system.discover.found import Found, Kind
from prodproof.system.discovery import discover

SETTINGS = "the application's settings"
_ENGINES = (("postg", "postgres"), ("mysql", "mysql"), ("sqlite", "sqlite"), ("spatialite", "sqlite"),
            ("oracle", "oracle"), ("mssql", "mssql"))  # fmt: skip
_BUCKETS = ("s3", "gcloud", "azure", "Google", "Azure")


@probe(StoresInUse, per=Declared, proof=Proof.INSIDE, time_limit=300)
def observe(about: Declared, world: World) -> Survey[StoresInUse]:
    """One observation for the system."""
    gaps: list[Unseen] = []
    told: list[DjangoSettings] = []
    for app in about.django:
        settings = asked_settings(world, app)
        if isinstance(settings, Unseen):
            gaps.append(Unseen(settings.why, f"which stores the application uses: {settings.detail}"))
        else:
            told.append(settings)
    found = [store for settings in told for store in of_settings(settings)]
    for repository in about.repositories:
        reader = world.repositories.get(repository.path)
        if isinstance(reader, RepositoryReader):
            found += _of_repository(reader, gaps, with_source=not told)
        else:
            gaps.append(reader or Unseen(Reason.NOT_DECLARED, "no repository is declared"))
    first = {(store.kind, store.name): store for store in reversed(found)}
    fact = StoresInUse(found=tuple(sorted(first.values(), key=lambda item: (item.kind, item.name))), asked=bool(told))
    return Survey(StoresInUse, (world.inside(Subject("system", about.system), fact),), tuple(dict.fromkeys(gaps)))


def of_settings(settings: DjangoSettings) -> Iterator[StoreInUse]:
    """What a loaded Django application keeps data in."""
    for database in settings.databases:
        kind = next((kind for sign, kind in _ENGINES if sign in database.engine.lower()), "database")
        yield StoreInUse(kind=kind, name=database.alias, seen_in=SETTINGS)
    for cache in settings.caches:
        if "redis" in cache.backend.lower():
            yield StoreInUse(kind="redis", name=cache.alias, seen_in=SETTINGS)
    for storage in settings.storages:
        if storage.alias != "staticfiles" and any(sign in storage.backend for sign in _BUCKETS):
            yield StoreInUse(kind="bucket", name=storage.alias, seen_in=SETTINGS)
    if folder := settings.value("MEDIA_ROOT"):
        yield StoreInUse(kind="files", name="MEDIA_ROOT", place=str(folder), seen_in=SETTINGS)


def _of_repository(reader: RepositoryReader, gaps: list[Unseen], *, with_source: bool) -> Iterator[StoreInUse]:
    tree = read_tree(reader)
    gaps += tree.gaps
    for item in discover(tree):
        if (
            item.kind not in (Kind.DATA_STORE, Kind.MEDIA)
            or is_sample(item.at.path)
            or is_for_development(item.at.path)
        ):
            continue
        # A running application says it better than its source, which has other environments in it, too.
        if with_source or not item.at.path.endswith(".py"):
            yield _as_store(item)
    for path, documents in compose_files(reader):
        if isinstance(documents, Unseen):
            gaps.append(documents)
        else:
            yield from volumes(documents, path)


def _as_store(item: Found) -> StoreInUse:
    place = Location(shown(item.at.path), item.at.line)
    kind = "files" if item.kind is Kind.MEDIA else item.detail
    return StoreInUse(kind=kind, name=item.name, seen_in=place.path, location=place)
