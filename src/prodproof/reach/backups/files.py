"""Backups that are files or folders of this machine: each that a glob finds is a restore point."""

import glob
import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

from prodproof.facts import Reason, Unseen
from prodproof.facts.declared import Backup
from prodproof.reach.backups._bench import Bench, failed, place_needed, ready
from prodproof.reach.backups._checksums import compared, is_checksum
from prodproof.reach.backups._format import Format
from prodproof.reach.backups._pieces import files_restored, measured
from prodproof.reach.backups._recognise import Recognised, recognise
from prodproof.reach.backups.archives import Archive
from prodproof.reach.backups.backup_store import (
    Contents,
    Damage,
    Damaged,
    Ending,
    Need,
    Restored,
    RestorePoint,
    Sound,
    never,
)
from prodproof.reach.backups.folders import Folder
from prodproof.reach.backups.mysql_dump import MysqlDump
from prodproof.reach.backups.pg_dump import PgDump
from prodproof.reach.backups.sqlite import Sqlite
from prodproof.reach.git.repository import shown

_FORMATS: dict[Contents, Format] = {
    Contents.DUMP: PgDump(),
    Contents.MYSQL_DUMP: MysqlDump(),
    Contents.SQLITE: Sqlite(),
    Contents.DATA_DIRECTORY: Folder(),
}
Result = TypeVar("Result", bound=Sound | Damaged | Restored | Unseen)

_SLACK = timedelta(hours=24)
"""From when a dump says that it was begun to when it was whole: half for clocks behind UTC, half for its making."""

_EXPECTED = {"sqlite": (Contents.SQLITE,), "mysql-dump": (Contents.MYSQL_DUMP,),
             "dump": (Contents.DUMP, Contents.MYSQL_DUMP, Contents.SQLITE, Contents.DATA_DIRECTORY)}  # fmt: skip


class FileStore:
    """The files of one declared glob."""

    def __init__(self, backup: Backup, root: Path, bench: Bench) -> None:
        self._backup = backup
        self._root = root
        self._bench = bench

    def points(self, ending: Ending = never) -> tuple[RestorePoint, ...] | Unseen:
        pattern = os.fspath(self._root / self._backup.path)
        fixed = _fixed(pattern)
        try:
            # A place that is not there is not the same as one that is empty.
            fixed.stat()
            with os.scandir(fixed) as _entries:
                pass
        except FileNotFoundError:
            return Unseen(Reason.UNREACHABLE, f"{self._shown(fixed)} is not there")
        except OSError as error:
            return failed(error, self._shown(fixed))
        found = self._found()
        if len(found) > self._bench.limits.points:
            return Unseen(Reason.INCOMPLETE, f"{self._backup.path} names more than {self._bench.limits.points} files")
        listed: list[RestorePoint] = []
        for path in found:
            if ending():
                return Unseen(Reason.TIMED_OUT, "the list was ended early")
            point = self._point(path)
            if isinstance(point, Unseen):
                return point
            listed.append(point)
        return newest_first(listed)

    def verify(self, point: RestorePoint, *, deep: bool, ending: Ending = never) -> Sound | Damaged | Unseen:
        bench = self._bench.until(ending)
        path = self._path(point)
        if not path.exists():
            return Unseen(Reason.INCOMPLETE, f"{point.id} is not there any more")
        return verify_file(path, self._backup.kind, bench, deep=deep)

    def restore(
        self, point: RestorePoint, into: Path, *, at: datetime | None = None, ending: Ending = never
    ) -> Restored | Damaged | Unseen:
        bench = self._bench.until(ending)
        needed = (place_needed(f"{self._shown(self._path(point))}"),)
        return restore_file(self._path(point), self._backup.kind, point, into, at, needed, bench)

    def _found(self) -> list[Path]:
        """Every copy, but for those whose names begin with a dot: rsync and its like are still writing them."""
        pattern = os.fspath(self._root / self._backup.path)
        return [Path(name) for name in glob.iglob(pattern, recursive=True) if not is_checksum(Path(name))]

    def _path(self, point: RestorePoint) -> Path:
        path = self._root / point.id
        if path.exists():
            return path
        # A name that cannot be printed has another one as a restore point.
        return next((item for item in self._found() if self._shown(item) == point.id), path)

    def _shown(self, path: Path) -> str:
        return shown(os.fspath(path.relative_to(self._root) if path.is_relative_to(self._root) else path))

    def _point(self, path: Path) -> RestorePoint | Unseen:
        try:
            if path.is_dir():
                sized = measured(path)
                if isinstance(sized, Unseen):
                    return sized
                size, written = sized[0], _newest(path)
            else:
                status = path.stat()
                size, written = status.st_size, status.st_mtime
                with path.open("rb"):
                    pass
        except OSError as error:
            return failed(error, self._shown(path))
        return point_of(
            recognise(path), self._shown(path), size, datetime.fromtimestamp(written, UTC), self._shown(path)
        )


def point_of(seen: Recognised, name: str, size: int, written: datetime, where: str) -> RestorePoint:
    """A file as a restore point.

    A file that was copied later is as young as its copy; a dump that says when it was begun is not believed to be
    younger than that.
    """
    written = written.replace(microsecond=0)
    completed = min(written, seen.made + _SLACK) if seen.made else written
    return RestorePoint(
        id=name,
        completed=completed,
        size=size,
        # Of what is packed nobody knows before it is unpacked.
        restored_size=None if seen.packing or seen.form in ("zip", "custom") or seen.encrypted else size,
        contents=seen.contents or (Contents.FILES if not seen.encrypted else None),
        form=seen.shown,
        encrypted=seen.encrypted,
        where=where,
        server_version=seen.server_version,
    )


def newest_first(points: list[RestorePoint]) -> tuple[RestorePoint, ...]:
    """In the order in which stores give them. One without a time comes first: it may be the newest."""
    latest = datetime.max.replace(tzinfo=UTC)
    return tuple(sorted(points, key=lambda item: (item.completed or item.started or latest, item.id), reverse=True))


def verify_file(path: Path, kind: str, bench: Bench, *, deep: bool) -> Sound | Damaged | Unseen:
    """Verify one file or folder, by what it holds and by a checksum beside it."""
    try:
        return _printable(_verified(path, kind, bench, deep=deep))
    except OSError as error:
        return _printable(failed(error, path.name))


def _verified(path: Path, kind: str, bench: Bench, *, deep: bool) -> Sound | Damaged | Unseen:
    if path.is_file() and path.stat().st_size == 0:
        return Damaged(damage=Damage.EMPTY, says=f"{path.name} is empty: it has no bytes")
    checked = ""
    if deep and path.is_file():
        agreed = compared(path, bench)
        if not isinstance(agreed, str):
            return agreed
        checked = agreed
    seen = recognise(path)
    if refused := _refused(path, seen, kind, bench):
        return refused
    found = _format_of(seen).verify(path, seen, bench, deep=deep)
    if isinstance(found, Sound) and checked:
        return Sound(says=f"{found.says}; its {checked} is the one beside it", deep=found.deep)
    return found


def restore_file(
    path: Path,
    kind: str,
    point: RestorePoint,
    into: Path,
    at: datetime | None,
    needed: tuple[Need, ...],
    bench: Bench,
) -> Restored | Damaged | Unseen:
    """Restore one file or folder; arguments as `BackupStore.restore`."""
    try:
        return _printable(_restored(path, kind, point, into, at, needed, bench))
    except OSError as error:
        return _printable(failed(error, path.name))


def _restored(
    path: Path,
    kind: str,
    point: RestorePoint,
    into: Path,
    at: datetime | None,
    needed: tuple[Need, ...],
    bench: Bench,
) -> Restored | Damaged | Unseen:
    if at is not None:
        return Unseen(Reason.NOT_CONFIGURED, f"{point.id} holds one moment only: it cannot be recovered to another")
    if unready := ready(into):
        return unready
    if not path.exists():
        return Unseen(Reason.INCOMPLETE, f"{point.id} is not there any more")
    if path.is_file() and path.stat().st_size == 0:
        return Damaged(damage=Damage.EMPTY, says=f"{path.name} is empty: it has no bytes")
    seen = recognise(path)
    if refused := _refused(path, seen, kind, bench):
        return refused
    used = _format_of(seen)
    pieces = used.restore(path, seen, into, bench)
    if not isinstance(pieces, tuple):
        return pieces
    needed = (*needed, *used.needs(seen))
    if pieces[0].contents is Contents.FILES:
        return files_restored(point, into, needed, bench)
    sized = measured(into)
    if isinstance(sized, Unseen):
        return sized
    return Restored(point=point, pieces=pieces, needed=needed, bytes=sized[0], files=sized[1])


def _printable(found: Result) -> Result:
    """Names in messages may hold anything."""
    if isinstance(found, Damaged):
        return replace(found, says=shown(found.says))
    if isinstance(found, Unseen):
        return replace(found, detail=shown(found.detail))
    return found


def _format_of(seen: Recognised) -> Format:
    if seen.contents in _FORMATS:
        assert seen.contents is not None
        return _FORMATS[seen.contents]
    return Folder() if seen.form == "folder" else Archive()


def _refused(path: Path, seen: Recognised, kind: str, bench: Bench) -> Damaged | Unseen | None:
    """Why a file is not what was declared, or cannot be looked into."""
    if seen.encrypted in ("restic", "borg"):
        says = f"{path.name} is a repository of {seen.encrypted}: declare it with kind = {seen.encrypted!r}"
        return Unseen(Reason.NOT_DECLARED, says)
    if seen.encrypted:
        says = f"{path.name} is encrypted with {seen.encrypted}: without its key nobody can tell what is in it"
        return Unseen(Reason.DENIED, says)
    expected = _EXPECTED.get(kind)
    if expected and seen.contents not in expected:
        if seen.packing:
            # It may be cut so early, or be so broken, that nothing of it can be unpacked.
            read = Archive().verify(path, seen, bench, deep=True)
            if not isinstance(read, Sound):
                return read
        wanted = {"sqlite": "no SQLite file", "mysql-dump": "no dump of MySQL"}.get(kind, "no dump of a known kind")
        says = f"{path.name} is {wanted}: it does not begin like one"
        return Damaged(damage=Damage.CORRUPT, says=says)
    return None


def _fixed(pattern: str) -> Path:
    """The folder above the first part of a glob that is not a plain name."""
    parts = Path(pattern).parts
    plain: list[str] = []
    for part in parts[:-1]:
        if glob.has_magic(part):
            break
        plain.append(part)
    return Path(*plain) if plain else Path(".")


def _newest(folder: Path) -> float:
    newest = folder.stat().st_mtime
    for here, _names, files in os.walk(folder):
        for name in files:
            newest = max(newest, os.lstat(os.path.join(here, name)).st_mtime)
    return newest
