"""Checksums that lie beside backups, as sha256sum and its like write them."""

import hashlib
import re
from pathlib import Path

from prodproof.facts import Unseen
from prodproof.reach.backups._bench import Bench
from prodproof.reach.backups._format import Trouble, trouble
from prodproof.reach.backups._packed import CHUNK
from prodproof.reach.backups.backup_store import Damage, Damaged

ENDS = (".sha256", ".sha512", ".sha1", ".md5", ".sha256sum", ".sha512sum", ".sha1sum", ".md5sum")
"""Of files with the checksum of the file whose name stands before it."""

_LISTS = {"SHA256SUMS": "sha256", "SHA512SUMS": "sha512", "SHA1SUMS": "sha1", "MD5SUMS": "md5"}
_LARGEST = 16 * 1024 * 1024
_LINE = re.compile(r"^([0-9a-fA-F]{32,128})(?: [ *](.+))?$", re.MULTILINE)


def is_checksum(path: Path) -> bool:
    """Whether a file holds checksums, and is no backup itself."""
    return path.name in _LISTS or path.suffix in ENDS


def compared(path: Path, bench: Bench) -> Damaged | Unseen | str:
    """Compare a file with the checksum that lies beside it, if one does.

    Returns:
        Which checksum it agrees with (`sha256`); empty if there is none.
    """
    expected = _expected(path)
    if expected is None:
        return ""
    kind, wanted = expected
    digest = hashlib.new(kind, usedforsecurity=False)
    try:
        with path.open("rb") as file:
            while chunk := file.read(CHUNK):
                bench.check()
                digest.update(chunk)
    except Trouble as error:
        return trouble(error, path.name)
    if digest.hexdigest() != wanted:
        says = f"{path.name} is corrupt: its {kind} is not the one that lies beside it"
        return Damaged(damage=Damage.CORRUPT, says=says)
    return kind


def _expected(path: Path) -> tuple[str, str] | None:
    for end in ENDS:
        beside = path.with_name(path.name + end)
        kind = end.removeprefix(".").removesuffix("sum")
        if (found := _find(beside, None if beside.is_file() else path.name)) is not None:
            return kind, found
    for name, kind in _LISTS.items():
        if (found := _find(path.with_name(name), path.name)) is not None:
            return kind, found
    return None


def _find(file: Path, name: str | None) -> str | None:
    """The checksum of a name in a list; the first one if no name is given."""
    try:
        if not file.is_file() or file.stat().st_size > _LARGEST:
            return None
        text = file.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    for digest, of in _LINE.findall(text):
        if name is None or of.removeprefix("./") == name:
            return str(digest).lower()
    return None
