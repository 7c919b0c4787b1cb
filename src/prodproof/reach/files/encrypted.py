"""Files and repositories that nobody can look into without a key, known by their first bytes."""

import re
from pathlib import Path

HEAD = 4096
"""Bytes of a file that are looked at."""

_MAGIC = (
    (b"age-encryption.org/", "age"),
    (b"-----BEGIN AGE ENCRYPTED FILE-----", "age"),
    (b"-----BEGIN PGP MESSAGE-----", "OpenPGP"),
    (b"Salted__", "OpenSSL"),
    (b"LUKS\xba\xbe", "LUKS"),
)
_PGP = re.compile(
    rb"\A(?:\x84.\x03|\x85..\x03|\x8c.\x04|\xc1(?:[\x00-\xbf]|[\xc0-\xdf].)\x03|\xc3.[\x04-\x06])", re.DOTALL
)
"""The packets that a message to a key, or under a password, begins with (RFC 9580, sections 4.2, 5.1 and 5.3)."""


def scheme_of(head: bytes, suffix: str) -> str:
    """With what a file is encrypted, by its first bytes and the end of its name; empty if it does not look so."""
    if magic := next((scheme for magic, scheme in _MAGIC if head.startswith(magic)), ""):
        return magic
    if _PGP.match(head) or suffix in (".gpg", ".pgp"):
        return "OpenPGP"
    return "age" if suffix == ".age" else ""


def repository_of(folder: Path) -> str:
    """The backup program (`restic`, `borg`) whose repository a folder is, as those encrypt everything; else empty."""
    if (
        all((folder / name).is_dir() for name in ("data", "index", "keys", "snapshots"))
        and (folder / "config").is_file()
    ):
        return "restic"
    return "borg" if b"Borg" in head_of(folder / "README") and (folder / "data").is_dir() else ""


def head_of(path: Path) -> bytes:
    """The first bytes of a file; none where it cannot be read."""
    try:
        with path.open("rb") as file:
            return file.read(HEAD)
    except OSError:
        return b""
