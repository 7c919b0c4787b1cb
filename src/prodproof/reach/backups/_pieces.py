"""What lies in a folder that was restored into: how much, and what a scratch server can be made of."""

import os
from pathlib import Path

from prodproof.facts import Unseen
from prodproof.reach.backups._bench import Bench, failed
from prodproof.reach.backups._recognise import recognise
from prodproof.reach.backups.backup_store import Contents, Need, Piece, Restored, RestorePoint

_LOOKED_AT = 50_000
"""Files whose first bytes are looked at."""

_OF_DATABASES = (".dump", ".sql", ".pgdump", ".sqlite", ".sqlite3", ".db", ".bak", ".backup", ".gz", ".zst", ".bz2",
                 ".xz", ".tar", "")  # fmt: skip
_ORDER = (Contents.DATA_DIRECTORY, Contents.DUMP, Contents.MYSQL_DUMP, Contents.SQLITE)


def files_restored(point: RestorePoint, into: Path, needed: tuple[Need, ...], bench: Bench) -> Restored | Unseen:
    """The answer of a tool that brought files back: what is among them, and all of them."""
    total, count = 0, 0
    pieces: list[Piece] = []
    below: list[Path] = []
    try:
        for folder, names, files in os.walk(into, onerror=_raise):
            here = Path(folder)
            bench.check()
            # A data directory or dump of several files is one piece, whose files are none by themselves.
            inside = any(top == here or top in here.parents for top in below)
            if not inside:
                seen = recognise(here)
                if seen.contents not in (None, Contents.FILES):
                    assert seen.contents is not None
                    pieces.append(Piece(contents=seen.contents, where=here, form=seen.form,
                                        server_version=seen.server_version))  # fmt: skip
                    below.append(here)
                    inside = True
            names.sort()
            for name in files:
                path = here / name
                total += path.lstat().st_size
                count += 1
                if inside or count > _LOOKED_AT or path.is_symlink() or path.suffix not in _OF_DATABASES:
                    continue
                seen = recognise(path)
                if seen.contents not in (None, Contents.FILES):
                    assert seen.contents is not None
                    pieces.append(Piece(contents=seen.contents, where=path, form=seen.shown,
                                        server_version=seen.server_version))  # fmt: skip
    except OSError as error:
        return failed(error, "what was restored")
    pieces.sort(key=lambda piece: (_ORDER.index(piece.contents), os.fspath(piece.where)))
    pieces.append(Piece(contents=Contents.FILES, where=into))
    return Restored(point=point, pieces=tuple(pieces), needed=needed, bytes=total, files=count)


def measured(into: Path) -> tuple[int, int] | Unseen:
    """Bytes and number of the files below a folder."""
    total = count = 0
    try:
        for folder, _names, files in os.walk(into, onerror=_raise):
            for name in files:
                total += os.lstat(os.path.join(folder, name)).st_size
                count += 1
    except OSError as error:
        return failed(error, "what was restored")
    return total, count


def _raise(error: OSError) -> None:
    raise error
