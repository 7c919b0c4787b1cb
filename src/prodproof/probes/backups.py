"""Secrets in copies of data: archives, dumps and folders as they lie there, repositories by their newest copy."""

import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from itertools import islice
from pathlib import Path

from prodproof.facts import Proof, Survey, Unseen
from prodproof.facts.backups import BackupSearch
from prodproof.facts.declared import Backup
from prodproof.facts.traced import SecretSeen
from prodproof.probes._globbed import globbed
from prodproof.probes._restored import RESTORING, newest_restored
from prodproof.probes._traced import SEARCH_TIME, known_values, trace
from prodproof.probes.probe import probe
from prodproof.reach.backups.backup_store import PROGRAMS
from prodproof.reach.files.encrypted import head_of, repository_of, scheme_of
from prodproof.reach.git.repository import shown
from prodproof.reach.world import World
from prodproof.trace.content.recognise import HEAD, Kind, recognise
from prodproof.trace.sources.files import FilesSource
from prodproof.trace.stream import Source

MOST_LOOKED_AT = 20_000
"""Files of one folder whose first bytes are looked at."""

_DATABASE = (".dump", ".sql", ".pgdump", ".sqlite", ".sqlite3", ".db", ".bak", ".backup")
_PACKED = (".gz", ".zst", ".bz2", ".xz", ".zip", ".lz4")


@probe(
    BackupSearch,
    per=Backup,
    proof=Proof.INSIDE,
    time_limit=SEARCH_TIME + RESTORING + 60,
    optional_tools=PROGRAMS,
    reuse_for=timedelta(hours=6),
)
def observe(backup: Backup, world: World) -> Survey[BackupSearch]:
    """One observation for each declared backup: all files of its glob, or the newest point of a repository."""
    return Survey(BackupSearch, (world.inside(backup.subject, _search(backup, world)),))


def _search(backup: Backup, world: World) -> BackupSearch | Unseen:
    return _files(backup, world) if backup.path else _repository(backup, world)


def _repository(backup: Backup, world: World) -> BackupSearch | Unseen:
    with newest_restored(backup, world) as looked:
        if isinstance(looked, Unseen):
            return looked
        source = FilesSource(shown(looked.point.id), looked.where)
        traced = trace(world, [source], known=known_values(world, world.declared.all_secrets))
        locked = tuple(_encrypted((looked.where,)))
        in_data = tuple(
            item
            for item in traced.seen
            if item.rule != "value" and (looked.is_data(item.path) or _is_data(item, set()))
        )
        return BackupSearch(
            kind=backup.kind,
            files=(shown(looked.point.id),),
            encrypted=tuple(
                f"{shown(os.fspath(path.relative_to(looked.where)))} ({scheme})" for path, scheme in locked
            ),
            traced=replace(traced, seen=tuple(item for item in traced.seen if item not in in_data)),
            in_data=in_data,
        )


def _files(backup: Backup, world: World) -> BackupSearch | Unseen:
    root = Path(world.declared.root or ".")
    files = globbed(root, backup.path)
    if isinstance(files, Unseen):
        return files
    locked = dict(_encrypted(files))
    sources: list[Source] = [FilesSource(path.name, path) for path in files if path not in locked]
    databases = {path.name for path in files if backup.kind == "dump" or _is_database(path)}
    traced = trace(world, sources, known=known_values(world, world.declared.all_secrets))
    in_data = tuple(item for item in traced.seen if item.rule != "value" and _is_data(item, databases))
    return BackupSearch(
        kind=backup.kind,
        files=tuple(shown(path.name) for path in files),
        encrypted=tuple(f"{shown(_name(path, files))} ({scheme})" for path, scheme in locked.items()),
        traced=replace(traced, seen=tuple(item for item in traced.seen if item not in in_data)),
        in_data=in_data,
    )


def _encrypted(files: tuple[Path, ...]) -> Iterator[tuple[Path, str]]:
    for path in files:
        scheme = repository_of(path) if path.is_dir() else _scheme(path)
        if scheme:
            yield path, scheme
        elif path.is_dir():
            inside = (file for file in path.rglob("*") if file.is_file() and not file.is_symlink())
            yield from ((file, scheme) for file in islice(inside, MOST_LOOKED_AT) if (scheme := _scheme(file)))


def _name(path: Path, files: tuple[Path, ...]) -> str:
    """The file's name, after that of the folder that it was found in."""
    folder = next((item for item in files if item in path.parents), None)
    return str(path.relative_to(folder.parent)) if folder else path.name


def _scheme(path: Path) -> str:
    return scheme_of(head_of(path), path.suffix)


def _is_database(path: Path) -> bool:
    return not path.is_dir() and recognise(head_of(path)[:HEAD], path.name) in (Kind.PG_DUMP, Kind.SQLITE)


def _is_data(item: SecretSeen, databases: set[str]) -> bool:
    """Whether a finding lies within a dump or a database file."""
    outer, *inner = item.path.split("!")
    if outer.rpartition("/")[2] in databases or outer in databases:
        return True
    return any(_has_data(name) for name in (outer, *inner))


def _has_data(name: str) -> bool:
    lowered = name.lower()
    for packed in _PACKED:
        lowered = lowered.removesuffix(packed)
    return lowered.endswith(_DATABASE)
