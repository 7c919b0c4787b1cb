"""The newest point of a repository of backups, brought back to be looked at."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from prodproof.facts import Reason, Unseen
from prodproof.facts.declared import Backup
from prodproof.facts.restore_points import Contents, Damaged, RestorePoint
from prodproof.reach.backups.backup_store import BackupStore, Limits, Piece, open_store
from prodproof.reach.scratch import private_folder
from prodproof.reach.world import World

LARGEST = 1 << 30
"""Bytes of a restored copy that is looked at; larger ones are, when they are restored in a drill."""

RESTORING = 900.0
"""Seconds."""

_PAGES = re.compile(r"(?:base|global|pg_\w+)/")
"""Folders of a data directory that hold rows, or what was done to them; all else in it are settings and logs."""

_OF_TOOLS = re.compile(r"(?:log|tablespaces)/")
"""Where the adapters put segments of the log, and tablespaces, beside a data directory."""


@dataclass(frozen=True)
class Looked:
    """What came back."""

    point: RestorePoint
    where: Path
    pieces: tuple[Piece, ...]

    def is_data(self, path: str) -> bool:
        """Whether a path within it is part of a database."""
        return any(_is_part(path, os.path.relpath(piece.where, self.where), piece) for piece in self.pieces)


def _is_part(path: str, place: str, piece: Piece) -> bool:
    if piece.contents is Contents.FILES:
        return False
    if piece.contents is not Contents.DATA_DIRECTORY:
        return path == place or path.startswith((f"{place}/", f"{place}!"))
    prefix = "" if place == "." else f"{place}/"
    inside = path.startswith(prefix) and _PAGES.match(path[len(prefix) :]) is not None
    return inside or _OF_TOOLS.match(path) is not None


@contextmanager
def newest_restored(backup: Backup, world: World) -> Iterator[Looked | Unseen]:
    """Restore the newest point into a private folder that is gone afterwards."""
    limits = Limits(restoring=RESTORING, size=LARGEST)
    opened = open_store(backup, world.declared, limits=limits)
    newest = opened if isinstance(opened, Unseen) else _newest(opened)
    if isinstance(newest, Unseen):
        yield newest
        return
    with private_folder(newest.restored_size or LARGEST) as folder:
        if isinstance(folder, Unseen):
            yield folder
            return
        yield _restored(backup, newest, folder, world, limits)


def _newest(store: BackupStore) -> RestorePoint | Unseen:
    points = store.points()
    if isinstance(points, Unseen):
        return points
    newest = next((point for point in points if not point.trouble), None)
    if newest is None:
        return Unseen(Reason.INCOMPLETE, "there is no restore point to look into")
    size = newest.restored_size or newest.size
    if size is None:
        return Unseen(Reason.INCOMPLETE, f"how large {newest.id} is when it is restored is not known")
    if size > LARGEST:
        return Unseen(
            Reason.INCOMPLETE, f"{newest.id} is larger than {LARGEST >> 30} GB, which is not restored to look"
        )
    return newest


def _restored(backup: Backup, point: RestorePoint, folder: Path, world: World, limits: Limits) -> Looked | Unseen:
    into, work = folder / "into", folder / "work"
    if backup.kind == "barman":
        folder.chmod(0o711)  # it becomes another user, who comes through to the place
    for made in (into, work):
        made.mkdir(mode=0o700)
    store = open_store(backup, world.declared, limits=limits, scratch=work)
    if isinstance(store, Unseen):
        return store
    world.progress(f"restoring the newest of {backup.name} to look into it")
    restored = store.restore(point, into)
    if isinstance(restored, Damaged):
        return Unseen(Reason.INCOMPLETE, f"it cannot be restored: {restored.says}")
    if isinstance(restored, Unseen):
        return restored
    return Looked(point, into, restored.pieces)
