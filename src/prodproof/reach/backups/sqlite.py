"""Copies of SQLite files, also compressed."""

import sqlite3
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

from prodproof.facts import Reason, Unseen
from prodproof.reach.backups._bench import Bench
from prodproof.reach.backups._format import Trouble, trouble
from prodproof.reach.backups._packed import copied, private, unpacked
from prodproof.reach.backups._recognise import Recognised
from prodproof.reach.backups.backup_store import Contents, Damage, Damaged, Need, Piece, Sound

_STEPS = 100_000
"""Of SQLite's machine between two looks at whether to give up."""

_SIDE = ("-wal", "-journal")
"""Files without which the newest rows, or all of them, are lost where one lies beside the database."""


class Sqlite:
    """`PRAGMA integrity_check` of SQLite itself, on a file that nothing is written to."""

    def verify(self, path: Path, seen: Recognised, bench: Bench, *, deep: bool) -> Sound | Damaged | Unseen:
        if not seen.packing and not _side_files(path):
            return _checked(path, path.name, bench, deep=deep)
        with bench.folder(roomy=True) as folder:
            brought = self.restore(path, seen, folder, bench)
            if not isinstance(brought, tuple):
                return brought
            return _checked(brought[0].where, path.name, bench, deep=deep, own=True)

    def restore(self, path: Path, seen: Recognised, into: Path, bench: Bench) -> tuple[Piece, ...] | Damaged | Unseen:
        target = into / (path.name.removesuffix(f".{seen.packing}") if seen.packing else path.name)
        try:
            with unpacked(path, seen.packing) as source, private(target) as copy:
                copied(source, copy, bench)
            for side in _side_files(path):
                with side.open("rb") as source, private(into / side.name) as copy:
                    copied(source, copy, bench)
        except Trouble as error:
            return trouble(error, path.name)
        if damaged := _too_short(target, path.name):
            return damaged
        return (Piece(contents=Contents.SQLITE, where=target),)

    def needs(self, seen: Recognised) -> tuple[Need, ...]:
        return ()


def _side_files(path: Path) -> list[Path]:
    return [side for end in _SIDE if (side := path.with_name(path.name + end)).is_file()]


def _too_short(path: Path, name: str) -> Damaged | None:
    """The header says how many pages there are (offset 28), if what wrote it knew that (offsets 24 and 92)."""
    with path.open("rb") as file:
        head = file.read(100)
    size = int.from_bytes(head[16:18], "big")
    pages = int.from_bytes(head[28:32], "big")
    if len(head) < 100 or (head[24:28] == head[92:96] and path.stat().st_size < pages * (65536 if size == 1 else size)):
        return Damaged(damage=Damage.TRUNCATED, says=f"{name} is truncated: it has fewer pages than its header says")
    return None


def _checked(path: Path, name: str, bench: Bench, *, deep: bool, own: bool = False) -> Sound | Damaged | Unseen:
    try:
        if damaged := _too_short(path, name):
            return damaged
        check = "integrity_check" if deep else "quick_check"
        options = "mode=rw" if own else "mode=ro&immutable=1"
        with closing(sqlite3.connect(f"file:{quote(str(path))}?{options}", uri=True)) as database:
            database.set_progress_handler(lambda: 1 if bench.ending() else 0, _STEPS)
            database.execute("PRAGMA trusted_schema = OFF")
            database.execute("PRAGMA cell_size_check = ON")
            found = [str(row[0]) for row in database.execute(f"PRAGMA {check}(3)")]
    except sqlite3.OperationalError as error:
        if bench.ending():
            return Unseen(Reason.TIMED_OUT, f"{name}: it was ended early")
        return Unseen(Reason.INCOMPLETE, f"{name} cannot be checked: {str(error)[:120]}")
    except sqlite3.DatabaseError as error:
        return Damaged(damage=Damage.CORRUPT, says=f"{name} is corrupt: {str(error)[:120]}")
    except Trouble as error:
        return trouble(error, name)
    if found != ["ok"]:
        return Damaged(damage=Damage.CORRUPT, says=f"{name} is corrupt: {found[0][:200] if found else 'no answer'}")
    return Sound(says=f"SQLite's {check} finds nothing", deep=deep)
