"""Plain folders of files, and data directories of PostgreSQL as pg_basebackup leaves them."""

import os
import re
import shutil
from pathlib import Path

from prodproof.facts import Reason, Unseen
from prodproof.reach.backups._bench import Bench, line_with, said, usual_trouble
from prodproof.reach.backups._format import Trouble, trouble
from prodproof.reach.backups._packed import copied
from prodproof.reach.backups._recognise import Recognised
from prodproof.reach.backups.backup_store import Contents, Damage, Damaged, Need, Piece, Sound
from prodproof.reach.process import Finished

_SERVERS = Path("/usr/lib/postgresql")


class Folder:
    """Every file is read; with a manifest or a list of checksums beside them, compared with it, too."""

    def verify(self, path: Path, seen: Recognised, bench: Bench, *, deep: bool) -> Sound | Damaged | Unseen:
        if seen.contents is Contents.DATA_DIRECTORY and (path / "backup_manifest").is_file():
            return _verify_base_backup(path, seen, bench, deep=deep)
        count = 0
        try:
            for file in _files(path):
                bench.check()
                count += 1
                if deep:
                    with file.open("rb") as source:
                        copied(source, None, bench)
                else:
                    file.lstat()
        except Trouble as error:
            return trouble(error, path.name)
        if count == 0:
            return Damaged(damage=Damage.EMPTY, says=f"{path.name} is empty: there is no file in it")
        return Sound(says=f"{count} files {'were read to their ends' if deep else 'are there'}", deep=deep)

    def restore(self, path: Path, seen: Recognised, into: Path, bench: Bench) -> tuple[Piece, ...] | Damaged | Unseen:
        def copy(source: str, target: str) -> str:
            bench.check()
            return shutil.copy2(source, target, follow_symlinks=False)

        elsewhere = path / "pg_tblspc"
        if seen.contents is Contents.DATA_DIRECTORY and elsewhere.is_dir() and any(elsewhere.iterdir()):
            # Its links lead to where the source keeps its data: a server on the copy would write there.
            return Unseen(Reason.NOT_VERIFIABLE_YET, f"{path.name} has tablespaces outside of it, which are not copied")
        whole = into / path.name
        try:
            shutil.copytree(path, whole, symlinks=True, copy_function=copy, ignore=_special)
            if seen.contents is Contents.DATA_DIRECTORY:
                whole.chmod(0o700)
                _give_back(path, whole)
        except shutil.Error as error:
            text = str(error)
            return usual_trouble(path.name, text) or Unseen(Reason.INCOMPLETE, f"{path.name}: {text[:160]}")
        except Trouble as error:
            return trouble(error, path.name)
        contents = seen.contents or Contents.FILES
        return (Piece(contents=contents, where=whole, server_version=seen.server_version),)

    def needs(self, seen: Recognised) -> tuple[Need, ...]:
        return ()


def _verify_base_backup(path: Path, seen: Recognised, bench: Bench, *, deep: bool) -> Sound | Damaged | Unseen:
    program = server_program("pg_verifybackup", seen.server_version)
    if isinstance(program, Unseen):
        return program
    words = ["--exit-on-error"] if deep else ["--exit-on-error", "--skip-checksums", "--no-parse-wal"]
    done = bench.run(program, *words, os.fspath(path), timeout=bench.limits.verifying)
    if not isinstance(done, Finished):
        return done
    text = said(done)
    if done.code == 0:
        return Sound(says="pg_verifybackup: every file is as its manifest says", deep=deep)
    if usual := usual_trouble("pg_verifybackup", text):
        return usual
    line = line_with(text, "error")
    if re.search(r"WAL parsing failed|could not find .*WAL|pg_waldump", text):
        return Damaged(
            damage=Damage.MISSING_WAL, says=f"{path.name}: write-ahead log that it needs is missing ({line})"
        )
    missing = "present in the manifest but not on disk" in text
    return Damaged(damage=Damage.MISSING if missing else Damage.CORRUPT, says=f"{path.name}: {line}")


def server_program(name: str, version: str) -> str | Unseen:
    """Path of a program that belongs to PostgreSQL's server, of the version that is asked for (`15.14`, `15`)."""
    wanted = version.partition(".")[0]
    found = sorted(_SERVERS.glob(f"*/bin/{name}"), key=lambda path: path.parts[-3].zfill(5))
    exact = next((path for path in found if path.parts[-3] == wanted), None)
    if exact is not None:
        return os.fspath(exact)
    beside = shutil.which(name)
    if beside is not None and not found:
        return beside
    has = ", ".join(path.parts[-3] for path in found) or "none"
    return Unseen(Reason.TOOL_MISSING, f"{name} of PostgreSQL {wanted or '?'} is not installed (there is {has})")


def _files(path: Path) -> "list[Path]":
    found: list[Path] = []
    for folder, _names, files in os.walk(path, onerror=_raise):
        found += [Path(folder, name) for name in files]
    return [file for file in found if file.is_file() and not file.is_symlink()]


def _give_back(source: Path, copy: Path) -> None:
    """The data belongs to whom it belonged: PostgreSQL does not run as root."""
    if os.geteuid() != 0:
        return
    owner = source.stat()
    for folder, names, files in os.walk(copy):
        for name in (".", *names, *files):
            os.chown(os.path.join(folder, name), owner.st_uid, owner.st_gid, follow_symlinks=False)


def _special(folder: str, names: list[str]) -> list[str]:
    """Pipes, sockets and devices, which are not copied."""
    return [name for name in names if not _ordinary(os.path.join(folder, name))]


def _ordinary(path: str) -> bool:
    return os.path.islink(path) or os.path.isfile(path) or os.path.isdir(path)


def _raise(error: OSError) -> None:
    raise error
