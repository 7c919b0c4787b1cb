"""What is asked of one kind of file; the stores of files and buckets hand each of their files to one of these."""

import tarfile
import zipfile
from pathlib import Path
from typing import Protocol

from prodproof.facts import Reason, Unseen
from prodproof.reach.backups._bench import Bench, GivenUpError, failed
from prodproof.reach.backups._packed import BROKEN
from prodproof.reach.backups._recognise import Recognised
from prodproof.reach.backups.backup_store import Damage, Damaged, Need, Piece, Sound

Trouble = (OSError, EOFError, GivenUpError, tarfile.TarError, zipfile.BadZipFile, *BROKEN)
"""What reading a backup file raises; `trouble` says what it means."""


class Format(Protocol):
    """One kind of backup file or folder."""

    def verify(self, path: Path, seen: Recognised, bench: Bench, *, deep: bool) -> Sound | Damaged | Unseen:
        """As `BackupStore.verify`."""
        ...

    def restore(self, path: Path, seen: Recognised, into: Path, bench: Bench) -> tuple[Piece, ...] | Damaged | Unseen:
        """As `BackupStore.restore`; what came back, the most telling first."""
        ...

    def needs(self, seen: Recognised) -> tuple[Need, ...]:
        """Programs that a restore takes."""
        ...


def trouble(error: BaseException, name: str) -> Damaged | Unseen:
    """What an error of `Trouble` means for a file."""
    if isinstance(error, GivenUpError):
        return Unseen(Reason.TIMED_OUT if "ended" in str(error) else Reason.INCOMPLETE, f"{name}: {error}")
    if isinstance(error, BROKEN):
        return Damaged(damage=Damage.CORRUPT, says=f"{name} is corrupt: its compressed bytes do not fit their checksum")
    if isinstance(error, EOFError) or "unexpected end of data" in str(error):
        return Damaged(damage=Damage.TRUNCATED, says=f"{name} is truncated: it ends in the middle")
    if isinstance(error, (tarfile.TarError, zipfile.BadZipFile)):
        return Damaged(damage=Damage.CORRUPT, says=f"{name} is corrupt: {str(error)[:120]}")
    assert isinstance(error, OSError)
    return failed(error, name)
