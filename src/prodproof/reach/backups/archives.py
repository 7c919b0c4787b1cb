"""Archives of files: tar, also compressed, and zip; and single files that are taken as they are."""

import os
import stat
import tarfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import BinaryIO, cast

from prodproof.facts import Reason, Unseen
from prodproof.reach.backups._bench import Bench, GivenUpError
from prodproof.reach.backups._format import Trouble, trouble
from prodproof.reach.backups._packed import CHUNK, copied, private, unpacked
from prodproof.reach.backups._recognise import Recognised
from prodproof.reach.backups.backup_store import Contents, Damage, Damaged, Need, Piece, Sound

_BLOCK = 512
_END = 2 * _BLOCK
"""Bytes of zeros that a tar archive ends with."""


class _Misled(Exception):  # noqa: N818 (a name that leads elsewhere is no error of this program)
    """A name in an archive that leads out of the folder."""


class _Remembering:
    """A stream that remembers its end."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.tail = b""

    def read(self, size: int = -1) -> bytes:
        data = self._file.read(size)
        self.tail = (self.tail + data)[-_END:]
        return data


class Archive:
    """Read to the end, with the checksums that its format has."""

    def verify(self, path: Path, seen: Recognised, bench: Bench, *, deep: bool) -> Sound | Damaged | Unseen:
        read = self._read(path, seen, None, bench)
        if not isinstance(read, int):
            return read
        kind = "archive" if seen.form in ("tar", "zip") else "file"
        return Sound(says=f"the {kind} was read to the end: {read} files", deep=True)

    def restore(self, path: Path, seen: Recognised, into: Path, bench: Bench) -> tuple[Piece, ...] | Damaged | Unseen:
        read = self._read(path, seen, into, bench)
        if not isinstance(read, int):
            return read
        return (Piece(contents=Contents.FILES, where=into),)

    def needs(self, seen: Recognised) -> tuple[Need, ...]:
        return ()

    def _read(self, path: Path, seen: Recognised, into: Path | None, bench: Bench) -> int | Damaged | Unseen:
        """How many files there are; they are written where `into` is given."""
        count: int | Damaged
        try:
            if seen.form == "zip" and not seen.packing:
                count = _zip(path, into, bench)
            elif seen.form == "tar":
                count = _tar(path, seen, into, bench)
            else:
                count = _single(path, seen, into, bench)
        except _Misled as error:
            return Unseen(Reason.NOT_PERMITTED, f"{path.name}: {error}")
        except Trouble as error:
            return trouble(error, path.name)
        except NotImplementedError:
            return Unseen(Reason.NOT_VERIFIABLE_YET, f"{path.name} is compressed in a way that is not known here")
        except (ValueError, OverflowError) as error:  # tarfile lets those of a broken header through
            says = f"{path.name} is corrupt: {str(error)[:120]}"
            return Damaged(damage=Damage.CORRUPT, says=says)
        except RuntimeError:  # zipfile says this of what needs a password
            return Unseen(Reason.DENIED, f"{path.name} is encrypted with a password of its own")
        if isinstance(count, int) and count == 0:
            return Damaged(damage=Damage.EMPTY, says=f"{path.name} is empty: there is no file in it")
        return count


def _single(path: Path, seen: Recognised, into: Path | None, bench: Bench) -> int:
    target = into / path.name.removesuffix(f".{seen.packing}") if into else None
    with unpacked(path, seen.packing) as source, _copy(target) as copy:
        total, _tail = copied(source, copy, bench)
    return 1 if total else 0


def _tar(path: Path, seen: Recognised, into: Path | None, bench: Bench) -> int | Damaged:
    with unpacked(path, seen.packing) as file:
        source = _Remembering(file)
        with tarfile.open(fileobj=source, mode="r|", errorlevel=2) as archive:  # type: ignore[call-overload]  # only read
            count = 0
            total = 0
            for member in archive:
                count, total = _counted(count, total, member.size if member.isreg() else 0, bench)
                target = _place(into, member.name) if into else None
                content = archive.extractfile(member) if member.isreg() else None
                if content is not None:
                    with _copy(target) as copy:
                        written, _tail = copied(cast("BinaryIO", content), copy, bench)
                    if written != member.size:
                        raise EOFError
                    if target:
                        _dressed(target, member)
                elif target and into:
                    _special(target, member, into)
        while source.read(CHUNK):  # what follows the last file: its end, and padding
            bench.check()
    if source.tail.strip(b"\0") or len(source.tail) < _END:
        return Damaged(damage=Damage.TRUNCATED, says=f"{path.name} is truncated: the end of the archive is missing")
    return count


def _special(target: Path, member: tarfile.TarInfo, into: Path) -> None:
    """Folders and links; devices and pipes stay away, since no data of anybody is in them."""
    if member.isdir():
        target.mkdir(parents=True, exist_ok=True, mode=0o700)
    elif member.issym():
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        led = os.path.normpath(os.path.join(os.path.dirname(_inner(member.name)), member.linkname))
        if not os.path.isabs(member.linkname) and not led.startswith("..") and not target.is_dir():
            target.unlink(missing_ok=True)
            target.symlink_to(member.linkname)
    elif member.islnk():
        source = _place(into, member.linkname)
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        os.link(source, target, follow_symlinks=False)


def _dressed(target: Path, member: tarfile.TarInfo) -> None:
    os.chmod(target, stat.S_IMODE(member.mode) & 0o755 | 0o600)
    os.utime(target, (member.mtime, member.mtime))


def _zip(path: Path, into: Path | None, bench: Bench) -> int:
    with zipfile.ZipFile(path) as archive:
        count = 0
        total = 0
        for member in archive.infolist():
            count, total = _counted(count, total, member.file_size, bench)
            target = _place(into, member.filename) if into else None
            if member.is_dir():
                if target:
                    target.mkdir(parents=True, exist_ok=True, mode=0o700)
                continue
            with archive.open(member) as content, _copy(target) as copy:
                copied(cast("BinaryIO", content), copy, bench)
    return count


def _counted(count: int, total: int, size: int, bench: Bench) -> tuple[int, int]:
    bench.check()
    if count >= bench.limits.files or total + size > bench.limits.size:
        raise GivenUpError("it holds more than may be restored")
    return count + 1, total + size


@contextmanager
def _copy(target: Path | None) -> Iterator[BinaryIO | None]:
    if target is None:
        yield None
        return
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if target.is_symlink() or target.exists():
        target.unlink()  # a later entry of the same name counts
    with private(target) as file:
        yield file


def _inner(name: str) -> str:
    return name.lstrip("/")


def _place(into: Path, name: str) -> Path:
    """Where an entry belongs; raises `_Misled` for one that leads out of the folder, also through a link."""
    parts = PurePosixPath(_inner(name)).parts
    if ".." in parts or "\0" in name:
        raise _Misled("a name in it leads out of its folder")
    here = into
    for part in parts[:-1]:
        here = here / part
        if here.is_symlink():
            raise _Misled("a name in it leads through a link")
    return into.joinpath(*parts)
