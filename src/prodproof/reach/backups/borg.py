"""Repositories of BorgBackup."""

import json
import os
import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from prodproof.facts import Reason, Unseen
from prodproof.facts.declared import Backup
from prodproof.reach.backups._bench import (
    Bench,
    credential_needed,
    handed,
    line_with,
    place_needed,
    program_needed,
    ready,
    said,
    usual_trouble,
)
from prodproof.reach.backups._pieces import files_restored
from prodproof.reach.backups._repository import local_folder
from prodproof.reach.backups.backup_store import (
    Contents,
    Damage,
    Damaged,
    Ending,
    PointKind,
    Restored,
    RestorePoint,
    Sound,
    never,
)
from prodproof.reach.backups.files import newest_first
from prodproof.reach.process import Finished
from prodproof.reach.secret import Secret

_SHORT = ("short read", "Invalid segment entry header", "unpack requires a buffer", "got 0 bytes")
_WRONG = ("checksum mismatch", "integrity", "Integrity", "Data integrity error", "corrupt")
_IN_CLEAR = ("none", "authenticated", "authenticated-blake2")
"""Modes without encryption: an authenticated repository cannot be changed unnoticed, and everybody can read it."""

_GONE = ("rebuilt index: <not found>", "FileNotFoundError", "Object with key", "missing")


class BorgStore:
    """A repository of this machine is asked without a lock, after a look at who holds one.

    Nothing is written to it, but for what `borg check` notes there of itself (`config`, `nonce`).
    """

    def __init__(self, backup: Backup, root: Path, bench: Bench, password: Secret | None) -> None:
        """
        Args:
            backup: names the repository, as borg takes it; paths are relative to `root`.
            password: of its key; None for a repository that is not encrypted.
        """
        self._backup = backup
        self._bench = bench
        self._password = password
        self._folder = local_folder(backup, root)
        self._repository = os.fspath(self._folder or backup.repository)

    def points(self, ending: Ending = never) -> tuple[RestorePoint, ...] | Unseen:
        bench = self._bench.until(ending)
        words = ("list", "--json", "--format", "{end}", self._repository)
        listed = self._asked(bench, bench.limits.listing, *words)
        if not isinstance(listed, Finished):
            return listed if isinstance(listed, Unseen) else Unseen(Reason.INCOMPLETE, listed.says)
        try:
            found = json.loads(listed.stdout)
            mode = str(found.get("encryption", {}).get("mode", ""))
            points = [self._point(item, "" if mode in _IN_CLEAR else mode) for item in found["archives"]]
        except (ValueError, KeyError, TypeError, AttributeError):
            return Unseen(Reason.INCOMPLETE, "borg's list of archives cannot be read")
        if len(points) > bench.limits.points:
            return Unseen(Reason.INCOMPLETE, f"the repository has more than {bench.limits.points} archives")
        listed_points = newest_first(points)
        return tuple(self._measured(point, bench) if point == listed_points[0] else point for point in listed_points)

    def verify(self, point: RestorePoint, *, deep: bool, ending: Ending = never) -> Sound | Damaged | Unseen:
        bench = self._bench.until(ending)
        if locked := self._locked():
            return locked
        # Without --repair it only reads. It checks the segments' checksums, then that the archive has all of its data.
        words = ["check", "--verify-data", self._of(point)] if deep else ["check", self._of(point)]
        done = self._asked(bench, bench.limits.verifying, *words)
        if not isinstance(done, Finished):
            return done
        says = "borg check --verify-data" if deep else "borg check"
        return Sound(says=f"{says}: no problems were found", deep=deep)

    def restore(
        self, point: RestorePoint, into: Path, *, at: datetime | None = None, ending: Ending = never
    ) -> Restored | Damaged | Unseen:
        bench = self._bench.until(ending)
        if at is not None:
            return Unseen(Reason.NOT_CONFIGURED, "an archive holds one moment only: it cannot be recovered to another")
        if unready := ready(into):
            return unready
        if locked := self._locked():
            return locked
        done = self._asked(bench, bench.limits.restoring, "extract", self._of(point), cwd=into)
        if not isinstance(done, Finished):
            return done
        needed = [program_needed("borg"), place_needed(self._backup.repository, "the repository")]
        if self._backup.password is not None:
            needed.append(credential_needed(self._backup.password))
        return files_restored(point, into, tuple(needed), bench)

    def _measured(self, point: RestorePoint, bench: Bench) -> RestorePoint:
        """With what it takes when it is restored, as far as that can be told."""
        told = self._asked(bench, bench.limits.listing, "list", "--format", "{size}{NL}", self._of(point))
        if not isinstance(told, Finished):
            return point
        sizes = told.stdout.split()
        return replace(point, restored_size=sum(map(int, sizes))) if all(size.isdigit() for size in sizes) else point

    def _of(self, point: RestorePoint) -> str:
        return f"{self._repository}::{point.id}"

    def _point(self, item: dict[str, Any], mode: str) -> RestorePoint:
        return RestorePoint(
            id=str(item["name"]),
            started=_moment(item.get("start")),
            completed=_moment(item.get("end")),
            kind=PointKind.SNAPSHOT,
            contents=Contents.FILES,
            encrypted=f"{mode} (borg)" if mode else "",
            where=self._backup.repository,
        )

    def _locked(self) -> Unseen | None:
        """Who holds the repository's exclusive lock, where it lies on this machine."""
        if self._folder is None:
            return None
        try:
            holders = sorted(os.listdir(self._folder / "lock.exclusive"))
        except OSError:
            return None
        by = holders[0].replace("@", ", process ").partition(".")[0] if holders else "somebody"
        return Unseen(
            Reason.INCOMPLETE, f"the repository is locked by {by[:100]}; `borg break-lock` if that one is gone"
        )

    def _asked(self, bench: Bench, timeout: float, *words: str, cwd: Path | None = None) -> Finished | Damaged | Unseen:
        if self._folder is not None and not self._folder.exists():
            return Unseen(Reason.UNREACHABLE, "there is no borg repository at that place")
        command, *rest = words
        unlocked = ("--bypass-lock",) if self._folder is not None else ("--lock-wait", "5")
        with bench.folder() as home, handed(self._password or "") as descriptors:
            done = bench.run(
                "borg",
                command,
                *unlocked,
                *rest,
                timeout=timeout,
                cwd=cwd,
                env={
                    "HOME": os.fspath(home),
                    "BORG_BASE_DIR": os.fspath(home),
                    "BORG_PASSPHRASE_FD": str(descriptors[0]),
                    "BORG_RELOCATED_REPO_ACCESS_IS_OK": "yes",
                    "BORG_UNKNOWN_UNENCRYPTED_REPO_ACCESS_IS_OK": "yes",
                    "BORG_DISPLAY_PASSPHRASE": "no",
                },
                inherit=descriptors,
            )
        return done if isinstance(done, Unseen) else _judged(done)


def _judged(done: Finished) -> Finished | Damaged | Unseen:
    """What borg's exit code (0 well, 1 warnings, 2 errors) and messages mean."""
    text = said(done)
    if done.code == 0:
        return done
    if "is incorrect" in text or "passphrase supplied" in text:
        return Unseen(Reason.DENIED, "the password is refused: borg says that the passphrase is incorrect")
    if "Failed to create/acquire the lock" in text:
        return Unseen(Reason.INCOMPLETE, f"the repository is locked: {line_with(text, 'acquire the lock')}")
    if "is not a valid repository" in text or re.search(r"^Repository .* does not exist", text, re.MULTILINE):
        return Unseen(Reason.UNREACHABLE, "there is no borg repository at that place")
    if "No key file" in text:
        return Unseen(Reason.NOT_CONFIGURED, "the key of this repository is a file that is not here")
    if "Unsupported" in text or "unsupported" in text:
        return Unseen(Reason.TOOL_MISSING, f"a newer borg is needed: {line_with(text, 'nsupported')}")
    if usual := usual_trouble("borg", text):
        return usual
    for damage, what, signs in (
        (Damage.TRUNCATED, "truncated", _SHORT),
        (Damage.CORRUPT, "corrupt", _WRONG),
        (Damage.MISSING, "missing", _GONE),
    ):
        if any(sign in text for sign in signs):
            line = re.sub(r"\s+", " ", line_with(text, *signs))
            return Damaged(damage=damage, says=f"borg: a file of the repository is {what}: {line}")
    return Unseen(Reason.INCOMPLETE, f"borg failed: {line_with(text, 'rror')}")


def _moment(text: Any) -> datetime | None:
    """Borg writes times of the zone that it runs in; it was told UTC."""
    try:
        return datetime.fromisoformat(str(text)).replace(tzinfo=UTC, microsecond=0) if text else None
    except ValueError:
        return None
