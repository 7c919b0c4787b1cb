"""The catalogue of a Barman server."""

import configparser
import json
import os
import pwd
import re
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from prodproof.facts import Reason, Unseen
from prodproof.facts.declared import Backup
from prodproof.reach.backups._barman_settings import USUAL
from prodproof.reach.backups._bench import (
    Bench,
    line_with,
    place_needed,
    program_needed,
    ready,
    said,
    usual_trouble,
)
from prodproof.reach.backups._pieces import measured
from prodproof.reach.backups._wal import SEGMENT, missing_between, newest_of_timeline
from prodproof.reach.backups.backup_store import (
    Contents,
    Damage,
    Damaged,
    Ending,
    Origin,
    Piece,
    Restored,
    RestorePoint,
    Sound,
    WalRange,
    never,
)
from prodproof.reach.backups.files import newest_first
from prodproof.reach.backups.folders import server_program
from prodproof.reach.process import Finished

_MOST = 500
"""Backups of one server: Barman is started once for each."""

_SCHEMES = {"gpg": "OpenPGP", "none": ""}

_BEING_MADE = ("EMPTY", "STARTED", "SYNCING", "WAITING_FOR_WALS")
_MADE_WITHIN = timedelta(days=1)
"""A backup that has not come to its end by then has failed without saying so; before, it is no backup yet."""


class BarmanStore:
    """One server of a Barman that runs on this machine.

    `barman check-backup` writes its result into the catalogue, so that what it checks, that all the log from a backup's
    start to its end is there, is looked at here instead; `barman verify-backup` (pg_verifybackup) only reads.
    """

    def __init__(self, backup: Backup, root: Path, bench: Bench) -> None:
        """
        Args:
            backup: names the server, and Barman's settings if they are not at the usual place.
        """
        self._server = backup.server
        self._settings = os.fspath((root / backup.config).resolve()) if backup.config else USUAL
        self._bench = bench

    def points(self, ending: Ending = never) -> tuple[RestorePoint, ...] | Unseen:
        bench = self._bench.until(ending)
        listed = self._asked(bench, bench.limits.listing, "list-backups", self._server)
        if not isinstance(listed, dict):
            return listed if isinstance(listed, Unseen) else Unseen(Reason.INCOMPLETE, listed.says)
        items = listed.get(self._server, [])
        if not isinstance(items, list) or len(items) > _MOST:
            return Unseen(Reason.INCOMPLETE, f"the server {self._server} has more than {_MOST} backups")
        found = []
        for item in items:
            name = str(item.get("backup_id", ""))
            shown = self._asked(bench, bench.limits.listing, "show-backup", self._server, name)
            if not isinstance(shown, dict):
                return shown if isinstance(shown, Unseen) else Unseen(Reason.INCOMPLETE, shown.says)
            try:
                point, status = self._point(name, shown[self._server]), shown[self._server].get("status")
            except (KeyError, TypeError, ValueError):
                return Unseen(Reason.INCOMPLETE, f"Barman's answer about {name} cannot be read")
            begun = point.started is not None and datetime.now(UTC) - point.started < _MADE_WITHIN
            if not (begun and status in _BEING_MADE):
                found.append(point)
        return newest_first(found)

    def verify(self, point: RestorePoint, *, deep: bool, ending: Ending = never) -> Sound | Damaged | Unseen:
        bench = self._bench.until(ending)
        if point.trouble:
            return Damaged(damage=Damage.FAILED, says=f"{point.id}: {point.trouble}")
        gap = self._gap(point, bench)
        if isinstance(gap, Unseen):
            return gap
        if gap:
            return _without(gap, point)
        if not deep:
            return Sound(says="Barman has it, and all of the log from its start on", deep=False)
        # Barman calls a program that is not on the PATH of Debian, as it comes with the server.
        program = server_program("pg_verifybackup", point.server_version)
        if isinstance(program, Unseen):
            return program
        words = ("verify-backup", self._server, point.id)
        done = self._asked(bench, bench.limits.verifying, *words, programs=os.path.dirname(program))
        if isinstance(done, Unseen):
            return done
        text = done.says if isinstance(done, Damaged) else json.dumps(done)
        if isinstance(done, dict) and "successfully verified" in text:
            return Sound(
                says="barman verify-backup: every file is as its manifest says, and no log is missing", deep=True
            )
        if "backup_manifest" in text and ("could not open" in text or "not available" in text or "No such" in text):
            return Unseen(Reason.NOT_CONFIGURED, f"{point.id} has no manifest: `barman generate-manifest` makes one")
        line = line_with(text.replace("\\n", "\n"), "error:", "modified", "size", "checksum", "not on disk")
        damage = Damage.CORRUPT
        if "not on disk" in text:
            damage = Damage.MISSING
        elif "has size" in text:
            damage = Damage.TRUNCATED
        return Damaged(damage=damage, says=f"barman verify-backup: {point.id}: {line}")

    def restore(
        self, point: RestorePoint, into: Path, *, at: datetime | None = None, ending: Ending = never
    ) -> Restored | Damaged | Unseen:
        bench = self._bench.until(ending)
        if point.trouble:
            return Damaged(damage=Damage.FAILED, says=f"{point.id}: {point.trouble}")
        if unready := ready(into):
            return unready
        if at is not None and point.completed is not None and at <= point.completed:
            return Unseen(Reason.NOT_CONFIGURED, f"{point.id} was completed after that moment: take an earlier one")
        gap = self._gap(point, bench)
        if isinstance(gap, Unseen):
            return gap
        if gap and point.wal is not None and gap <= point.wal.needed:
            return _without(gap, point)
        shown = self._asked(bench, bench.limits.listing, "show-backup", self._server, point.id)
        if not isinstance(shown, dict):
            return shown
        if lent := self._lend(into):
            return lent
        data = into / "data"
        words = ["--no-get-wal", "--no-retry"]
        # Without this, tablespaces go to where the source has its own.
        for space in shown[self._server].get("tablespaces") or ():
            words += ["--tablespace", f"{space['name']}:{into / 'tablespaces' / str(space['name'])}"]
        if at is not None:
            moment = at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f+00:00")
            words += ["--target-time", moment, "--target-action", "promote"]
        done = self._asked(bench, bench.limits.restoring, "recover", *words, self._server, point.id, os.fspath(data))
        if not isinstance(done, dict):
            return done
        sized = measured(into)
        if isinstance(sized, Unseen):
            return sized
        needed = (
            program_needed("barman"),
            place_needed(point.where, "this machine"),
            place_needed(self._settings, "Barman's settings, on this machine", Origin.MACHINE),
        )
        piece = Piece(contents=Contents.DATA_DIRECTORY, where=data, server_version=point.server_version)
        return Restored(point=point, pieces=(piece,), needed=needed, at=at, bytes=sized[0], files=sized[1])

    def _point(self, name: str, item: dict[str, Any]) -> RestorePoint:
        status = str(item.get("status", ""))
        about = item.get("base_backup_information") or {}
        wal = item.get("wal_information") or {}
        scheme = _SCHEMES.get(how := str(about.get("encryption") or ""), how)
        first, needed = str(about.get("begin_wal") or ""), str(about.get("end_wal") or "")
        number = int(item.get("postgresql_version") or 0)
        kept = str((item.get("catalog_information") or {}).get("retention_policy") or "")
        trouble = "" if status == "DONE" else f"Barman says {status or 'nothing of its state'}"
        if error := str(item.get("error") or ""):
            trouble = f"{trouble}: {error[:160]}"
        return RestorePoint(
            id=name,
            started=_moment(about.get("begin_time_timestamp")) or _of_name(name),
            completed=_moment(about.get("end_time_timestamp")) if not trouble else None,
            size=_whole(about.get("disk_usage_with_wals_bytes")),
            restored_size=_whole(about.get("disk_usage_with_wals_bytes")),
            contents=Contents.DATA_DIRECTORY,
            encrypted=f"{scheme} (Barman)" if scheme else "",  # said by Barman 3.14 and later, which can do it
            where=f"Barman's server {self._server}" + (f" ({kept})" if kept and kept != "not enforced" else ""),
            server_version=f"{number // 10000}.{number % 10000}" if number else "",
            wal=WalRange(first=first, needed=needed, last=max(str(wal.get("last_available") or ""), needed))
            if first
            else None,
            trouble=trouble,
        )

    def _gap(self, point: RestorePoint, bench: Bench) -> str | Unseen:
        """The first missing segment from the backup's start to the newest there is; empty if none is."""
        if point.wal is None:
            return ""
        listed = self._asked(bench, bench.limits.listing, "list-files", "--target", "wal", self._server, point.id)
        if not isinstance(listed, dict):
            return listed if isinstance(listed, Unseen) else Unseen(Reason.INCOMPLETE, listed.says)
        # It lists what its index holds; whether the file is there, too, is another question.
        named = [Path(path) for path in map(str, listed.get("_INFO") or ()) if SEGMENT.fullmatch(Path(path).name)]
        present = [path.name for path in named if path.is_file()]
        newest = newest_of_timeline([path.name for path in named], point.wal.first)
        return missing_between(present, point.wal.first, max(newest, point.wal.needed)) or ""

    def _lend(self, into: Path) -> Unseen | None:
        """Give the folder to the user that Barman becomes when root starts it."""
        if os.geteuid() != 0:
            return None
        settings = configparser.ConfigParser(interpolation=None, strict=False)
        try:
            settings.read(self._settings)
            user = pwd.getpwnam(settings.get("barman", "barman_user", fallback="barman"))
            if not _passes(user.pw_uid, into):
                says = (
                    f"Barman runs as {user.pw_name}, who cannot come to {into}: run this as {user.pw_name}, not as root"
                )
                return Unseen(Reason.DENIED, says)
            os.chown(into, user.pw_uid, user.pw_gid)
        except (configparser.Error, OSError, KeyError, UnicodeDecodeError):
            return Unseen(Reason.INCOMPLETE, "the user that Barman runs as cannot be told from its settings")
        return None

    def _asked(
        self, bench: Bench, timeout: float, command: str, *words: str, programs: str = ""
    ) -> dict[str, Any] | Damaged | Unseen:
        path = os.environ.get("PATH", os.defpath)
        with bench.folder() as home:
            done = bench.run(
                "barman",
                "--config",
                self._settings,
                "--format",
                "json",
                command,
                *words,
                timeout=timeout,
                env={"HOME": os.fspath(home), "PATH": f"{path}:{programs}" if programs else path},
            )
        return done if isinstance(done, Unseen) else _judged(done, command)


def _passes(user: int, place: Path) -> bool:
    """Whether somebody else comes through to a place: each folder above it is theirs, or lets others pass."""
    return all(
        status.st_mode & stat.S_IXOTH or (status.st_uid == user and status.st_mode & stat.S_IXUSR)
        for status in (folder.stat() for folder in place.resolve().parents)
    )


def _judged(done: Finished, command: str) -> dict[str, Any] | Damaged | Unseen:
    """What Barman's exit code and messages mean."""
    text = said(done)
    try:
        answer = json.loads(done.stdout or b"null")
    except ValueError:
        answer = None
    if done.code == 0 and isinstance(answer, dict) and not answer.get("_ERROR"):
        return answer
    errors = answer.get("_ERROR") if isinstance(answer, dict) else None
    if isinstance(errors, list) and errors:
        text = "\n".join(map(str, errors))
    if "Configuration file" in text and "does not exist" in text:
        return Unseen(Reason.NOT_CONFIGURED, f"Barman's settings are not there: {line_with(text, 'does not exist')}")
    if "Unknown server" in text:
        return Unseen(Reason.UNREACHABLE, f"Barman knows no such server: {line_with(text, 'Unknown server')}")
    if "Unknown backup" in text:
        return Unseen(Reason.INCOMPLETE, f"Barman does not have it any more: {line_with(text, 'Unknown backup')}")
    if usual := usual_trouble("barman", text):
        return usual
    if "pg_verifybackup not found" in text:
        return Unseen(Reason.TOOL_MISSING, "pg_verifybackup, which Barman calls, is not installed")
    if re.search(r"lock|is already running|another process", text, re.IGNORECASE):
        return Unseen(Reason.INCOMPLETE, f"the server is locked: {line_with(text, 'lock', 'already', 'another')}")
    if command == "recover" and "WAL" in text:
        return Damaged(
            damage=Damage.MISSING_WAL, says=f"barman recover: log that it needs is missing: {line_with(text)}"
        )
    if command == "verify-backup":
        return Damaged(damage=Damage.CORRUPT, says=text[:4000])
    if "link_stat" in text or "vanished" in text:
        return Damaged(damage=Damage.MISSING, says=f"barman: a file of it is missing: {line_with(text, 'link_stat')}")
    return Unseen(Reason.INCOMPLETE, f"barman {command} failed: {line_with(text, 'ERROR', 'error')}")


def _without(gap: str, point: RestorePoint) -> Damaged:
    whole = point.wal is not None and gap <= point.wal.needed
    far = "it cannot be restored" if whole else "nothing after it can be recovered"
    return Damaged(damage=Damage.MISSING_WAL, says=f"the log's segment {gap} is missing: {far}")


def _moment(text: Any) -> datetime | None:
    return datetime.fromtimestamp(int(text), UTC) if str(text or "").isdigit() else None


def _of_name(name: str) -> datetime | None:
    """A backup's id is the time when it was begun, by the clock of the machine."""
    try:
        return datetime.strptime(name, "%Y%m%dT%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        return None


def _whole(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None
