"""What pg_dump wrote: plain SQL, also compressed, and its custom, directory and tar formats."""

import os
import re
import shutil
from pathlib import Path

from prodproof.facts import Reason, Unseen
from prodproof.reach.backups._bench import Bench, line_with, program_needed, said, usual_trouble
from prodproof.reach.backups._format import Trouble, trouble
from prodproof.reach.backups._packed import copied, private, unpacked
from prodproof.reach.backups._recognise import Recognised
from prodproof.reach.backups.backup_store import Contents, Damage, Damaged, Need, Piece, Sound
from prodproof.reach.process import Finished

_LAST = (b"-- PostgreSQL database dump complete", b"-- PostgreSQL database cluster dump complete")
_TRUNCATED = (
    "end of file",
    "unexpected end of",
    "could not read from input file: Success",
    "did not find magic string",
)
_MISSING = ("could not open input file", "No such file or directory", "could not open file", "does not appear to be")


class PgDump:
    """pg_restore reads its own formats; of plain ones the last line must be there."""

    def verify(self, path: Path, seen: Recognised, bench: Bench, *, deep: bool) -> Sound | Damaged | Unseen:
        if seen.form == "plain":
            return self._plain(path, seen, bench, None)
        with bench.folder(roomy=True) as folder:
            own = self._unpacked(path, seen, folder, bench)
            if not isinstance(own, Path):
                return own
            listed = _pg_restore(bench, bench.limits.listing, own, "--list")
            if not isinstance(listed, Finished):
                return listed
            # Data of a table is an entry of its own in the list: `215; 0 16385 TABLE DATA public film postgres`.
            tables = len(re.findall(rb"^\d+; .* TABLE DATA ", listed.stdout, re.MULTILINE))
            if not deep:
                return Sound(says=f"pg_restore lists it, with the data of {tables} tables", deep=False)
            read = _pg_restore(bench, bench.limits.verifying, own, "--file=/dev/null")
            if not isinstance(read, Finished):
                return read
            return Sound(says=f"pg_restore reads it to the end, with the data of {tables} tables", deep=True)

    def restore(self, path: Path, seen: Recognised, into: Path, bench: Bench) -> tuple[Piece, ...] | Damaged | Unseen:
        target = into / _name(path, seen)
        try:
            if seen.form == "directory":
                shutil.copytree(path, target, symlinks=True)
            elif seen.form == "plain":
                checked = self._plain(path, seen, bench, target)
                if not isinstance(checked, Sound):
                    return checked
            else:
                with unpacked(path, seen.packing) as source, private(target) as copy:
                    copied(source, copy, bench)
        except shutil.Error as error:
            return Unseen(Reason.INCOMPLETE, f"{path.name}: not all of its files could be copied: {str(error)[:120]}")
        except Trouble as error:
            return trouble(error, path.name)
        if seen.form != "plain":
            listed = _pg_restore(bench, bench.limits.listing, target, "--list")
            if not isinstance(listed, Finished):
                return listed
        return (Piece(contents=Contents.DUMP, where=target, form=seen.form, server_version=seen.server_version),)

    def needs(self, seen: Recognised) -> tuple[Need, ...]:
        return (program_needed("psql" if seen.form == "plain" else "pg_restore"),)

    def _plain(self, path: Path, seen: Recognised, bench: Bench, into: Path | None) -> Sound | Damaged | Unseen:
        try:
            with unpacked(path, seen.packing) as source:
                if into is None:
                    _total, tail = copied(source, None, bench)
                else:
                    with private(into) as copy:
                        _total, tail = copied(source, copy, bench)
        except Trouble as error:
            return trouble(error, path.name)
        if not any(line in tail for line in _LAST):
            return Damaged(damage=Damage.TRUNCATED, says=f"{path.name} is truncated: pg_dump's last line is missing")
        return Sound(says="read to the end, where pg_dump says that it is complete", deep=True)

    def _unpacked(self, path: Path, seen: Recognised, folder: Path, bench: Bench) -> Path | Damaged | Unseen:
        """A file that pg_restore can read: it does not unpack what was packed afterwards."""
        if not seen.packing:
            return path
        own = folder / "dump"
        try:
            with unpacked(path, seen.packing) as source, private(own) as copy:
                copied(source, copy, bench)
        except Trouble as error:
            return trouble(error, path.name)
        return own


def _name(path: Path, seen: Recognised) -> str:
    return path.name.removesuffix(f".{seen.packing}") if seen.packing else path.name


def _pg_restore(bench: Bench, timeout: float, path: Path, *words: str) -> Finished | Damaged | Unseen:
    done = bench.run("pg_restore", *words, os.fspath(path), timeout=timeout)
    if isinstance(done, Unseen):
        return done
    text = said(done)
    if done.code == 0 and "pg_restore: error" not in text and "warning: errors ignored" not in text:
        return done
    if usual := usual_trouble("pg_restore", text):
        return usual
    name = path.name
    if "unsupported version" in text:
        return Unseen(
            Reason.TOOL_MISSING,
            f"{name} was written by a newer pg_dump, for which a newer pg_restore is needed: "
            f"{line_with(text, 'unsupported version')}",
        )
    if any(sign in text for sign in _MISSING) and path.is_dir():
        line = line_with(text, *_MISSING)
        return Damaged(damage=Damage.MISSING, says=f"{name}: a file of it is missing ({line})")
    if any(sign in text for sign in _TRUNCATED):
        return Damaged(damage=Damage.TRUNCATED, says=f"{name} is truncated: {line_with(text, *_TRUNCATED)}")
    return Damaged(damage=Damage.CORRUPT, says=f"{name} is corrupt: {line_with(text, 'error')}")
