"""Repositories of restic."""

import json
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
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
from prodproof.reach.git.repository import shown
from prodproof.reach.process import Finished
from prodproof.reach.secret import Secret

_GONE = ("unable to open config file", "NoSuchBucket", "The specified bucket does not exist")
_REFUSED = ("AccessDenied", "Access Denied", "InvalidAccessKeyId", "SignatureDoesNotMatch", "403 Forbidden")
_BROKEN = (
    (Damage.TRUNCATED, "truncated", ("unexpected file size", "unexpected EOF", "file is too short")),
    # Before what is missing: a file that could not be restored is missed afterwards, where it should have been written.
    (Damage.CORRUPT, "corrupt", ("does not match", "verification failed", "invalid data")),
    (Damage.MISSING, "missing", ("does not exist", "no such file or directory", "not found in")),
    (Damage.CORRUPT, "corrupt", ("contains errors", "invalid")),
)
_OWNER = re.compile(r"^ignoring error for .*: l?chown .*operation not permitted$", re.IGNORECASE)
"""What restic says for every file where somebody other than root restores; the data is there."""


class ResticStore:
    """Asked with `--no-lock` and `--no-cache`: nothing is written to the repository, and nothing kept of it."""

    def __init__(
        self, backup: Backup, root: Path, bench: Bench, password: Secret, credentials: Secret | None = None
    ) -> None:
        """
        Args:
            backup: names the repository, as restic takes it; paths are relative to `root`.
            password: of the repository.
            credentials: `KEY_ID:SECRET` of a bucket.
        """
        self._backup = backup
        self._bench = bench
        self._password = password
        self._credentials = credentials
        self._authority = ("--cacert", os.fspath((root / backup.ca).resolve())) if backup.ca else ()
        self._repository = os.fspath(local_folder(backup, root) or backup.repository)

    def points(self, ending: Ending = never) -> tuple[RestorePoint, ...] | Unseen:
        bench = self._bench.until(ending)
        listed = self._asked(bench, bench.limits.listing, "snapshots", "--json")
        if not isinstance(listed, Finished):
            return _unseen(listed)
        try:
            snapshots = json.loads(listed.stdout or b"[]") or []
            found = newest_first([self._point(item) for item in snapshots] + list(_unreadable(listed)))
        except (ValueError, KeyError, TypeError):
            return Unseen(Reason.INCOMPLETE, "restic's list of snapshots cannot be read")
        if len(found) > bench.limits.points:
            return Unseen(Reason.INCOMPLETE, f"the repository has more than {bench.limits.points} snapshots")
        return tuple(self._measured(point, bench) if point == found[0] else point for point in found)

    def verify(self, point: RestorePoint, *, deep: bool, ending: Ending = never) -> Sound | Damaged | Unseen:
        bench = self._bench.until(ending)
        if locked := self._locked(bench):
            return locked
        if point.trouble:
            return Damaged(damage=Damage.CORRUPT, says=point.trouble)
        # The short check comes first: of a truncated file it says so at once, which the long one reads again and again.
        for words in (("check",), ("check", "--read-data"))[: 2 if deep else 1]:
            done = self._asked(bench, bench.limits.verifying, *words)
            if not isinstance(done, Finished):
                return done
        says = "restic check --read-data" if deep else "restic check"
        return Sound(says=f"{says}: no errors were found in the repository", deep=deep)

    def restore(
        self, point: RestorePoint, into: Path, *, at: datetime | None = None, ending: Ending = never
    ) -> Restored | Damaged | Unseen:
        bench = self._bench.until(ending)
        if at is not None:
            return Unseen(Reason.NOT_CONFIGURED, "a snapshot holds one moment only: it cannot be recovered to another")
        if point.trouble:
            return Damaged(damage=Damage.CORRUPT, says=point.trouble)
        if unready := ready(into):
            return unready
        if locked := self._locked(bench):
            return locked
        done = self._asked(bench, bench.limits.restoring, "restore", point.id, "--target", os.fspath(into))
        if not isinstance(done, Finished):
            return done
        needed = [program_needed("restic"), place_needed(self._backup.repository, "the repository")]
        needed += [
            credential_needed(reference)
            for reference in (self._backup.password, self._backup.credentials)
            if reference is not None
        ]
        return files_restored(point, into, tuple(needed), bench)

    def _point(self, item: dict[str, Any]) -> RestorePoint:
        return RestorePoint(
            id=str(item["id"]),
            # restic writes down when a snapshot was begun; it is there only once it is whole.
            started=_moment(str(item["time"])),
            kind=PointKind.SNAPSHOT,
            contents=Contents.FILES,
            encrypted="AES-256 (restic)",
            where=shown(f"{self._backup.repository}: {', '.join(map(str, item.get('paths') or ()))[:200]}"),
        )

    def _measured(self, point: RestorePoint, bench: Bench) -> RestorePoint:
        """With what it takes when it is restored, as far as that can be told."""
        told = self._asked(bench, bench.limits.listing, "stats", "--mode", "restore-size", "--json", point.id)
        try:
            size = json.loads(told.stdout)["total_size"] if isinstance(told, Finished) and not point.trouble else None
        except (ValueError, KeyError, TypeError):
            return point
        return replace(point, restored_size=size if isinstance(size, int) else None)

    def stored_bytes(self) -> int | None:
        """What the whole repository holds, which is what it takes to read all of it; None where that is not told."""
        told = self._asked(self._bench, self._bench.limits.listing, "stats", "--mode", "raw-data", "--json")
        try:
            size = json.loads(told.stdout)["total_size"] if isinstance(told, Finished) else None
        except (ValueError, KeyError, TypeError):
            return None
        return size if isinstance(size, int) else None

    def _locked(self, bench: Bench) -> Unseen | None:
        """Why the repository is in somebody's hands: a lock that nobody else may work beside."""
        listed = self._asked(bench, bench.limits.listing, "list", "locks")
        if not isinstance(listed, Finished):
            return _unseen(listed)
        for name in listed.stdout.decode("ascii", "replace").split()[:20]:
            if not re.fullmatch(r"[0-9a-f]{64}", name):
                continue
            shown = self._asked(bench, bench.limits.listing, "cat", "lock", name)
            if not isinstance(shown, Finished):
                continue  # given back meanwhile
            try:
                lock = json.loads(shown.stdout)
            except ValueError:
                continue
            if isinstance(lock, dict) and lock.get("exclusive"):
                since = str(lock.get("time", ""))[:19]
                by = f"{lock.get('hostname', '?')}, process {lock.get('pid', '?')}"
                says = f"the repository is locked since {since} by {by}; `restic unlock` if that one is gone"
                return Unseen(Reason.INCOMPLETE, says)
        return None

    def _asked(self, bench: Bench, timeout: float, *words: str) -> Finished | Damaged | Unseen:
        with bench.folder() as home, self._given() as (descriptors, variables):
            done = bench.run(
                "restic",
                "--repo",
                self._repository,
                "--no-lock",
                "--no-cache",
                "--password-file",
                f"/dev/fd/{descriptors[0]}",
                *self._authority,
                *words,
                timeout=timeout,
                env={"HOME": os.fspath(home), "TMPDIR": os.fspath(home), **variables},
                inherit=descriptors,
            )
        return done if isinstance(done, Unseen) else _judged(done)

    @contextmanager
    def _given(self) -> Iterator[tuple[tuple[int, ...], dict[str, str]]]:
        variables: dict[str, str] = {}
        if self._credentials is None:
            with handed(self._password) as descriptors:
                yield descriptors, variables
            return
        key, _, secret = self._credentials.reveal().partition(":")
        file = f"[default]\naws_access_key_id = {key}\naws_secret_access_key = {secret}\n"
        with handed(self._password, file) as descriptors:
            variables["AWS_SHARED_CREDENTIALS_FILE"] = f"/dev/fd/{descriptors[1]}"
            if self._backup.region:
                variables["AWS_DEFAULT_REGION"] = self._backup.region
            yield descriptors, variables


def _judged(done: Finished) -> Finished | Damaged | Unseen:
    """What restic's exit code and messages mean."""
    lines = [line.strip() for line in said(done).splitlines() if line.strip() and not _OWNER.match(line.strip())]
    ignored = any(line.startswith("ignoring error") for line in lines)
    if done.code == 0 or (not ignored and any(line.startswith("Fatal: There were") for line in lines)):
        return done
    text = "\n".join(lines)
    if "wrong password" in text or "no key found" in text:
        return Unseen(Reason.DENIED, "the password is refused: restic says wrong password or no key found")
    if "already locked" in text:
        return Unseen(Reason.INCOMPLETE, f"the repository is locked: {line_with(text, 'locked')}")
    if any(sign in text for sign in _REFUSED):
        return Unseen(Reason.DENIED, f"the store refuses the credentials: {line_with(text, *_REFUSED)}")
    if usual := usual_trouble("restic", text):
        return usual
    if any(sign in text for sign in _GONE):
        return Unseen(Reason.UNREACHABLE, "there is no restic repository at that place")
    if "unsupported" in text and "version" in text:
        return Unseen(Reason.TOOL_MISSING, f"a newer restic is needed: {line_with(text, 'unsupported')}")
    for damage, what, signs in _BROKEN:
        if any(sign in text for sign in signs):
            return Damaged(damage=damage, says=f"restic: a file of the repository is {what}: {line_with(text, *signs)}")
    return Unseen(Reason.INCOMPLETE, f"restic failed: {line_with(text, 'Fatal')}")


def _unreadable(listed: Finished) -> Iterator[RestorePoint]:
    """Snapshots that restic names and leaves out, with exit code 0."""
    for line in said(listed).splitlines():
        if found := re.match(r"could not load snapshot ([0-9a-f]+): (.*)", line):
            yield RestorePoint(id=found[1], trouble=f"the snapshot {found[1]} cannot be read: {found[2][:160]}")


def _unseen(found: Damaged | Unseen) -> Unseen:
    """Where there is no way to say that something is damaged."""
    return found if isinstance(found, Unseen) else Unseen(Reason.INCOMPLETE, found.says)


def _moment(text: str) -> datetime:
    """Go's RFC 3339, with nanoseconds."""
    return datetime.fromisoformat(re.sub(r"\.(\d{1,6})\d*", r".\1", text)).astimezone(UTC).replace(microsecond=0)
