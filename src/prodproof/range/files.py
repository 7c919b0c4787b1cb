"""Folders that are compared, and put back as they were."""

import hashlib
import os
import shutil
from collections.abc import Iterable
from pathlib import Path
from stat import S_ISDIR

ATTEMPTS = 5

EVIDENCE = ".prodproof"
"""What an observer keeps beside the system file; no part of the system."""

NOT_DIGESTED = frozenset({"__pycache__", EVIDENCE})
"""Folders that appear by running and by being looked at."""


def digest_tree(paths: Iterable[Path]) -> str:
    """One digest over names, sizes, modes and times of files and folders; what is not there counts too.

    Compiled code and evidence are left out.
    """
    digest = hashlib.sha256()
    for path in paths:
        for file in sorted([path, *path.rglob("*")] if path.is_dir() else [path]):
            if not NOT_DIGESTED.isdisjoint(file.relative_to(path).parts):
                continue
            try:
                seen = file.lstat()
            except OSError:
                digest.update(f"{file} is not there\n".encode(errors="surrogateescape"))
                continue
            stamp = "" if S_ISDIR(seen.st_mode) else f"{seen.st_size} {seen.st_mtime_ns}"
            digest.update(f"{file} {seen.st_mode} {stamp}\n".encode(errors="surrogateescape"))
    return digest.hexdigest()


def restore_tree(healthy: Path, place: Path) -> None:
    """Make `place` equal to `healthy`, with modes, times and owners, and write only what differs.

    Whoever reads a file meanwhile finds it as it was or as it is to be.

    Evidence in either stays where it is.
    """
    if not healthy.is_dir():
        return
    if place.is_symlink() or (place.exists() and not place.is_dir()):
        place.unlink()
    place.mkdir(parents=True, exist_ok=True)
    wanted = {item.name: item for item in healthy.iterdir() if item.name != EVIDENCE}
    for item in list(place.iterdir()):
        if item.name not in wanted and item.name != EVIDENCE:
            shutil.rmtree(item) if item.is_dir() and not item.is_symlink() else item.unlink()
    for name, item in wanted.items():
        target = place / name
        if item.is_dir() and not item.is_symlink():
            restore_tree(item, target)
        elif not _same(item, target):
            if target.is_dir() and not target.is_symlink():
                shutil.rmtree(target)
            # Servers read their files at any time, and must not find half of one, or none.
            draft = place / f".{os.urandom(8).hex()}.restored"
            shutil.copy2(item, draft, follow_symlinks=False)
            _own(item, draft)
            draft.replace(target)
    shutil.copystat(healthy, place)
    _own(healthy, place)


def _same(one: Path, other: Path) -> bool:
    try:
        first, second = one.lstat(), other.lstat()
    except OSError:
        return False
    owned = os.geteuid() != 0 or (first.st_uid, first.st_gid) == (second.st_uid, second.st_gid)
    same = (first.st_mode, first.st_size, first.st_mtime_ns) == (second.st_mode, second.st_size, second.st_mtime_ns)
    return same and owned


def _own(healthy: Path, place: Path) -> None:
    if os.geteuid() == 0:
        seen = healthy.lstat()
        os.chown(place, seen.st_uid, seen.st_gid, follow_symlinks=False)


def remove_tree(place: Path) -> None:
    """Remove a folder, also while a server that was just stopped still removes files of its own there."""
    for _ in range(ATTEMPTS):
        try:
            shutil.rmtree(place)
        except FileNotFoundError:
            if not place.exists():
                return
        else:
            return
    shutil.rmtree(place)
