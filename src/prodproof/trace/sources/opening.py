"""From what somebody typed after `--in` to a source."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from prodproof.facts import Unseen
from prodproof.reach.secret import Secret
from prodproof.reach.world import Settings
from prodproof.system.errors import UserError, inert
from prodproof.trace.cache import Cache
from prodproof.trace.stream import Source

KINDS = {
    "git:PATH": "a git repository: every object of its history",
    "PATH": "a file or folder; archives, images and dumps are opened",
    "postgres:NAME": "a [[data_store]] of the system file, or postgres:env:DATABASE_URL",
    "process:": "environments and command lines of your own processes; process:PID for one",
    "https://HOST/": "the pages, scripts and source maps that a visitor can load",
    "s3://BUCKET/PREFIX": "objects and their earlier versions",
    "journal:": "the systemd journal; journal:UNIT for one unit",
}
"""Forms of a place, for the help."""


@dataclass(frozen=True)
class Access:
    """What sources are opened with."""

    dsn: Callable[[str], Secret | Unseen]
    """The connection string that `postgres:NAME` stands for."""

    settings: Settings = field(default_factory=Settings)
    cache: Cache | None = None
    """Where it is kept which git objects were searched; None: nowhere."""

    decode: bool = False
    """Whether base64 in files is decoded and searched too; exact values are found in it without."""


def open_place(text: str, access: Access) -> Source:
    """The source that a text names. Raises UserError for what is no place, or cannot be opened."""
    scheme, separator, rest = text.partition(":")
    if text.startswith(("http://", "https://")):
        from prodproof.trace.sources.http import HttpSource

        return HttpSource.of(text, access.settings)
    if text.startswith("s3://"):
        from prodproof.trace.sources.s3 import S3Source

        return S3Source.of(text)
    if separator and scheme == "git":
        from prodproof.trace.sources.git import GitSource

        return GitSource.open(text, _existing(rest or "."), access.cache)
    if separator and scheme == "process":
        from prodproof.trace.sources.process import ProcessSource

        if rest and not rest.isdecimal():
            raise UserError(f"--in {inert(text)}: write process: for all of yours, or process:PID")
        return ProcessSource(text, int(rest) if rest else None)
    if separator and scheme == "postgres":
        from prodproof.trace.sources.postgres import PostgresSource

        dsn = access.dsn(rest)
        if isinstance(dsn, Unseen):
            raise UserError(f"--in {inert(text)}: {dsn.detail}")
        return PostgresSource(text, dsn)
    if separator and scheme == "journal":
        from prodproof.trace.sources.journal import JournalSource

        return JournalSource(text, rest or None)
    if separator and re.fullmatch(r"[a-z][a-z0-9+]+", scheme) and not Path(text).exists():
        raise UserError(f"--in {inert(text)}: no such kind of place; there are: {', '.join(KINDS)}")
    from prodproof.trace.sources.files import FilesSource

    return FilesSource(text, _existing(text), decode=access.decode)


def _existing(text: str) -> Path:
    path = Path(text)
    try:
        path.stat()
    except (OSError, ValueError) as error:
        why = "does not exist" if isinstance(error, FileNotFoundError) else "cannot be read"
        raise UserError(f"--in {inert(text, 200)}: {why}") from None
    return path
