"""What every store of backups can be asked, whichever tool made them.

An adapter is one file beside this one. It changes nothing in the store: it lists, reads and verifies, and restores into
an empty private folder of the caller's. A store that is there and holds nothing has an empty list of points; one that
is not there, or does not let us in, is `Unseen` with the true reason.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from prodproof.facts import Reason, Unseen
from prodproof.facts.declared import Backup, Declared
from prodproof.facts.restore_points import Contents, Damage, Damaged, PointKind, RestorePoint, Sound, WalRange
from prodproof.facts.restores import Origin

PROGRAMS = ("pgbackrest", "barman", "restic", "borg")
"""Programs with repositories of their own."""

__all__ = [
    "PROGRAMS",
    "BackupStore",
    "Contents",
    "Damage",
    "Damaged",
    "Ending",
    "Limits",
    "Need",
    "Origin",
    "Piece",
    "PointKind",
    "RestorePoint",
    "Restored",
    "Sound",
    "WalRange",
    "open_store",
]

Ending = Callable[[], bool]
"""Whether to give up: the time is over, or whoever asked has gone."""


def never() -> bool:
    """Nobody asks to give up."""
    return False


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Bounds of everything that a store does."""

    listing: float = 120.0
    """Seconds for a list of points."""

    verifying: float = 4 * 3600.0
    """Seconds for one verification."""

    restoring: float = 24 * 3600.0
    """Seconds for one restore; `ending` is asked all the while."""

    points: int = 10_000
    """Points of one store; more are not listed, and the answer is incomplete."""

    size: int = 1 << 42
    """Bytes that one restore, or one archive's contents, may have."""

    files: int = 10_000_000
    """Files that one restore, or one archive's contents, may have."""


@dataclass(frozen=True, kw_only=True)
class Need:
    """One thing without which the restore would not have worked."""

    what: str
    """`program`, `credential` or `place`."""

    name: str
    """The program's name; a credential's reference, never its value; a place as people know it."""

    came_from: str
    """Where it was: a path on this machine, a secret's manager, a host."""

    origin: Origin = Origin.UNSAID


@dataclass(frozen=True, kw_only=True)
class Piece:
    """One thing that came back, which a scratch server can be made of."""

    contents: Contents
    where: Path
    """The file or folder, within the folder that was restored into."""

    form: str = ""
    """Of a dump: `plain`, `custom`, `directory`, `tar`. Plain ones are unpacked already."""

    server_version: str = ""
    """Of the server that wrote it, `15.14` or `15`, as far as it shows."""


@dataclass(frozen=True, kw_only=True)
class Restored:
    """What a restore brought back."""

    point: RestorePoint
    pieces: tuple[Piece, ...]
    """At least one, the most telling first. A tool that restores files gives FILES last, for the whole folder, and
    before it the dumps, database files and data directories that were found among them."""

    needed: tuple[Need, ...]
    at: datetime | None = None
    """The moment that recovery goes to when the scratch server starts; None: as far as the backup goes. Physical
    restores have `recovery.signal` and `postgresql.auto.conf` written by the tool. The log lies within `into`, and the
    `restore_command` copies it from there, so that the server needs no key, program or network; whatever else is in
    `postgresql.conf` is the source's and must not be followed. The data belongs to the user who owned it, if root
    restored it."""

    bytes: int = 0
    """Of the files that came back."""

    files: int = 0

    @property
    def contents(self) -> Contents:
        """Of the most telling piece."""
        return self.pieces[0].contents

    @property
    def where(self) -> Path:
        """Of the most telling piece."""
        return self.pieces[0].where

    @property
    def form(self) -> str:
        """Of the most telling piece."""
        return self.pieces[0].form


class BackupStore(Protocol):
    """One declared backup, opened. Its methods block and never raise for what the world does."""

    def points(self, ending: Ending = never) -> tuple[RestorePoint, ...] | Unseen:
        """Everything that can be restored, newest first; empty where the store is there and holds nothing."""
        ...

    def verify(self, point: RestorePoint, *, deep: bool, ending: Ending = never) -> Sound | Damaged | Unseen:
        """The tool's own verification of a point.

        Args:
            point: one that `points` gave.
            deep: read every byte; otherwise what can be said in seconds.
            ending: asked while it runs.

        Returns:
            Unseen where it could not be told: the wrong key, a locked repository, an older program than it needs.
        """
        ...

    def restore(
        self, point: RestorePoint, into: Path, *, at: datetime | None = None, ending: Ending = never
    ) -> Restored | Damaged | Unseen:
        """Bring a point back.

        Args:
            point: one that `points` gave.
            into: an empty folder of mode 0700. What was begun stays in it when the restore does not work.
            at: the moment to recover to (aware), where the tool can; Unseen (not-configured) where it cannot.
            ending: asked while it runs.

        Returns:
            Damaged where the backup is broken; Unseen where it could not be tried: no space, the wrong key, no program.
        """
        ...


def open_store(
    backup: Backup, declared: Declared, *, limits: Limits | None = None, mark: str = "", scratch: Path | None = None
) -> BackupStore | Unseen:
    """The store of a declared backup.

    Args:
        backup: which one.
        declared: the system; its secrets are resolved only with trust.
        limits: bounds; the usual ones if None.
        mark: for the environment of every program that is started, so that it is found (`reach.marked`).
        scratch: a private folder for caches and the settings of programs, where what was fetched is unpacked, too. If
            None, each call has one of its own.
    """
    from prodproof.reach.backups.opening import opened  # the adapters import this file

    return opened(backup, declared, limits or Limits(), mark, scratch)


def ungiven(what: str) -> Unseen:
    """What an adapter answers that was not told something which it needs."""
    return Unseen(Reason.NOT_DECLARED, what)
