"""What tells whether a repository has changed, read from its files: a listing through git would cost more."""

import hashlib
import os
import re
from contextlib import suppress
from pathlib import Path

from prodproof.facts import Unseen
from prodproof.reach.git.command import Git

MAX_ALTERNATES = 50
_LOOSE = re.compile(r"[0-9a-f]{2}")


def object_folders(common: Path) -> list[Path]:
    """The folders that a repository's objects lie in: its own, then those that it borrows from (gitrepository-layout).

    Args:
        common: the repository's directory, of all work trees together.
    """
    folders: list[Path] = []
    waiting = [common / "objects"]
    while waiting and len(folders) < MAX_ALTERNATES:
        folder = waiting.pop(0)
        if folder in folders:
            continue
        folders.append(folder)
        with suppress(OSError):
            lines = (folder / "info" / "alternates").read_bytes().splitlines()
            named = [os.fsdecode(line) for line in lines if line and not line.startswith(b"#")]
            waiting += [Path(os.path.normpath(folder / name)) for name in named]
    return folders


def store_state(common: Path) -> str:
    """A digest of which packs and loose objects there are; another one whenever there may be other objects."""
    state = hashlib.sha256()
    for folder in object_folders(common):
        state.update(os.fsencode(folder) + b"\0")
        for entry in _entries(folder / "pack"):
            if entry.name.endswith((".pack", ".idx")):
                with suppress(OSError):
                    about = entry.stat()
                    state.update(f"{entry.name} {about.st_size} {about.st_mtime_ns}\n".encode())
        for shard in _entries(folder):
            if _LOOSE.fullmatch(shard.name):
                names = " ".join(entry.name for entry in _entries(Path(shard.path)))
                state.update(f"{shard.name} {names}\n".encode("utf-8", "surrogateescape"))
    with suppress(OSError):
        state.update((common / "shallow").read_bytes())
    return state.hexdigest()


def history_state(git: Git, git_directory: Path) -> str | Unseen:
    """A digest of where all refs, and this work tree's HEAD, point."""
    refs = git.lines("--no-replace-objects", "for-each-ref", "--format=%(objectname) %(refname)%00")
    if isinstance(refs, Unseen):
        return refs
    state = hashlib.sha256(b"\0".join(refs))
    with suppress(OSError):
        state.update((git_directory / "HEAD").read_bytes())
    return state.hexdigest()


def _entries(folder: Path) -> "list[os.DirEntry[str]]":
    with suppress(OSError), os.scandir(folder) as entries:
        return sorted(entries, key=lambda entry: entry.name)
    return []
