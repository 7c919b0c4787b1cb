"""Repositories of pgBackRest."""

import json
import os
import re
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from prodproof.facts import Reason, Unseen
from prodproof.facts.declared import Backup
from prodproof.reach.backups._bench import (
    Bench,
    credential_needed,
    failed,
    full,
    handed,
    key_on_disk,
    line_with,
    place_needed,
    program_needed,
    ready,
    said,
    usual_trouble,
)
from prodproof.reach.backups._pgbackrest_says import label_of, refused, trouble, verified, without
from prodproof.reach.backups._pgbackrest_settings import USUAL, settings_with
from prodproof.reach.backups._pieces import measured
from prodproof.reach.backups._wal import SEGMENT, log_bytes, missing_between, newest_of_timeline
from prodproof.reach.backups.backup_store import (
    Contents,
    Damage,
    Damaged,
    Ending,
    Origin,
    Piece,
    PointKind,
    Restored,
    RestorePoint,
    Sound,
    WalRange,
    never,
)
from prodproof.reach.backups.files import newest_first
from prodproof.reach.process import Finished
from prodproof.reach.secret import Secret

_KINDS = {"full": PointKind.FULL, "incr": PointKind.INCREMENTAL, "diff": PointKind.DIFFERENTIAL}
_USABLE = (0, 2, 4)
"""Codes of a stanza's status in `pgbackrest info` with which the list counts: well, no backups yet, mixed."""

_NO_STANZA = (1, 3)

_LATE = 86400
"""Seconds."""

_LOGGED = re.compile(r"(?:.*/)?(?:([0-9A-F]{24})-[0-9a-f]{40}(?:\.\w+)?|([0-9A-F]{8}\.history))")
_LITTLE = 8 << 20
"""Bytes; a disk with less is full for it, which writes whole tables."""

_QUIET = ("--log-level-file=off", "--log-level-console=off", "--log-level-stderr=warn")


class PgBackRestStore:
    """One stanza. `pgbackrest verify` passes over log that is missing, so that is looked at beside it."""

    def __init__(
        self, backup: Backup, root: Path, bench: Bench, password: Secret | None, credentials: Secret | None = None
    ) -> None:
        """
        Args:
            backup: names the stanza, and either pgBackRest's settings or the repository's path.
            password: of the repository, where it is encrypted and the settings do not say it.
            credentials: `KEY_ID:SECRET` of the bucket, where the settings do not say them.
        """
        self._backup = backup
        self._root = root
        self._bench = bench
        self._password = password
        self._credentials = credentials

    def points(self, ending: Ending = never) -> tuple[RestorePoint, ...] | Unseen:
        bench = self._bench.until(ending)
        stanza = self._info(bench)
        if isinstance(stanza, Unseen):
            return stanza
        try:
            versions = {(item["id"], item["repo-key"]): str(item["version"]) for item in stanza["db"]}
            newest = {item["database"]["id"]: str(item.get("max") or "") for item in stanza["archive"]}
            found = [self._point(item, stanza, versions, newest) for item in stanza["backup"]]
        except (KeyError, TypeError, ValueError):
            return Unseen(Reason.INCOMPLETE, "pgBackRest's list of backups cannot be read")
        return newest_first(found)

    def verify(self, point: RestorePoint, *, deep: bool, ending: Ending = never) -> Sound | Damaged | Unseen:
        bench = self._bench.until(ending)
        if point.trouble:
            return Damaged(damage=Damage.CORRUPT, says=f"{point.id}: {point.trouble}")
        gap = self._gap(point, bench)
        if isinstance(gap, Unseen):
            return gap
        if gap:
            return without(gap, point)
        if not deep:
            return Sound(says="pgBackRest has it, and all of the log from its start on", deep=False)
        done = self._asked(bench, bench.limits.verifying, "verify", _repo(point), "--output=text", "--verbose")
        if isinstance(done, Unseen):
            return done
        text = said(done)
        if bad := trouble(done.code, text):
            return bad
        return verified(text, point)

    def restore(
        self, point: RestorePoint, into: Path, *, at: datetime | None = None, ending: Ending = never
    ) -> Restored | Damaged | Unseen:
        bench = self._bench.until(ending)
        if unready := ready(into):
            return unready
        if at is not None and point.completed is not None and at <= point.completed:
            return Unseen(Reason.NOT_CONFIGURED, f"{point.id} was completed after that moment: take an earlier one")
        gap = self._gap(point, bench)
        if isinstance(gap, Unseen):
            return gap
        if gap and point.wal is not None and gap <= point.wal.needed:
            return without(gap, point)
        data, spaces = into / "data", into / "tablespaces"
        for folder in (data, spaces):
            folder.mkdir(mode=0o700)
        words = [
            "restore",
            f"--set={label_of(point)}",
            _repo(point),
            f"--pg1-path={data}",
            f"--tablespace-map-all={spaces}",
        ]
        words += ["--archive-mode=off", "--reset-pg1-host", "--no-link-all"]
        if at is not None:
            moment = at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f+00")
            words += ["--type=time", f"--target={moment}", "--target-action=promote"]
        done = self._asked(bench, bench.limits.restoring, *words)
        if isinstance(done, Unseen):
            return done
        if bad := trouble(done.code, said(done)):
            # It says that it cannot write, and not why.
            return full("pgbackrest") if shutil.disk_usage(into).free < _LITTLE else bad
        kept = self._keep_log(point, into, at, bench)
        if kept is not None:
            return kept
        sized = measured(into)
        if isinstance(sized, Unseen):
            return sized
        needed = [program_needed("pgbackrest"), place_needed(point.where, "the repository")]
        given = (self._backup.password, self._backup.credentials)
        needed += [credential_needed(reference) for reference in given if reference is not None]
        if not self._backup.repository:
            settings = self._settings or USUAL
            needed.append(place_needed(settings, "pgBackRest's settings, on this machine", Origin.MACHINE))
            if point.encrypted and self._password is None:
                needed.append(key_on_disk("repo-cipher-pass", settings))
        piece = Piece(contents=Contents.DATA_DIRECTORY, where=data, server_version=point.server_version)
        return Restored(point=point, pieces=(piece,), needed=tuple(needed), at=at, bytes=sized[0], files=sized[1])

    @property
    def _settings(self) -> str | None:
        return os.fspath((self._root / self._backup.config).resolve()) if self._backup.config else None

    def _point(
        self, item: dict[str, Any], stanza: dict[str, Any], versions: dict[tuple[int, int], str], newest: dict[int, str]
    ) -> RestorePoint:
        database = item["database"]
        wal = item.get("archive") or {}
        key = database["repo-key"]
        cipher = next((str(repo.get("cipher", "")) for repo in stanza["repo"] if repo["key"] == key), None)
        first, stop = str(wal.get("start") or ""), str(wal.get("stop") or "")
        last = max(newest.get(database["id"], ""), stop)
        return RestorePoint(
            id=str(item["label"]) + (f"@{key}" if key != 1 else ""),
            started=datetime.fromtimestamp(item["timestamp"]["start"], UTC),
            completed=datetime.fromtimestamp(item["timestamp"]["stop"], UTC),
            size=int(item["info"]["repository"]["size"]) if "size" in item["info"]["repository"] else None,
            restored_size=int(item["info"]["size"]) + log_bytes(first, last),
            kind=_KINDS.get(str(item["type"]), PointKind.FULL),
            contents=Contents.DATA_DIRECTORY,
            encrypted=None if cipher is None else "" if cipher == "none" else cipher,
            where=f"repository {key} of {self._backup.repository or self._backup.config or USUAL}",
            server_version=versions.get((database["id"], key), ""),
            wal=WalRange(first=first, needed=stop, last=last) if first else None,
            trouble="pgBackRest found page checksum errors when it made it" if item.get("error") else "",
        )

    def _info(self, bench: Bench) -> dict[str, Any] | Unseen:
        done = self._asked(bench, bench.limits.listing, "info", "--output=json")
        if isinstance(done, Unseen):
            return done
        if bad := trouble(done.code, said(done)):
            return bad if isinstance(bad, Unseen) else Unseen(Reason.INCOMPLETE, bad.says)
        try:
            stanza = json.loads(done.stdout.decode("utf-8", "replace"), strict=False)[0]
            code, message = stanza["status"]["code"], str(stanza["status"]["message"])
            messages = " ".join(str(repo["status"]["message"]) for repo in stanza["repo"])
        except (ValueError, LookupError, TypeError):
            return Unseen(Reason.INCOMPLETE, "pgBackRest's answer cannot be read")
        if code in _USABLE and "FormatError" not in messages:
            assert isinstance(stanza, dict)
            return stanza
        if code in _NO_STANZA:
            return Unseen(Reason.UNREACHABLE, f"there is no stanza {self._backup.stanza} at that place: {message}")
        if "FormatError" in messages or "CryptoError" in messages:
            return Unseen(
                Reason.DENIED,
                "the password is refused: pgBackRest cannot read the repository with it, or it is damaged",
            )
        usual = refused(messages) or usual_trouble("pgbackrest", messages)
        return usual or Unseen(Reason.INCOMPLETE, f"pgbackrest info: {line_with(messages)}")

    def _gap(self, point: RestorePoint, bench: Bench) -> str | Unseen:
        """The first missing segment from the backup's start to the newest there is; empty if none is."""
        if point.wal is None:
            return ""
        present = self._segments(point, bench)
        if isinstance(present, Unseen):
            return present
        last = max(newest_of_timeline(present, point.wal.first), point.wal.needed)
        return missing_between(present, point.wal.first, last) or ""

    def _segments(self, point: RestorePoint, bench: Bench) -> dict[str, int] | Unseen:
        """The log's segments and history files, with when each came there (seconds since 1970)."""
        stanza = self._info(bench)
        if isinstance(stanza, Unseen):
            return stanza
        try:
            made = next(item for item in stanza["backup"] if item["label"] == label_of(point))
            archive = f"{point.server_version}-{made['database']['id']}"
        except (StopIteration, KeyError, TypeError):
            return Unseen(Reason.INCOMPLETE, f"pgBackRest does not have {point.id} any more")
        path = f"archive/{self._backup.stanza}/{archive}"
        done = self._asked(bench, bench.limits.listing, "repo-ls", _repo(point), "--recurse", "--output=json", path)
        if isinstance(done, Unseen):
            return done
        if bad := trouble(done.code, said(done)):
            return bad if isinstance(bad, Unseen) else Unseen(Reason.INCOMPLETE, bad.says)
        try:
            listed = json.loads(done.stdout)
            # A segment's file has its checksum after its name; what ends in `.backup` or `.partial` is none.
            matches = [(_LOGGED.fullmatch(entry), about) for entry, about in listed.items()]
            return {match[1] or match[2]: int(about.get("time", 0)) for match, about in matches if match}
        except (ValueError, AttributeError, TypeError):
            return Unseen(Reason.INCOMPLETE, "pgBackRest's list of the log cannot be read")

    def _keep_log(self, point: RestorePoint, into: Path, at: datetime | None, bench: Bench) -> Damaged | Unseen | None:
        """Put the log beside the data, so that the server needs neither key, program nor network to recover."""
        data, log = into / "data", into / "log"
        present = self._segments(point, bench)
        if isinstance(present, Unseen):
            return present
        log.mkdir(mode=0o700)
        for name in _wanted(present, point, at):
            done = self._asked(
                bench,
                bench.limits.restoring,
                "archive-get",
                _repo(point),
                f"--pg1-path={data}",
                name,
                os.fspath(log / name),
            )
            if isinstance(done, Unseen):
                return done
            if bad := trouble(done.code, said(done)):
                return full("pgbackrest") if shutil.disk_usage(into).free < _LITTLE else bad
        quoted = os.fspath(log).replace("%", "%%").replace("'", "''")
        command = f'restore_command = \'cp "{quoted}/%f" "%p"\''
        settings = data / "postgresql.auto.conf"
        try:
            text = settings.read_text(encoding="utf-8", errors="surrogateescape")
            text = re.sub(r"^restore_command = .*$", lambda _: command, text, flags=re.MULTILINE)
            settings.write_text(text, encoding="utf-8", errors="surrogateescape")
            if os.geteuid() == 0:
                # The data was given back to whom it belonged.
                owner = data.stat()
                for path in (log, *log.iterdir(), into / "tablespaces"):
                    os.chown(path, owner.st_uid, owner.st_gid)
        except OSError as error:
            return failed(error, settings.name)
        return None

    def _asked(self, bench: Bench, timeout: float, command: str, *words: str) -> Finished | Unseen:
        # Settings with a password are given as a file in memory that has no name.
        written = self._written()
        if isinstance(written, Unseen):
            return written
        with bench.folder() as place, handed(*([] if written is None else [written])) as descriptors:
            settings = f"/dev/fd/{descriptors[0]}" if descriptors else self._settings
            return bench.run(
                "pgbackrest",
                command,
                *([f"--config={settings}"] if settings else []),
                # Listing the repository is about the whole of it; all else is about the stanza.
                *([] if command == "repo-ls" else [f"--stanza={self._backup.stanza}"]),
                *_QUIET,
                *words,
                timeout=timeout,
                # A restore empties the spool of its stanza, which is that of the running server otherwise.
                env={name: os.fspath(place) for name in ("HOME", "PGBACKREST_LOCK_PATH", "PGBACKREST_SPOOL_PATH")},
                inherit=descriptors,
            )

    def _written(self) -> str | Unseen | None:
        """Settings of our own, for a repository that is given by its path, or for secrets that no settings hold."""
        secrets = []
        if self._password is not None:
            secrets += ["repo1-cipher-type=aes-256-cbc", f"repo1-cipher-pass={self._password.reveal()}"]
        if self._credentials is not None:
            key, _, secret = self._credentials.reveal().partition(":")
            secrets += [f"repo1-s3-key={key}", f"repo1-s3-key-secret={secret}"]
        if self._backup.repository:
            path = (self._root / self._backup.repository).resolve()
            lines = ["[global]", f"repo1-path={path}", *secrets, f"[{self._backup.stanza}]", "pg1-path=/nonexistent"]
            return "\n".join([*lines, ""])
        if not secrets:
            return None
        return settings_with(self._backup, self._root, secrets)


def _repo(point: RestorePoint) -> str:
    return f"--repo={point.id.partition('@')[2] or 1}"


def _wanted(present: dict[str, int], point: RestorePoint, at: datetime | None) -> list[str]:
    """What a server reads from the backup's start on, of the timelines that came after, too.

    What was archived long after a moment holds nothing from before it: one that is a day later is the last.
    """
    if point.wal is None:
        return []
    start = point.wal.first
    wanted = sorted(name for name in present if name.endswith(".history"))
    segments = [name for name in present if SEGMENT.fullmatch(name) and name[:8] >= start[:8] and name[8:] >= start[8:]]
    for name in sorted(segments, key=lambda name: (name[8:], name[:8])):
        wanted.append(name)
        late = at is not None and present[name] > at.timestamp() + _LATE
        if late and name > point.wal.needed:
            break
    return wanted
