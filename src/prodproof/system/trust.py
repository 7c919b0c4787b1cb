"""Leave to run what a repository names, kept outside of it.

A repository cannot grant itself trust: it is recorded in the user's configuration directory, for one directory and
for exactly what its system file then asked for. A file that asks for more, or for something else, needs it again.
Only keyed digests of what was asked are kept, for a command line may hold more than a file should.
"""

import hashlib
import hmac
import json
import os
import re
import secrets
import shlex
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from prodproof.system.application_tables import RollbackTable
from prodproof.system.environments import DEFAULT, environment_of
from prodproof.system.errors import UserError, inert
from prodproof.system.merged import SystemFile
from prodproof.system.recovery_tables import asks_of_backup
from prodproof.system.rotation_checks import asks_of_rotation

MAX_BYTES = 4 * 1024 * 1024
FORMAT = 1
_SECRET_WORD = re.compile(r"(?i)(\b[\w-]*(?:pass|pwd|secret|token|key|credential|auth)[\w-]*[=:])\S+|(://)[^/@\s]+@")


@dataclass(frozen=True, order=True)
class Ask:
    """One thing that a system file wants to be done."""

    what: str
    """`runs`, `signals`, `reads secret`, `logs in`, `sends traffic`, `contacts`, `exercises`, `lets approve` or
    `asks`."""

    where: str
    """Which part of the file asks for it: `django of production`; never a value."""

    exactly: str
    """The command, reference, address or permission."""

    def __str__(self) -> str:
        # A command line may hold a password; the screen may be shared.
        exactly = _SECRET_WORD.sub(r"\1\2…", self.exactly)
        return f"{self.what:13} {inert(exactly, 300)}   ({inert(self.where, 100)})"


@dataclass(frozen=True)
class Standing:
    """Whether a directory's system file is trusted as it is now."""

    trusted: bool
    recorded: bool
    """Trust was given once, for the file as it was then."""

    new: tuple[Ask, ...] = ()
    """What it asks for now that was not trusted."""

    gone: tuple[str, ...] = ()
    """Places whose former request is no longer there."""

    @property
    def lines(self) -> tuple[str, ...]:
        """What changed, for a person."""
        return (*(f"new or changed: {ask}" for ask in self.new), *(f"no longer there: {place}" for place in self.gone))


def asks(file: SystemFile) -> tuple[Ask, ...]:
    """Everything in a system file that needs trust, of all environments."""
    tables = file.tables
    found: list[Ask] = []

    def environment(item: Any) -> str:
        return environment_of(item, tables) or DEFAULT

    for app in tables.django:
        where = f"django of {environment(app)}, {app.repository}"
        command = f"{shlex.join(app.manage)}  in {app.directory}"
        command += f"  settings {app.settings}" if app.settings else ""
        found.append(Ask("runs", where, command + (f"  urls {app.urlconf}" if app.urlconf else "")))
        found += [Ask("exercises", where, app.directory)] * ("drills" in app.allow)
        found += _rehearsed(app.rollback, where) if app.rollback else ()
    found += [Ask("reads secret", f"secret {item.name} of {environment(item)}", item.ref) for item in tables.secret]
    for item in tables.secret:
        where = f"secret {item.name} of {environment(item)}"
        what = f"to {item.opens or 'what it says itself'}"
        found += [Ask("logs in", where, what)] * ("login" in item.allow)
        found += [Ask("exercises", where, "makes a new one, retires the old one")] * ("drills" in item.allow)
        found += [Ask(kind, where, text) for kind, text in asks_of_rotation(item.rotation)]
    for manager in tables.secret_manager:
        where = f"secret manager {manager.name} of {environment(manager)}"
        if manager.credentials:
            found.append(Ask("reads secret", where, f"{manager.credentials}, sent to {manager.url or manager.kind}"))
        if manager.canary:
            found.append(Ask("reads secret", where, f"{manager.canary}, which opens nothing"))
    found += [
        Ask("reads secret", f"data store {item.name} of {environment(item)}", item.dsn)
        for item in tables.data_store
        if item.dsn
    ]
    found += [
        Ask("reads secret", f"service {item.name}", item.credential) for item in tables.service if item.credential
    ]
    for entry in tables.entry_point:
        where = f"entry point {entry.url}"
        if entry.login:
            found.append(Ask("reads secret", where, f"{entry.login}, sent to {entry.url}"))
        found += [Ask("sends traffic", where, f"{permission} to {entry.url}") for permission in entry.allow]
    for host in tables.host:
        addresses = " ".join((host.name, *host.addresses))
        found.append(Ask("contacts", f"host {host.name} of {environment(host)}", addresses))
        found += [Ask("sends traffic", f"host {host.name}", f"{item} to {addresses}") for item in host.allow]
    for place in tables.environment:
        found += [Ask("exercises", f"environment {place.name}", "everything in it")] * ("drills" in place.allow)
    for store in tables.data_store:
        where = f"data store {store.name} of {environment(store)}"
        found += [Ask("exercises", where, store.name)] * ("drills" in store.allow)
        if store.restore.application:
            found.append(Ask("runs", where, f"on a restored copy: {shlex.join(store.restore.application)}"))
        found += [Ask("runs", where, f"on a restored copy: {query}") for query in store.restore.invariants.values()]
        for scenario in store.scenario:
            found += [Ask("runs", where, f"the steps of {scenario.runbook}")] * bool(scenario.runbook)
            found += [Ask("sends traffic", where, f"to {scenario.health}")] * bool(scenario.health)
    for backup in tables.backup:
        where = f"backup {backup.name} of {environment(backup)}"
        found += [Ask(kind, where, text) for kind, text in asks_of_backup(backup)]
        found += [Ask("exercises", where, backup.name)] * ("drills" in backup.allow)
        found += [Ask("exercises", where, f"writes into {backup.alarm.textfiles}")] if backup.alarm else []
    for erasure in tables.erasure:
        where = f"erasure of {erasure.name} of {environment(erasure)}"
        found += [Ask("runs", where, f"on a restored copy: {text}") for text in (*erasure.erase, *erasure.gone)]
        found.append(Ask("reads secret", where, erasure.log_key))
    monitoring = tables.monitoring
    for url in (monitoring.prometheus_url, monitoring.alertmanager_url):
        if url and monitoring.credentials:
            found.append(Ask("reads secret", "monitoring", f"{monitoring.credentials}, sent to {url}"))
        found += [Ask("contacts", "monitoring", url)] if url else []
    for person in tables.person:
        found += [Ask("lets approve", f"person {person.id}", key) for key in person.keys]
    for zone in tables.zone:
        source = ", ".join(item for item in (zone.file, zone.names, zone.nameserver) if item)
        found.append(
            Ask("contacts", f"zone {zone.name}", f"names in {zone.name}" + (f" from {source}" if source else ""))
        )
    if tables.advisories.source in ("osv", "pypi"):
        found.append(Ask("asks", "advisories", f"{tables.advisories.source} about the packages in use"))
    return tuple(sorted(set(found)))


def _rehearsed(table: RollbackTable, where: str) -> Iterator[Ask]:
    """What the drill `rollback` runs of two versions."""
    for words in (table.manage, table.prepare, table.serve, table.write, table.enqueue, table.run_job):
        if words:
            yield Ask("runs", f"rollback of {where}", shlex.join(words))
    given = [f"{name}={value}" for name, value in sorted(table.variables.items())]
    more = [f"settings {table.settings}"] * bool(table.settings) + ["with the network"] * table.network
    yield Ask("runs", f"rollback of {where}", " ".join((table.previous, table.current, *given, *more)))
    if table.copy_of:
        yield Ask("runs", f"rollback of {where}", f"on a copy of {table.copy_of}")


class TrustStore:
    """The record of what is trusted, in one file of the user's own."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        """Args:
        environ: the process environment; XDG_CONFIG_HOME and HOME are read (XDG Base Directory Specification).
        """
        base = environ.get("XDG_CONFIG_HOME", "")
        if not os.path.isabs(base):  # empty and relative values are to be ignored
            base = os.path.join(environ.get("HOME") or os.path.expanduser("~"), ".config")
        self.path = Path(base) / "prodproof" / "trust.json"

    def standing(self, file: SystemFile) -> Standing:
        """Whether this system file is trusted as it is now. Raises UserError for an unusable record."""
        now = asks(file)
        entry = self._read().get(str(file.root))
        if entry is None or self._inside(file.root):
            return Standing(trusted=False, recorded=False, new=now)
        salt = bytes.fromhex(entry["salt"])
        kept = {item["digest"]: item["where"] for item in entry["asks"]}
        digests = {_digest(salt, ask): ask for ask in now}
        new = tuple(ask for digest, ask in digests.items() if digest not in kept)
        still = {_place(ask) for ask in now}
        gone = tuple(sorted({where for digest, where in kept.items() if digest not in digests and where not in still}))
        return Standing(trusted=not new and file.path.name == entry["file"], recorded=True, new=new, gone=gone)

    def grant(self, file: SystemFile) -> None:
        """Record trust in what the file asks for now. Raises UserError when it cannot be kept safely."""
        if self._inside(file.root):
            raise UserError(f"{self.path} lies in the directory that would be trusted; set XDG_CONFIG_HOME elsewhere")
        entries = self._read()
        salt = secrets.token_bytes(16)
        entries[str(file.root)] = {
            "file": file.path.name,
            "salt": salt.hex(),
            "asks": [{"digest": _digest(salt, ask), "where": _place(ask)} for ask in asks(file)],
        }
        self._write(entries)

    def remove(self, directory: Path) -> bool:
        """Forget a directory; False when it was not trusted."""
        entries = self._read()
        if entries.pop(str(directory), None) is None:
            return False
        self._write(entries)
        return True

    def directories(self) -> tuple[str, ...]:
        """The trusted directories."""
        return tuple(sorted(self._read()))

    def _inside(self, root: Path) -> bool:
        return self.path.resolve().is_relative_to(root)

    def _read(self) -> dict[str, Any]:
        try:
            descriptor = os.open(self.path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise UserError(f"{self.path} cannot be read: {error.strerror}") from None
        try:
            information = os.fstat(descriptor)
            if not stat.S_ISREG(information.st_mode):
                raise UserError(f"{self.path} is not a regular file")
            if information.st_uid != os.geteuid() or information.st_mode & 0o022:
                raise UserError(
                    f"{self.path} can be written by others, so it proves nothing; chmod 600 it, or remove it"
                )
            with os.fdopen(os.dup(descriptor), "rb") as opened:
                data = opened.read(MAX_BYTES)
        except OSError as error:
            raise UserError(f"{self.path} cannot be read: {error.strerror}") from None
        finally:
            os.close(descriptor)
        try:
            read = json.loads(data)
            if read["format"] != FORMAT:
                raise UserError(f"{self.path} is of another version; remove it and trust again")
            return {path: _checked(entry) for path, entry in read["trusted"].items()}
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            raise UserError(f"{self.path} is damaged; remove it and trust again") from None

    def _write(self, entries: dict[str, Any]) -> None:
        text = json.dumps({"format": FORMAT, "trusted": entries}, indent=2, sort_keys=True) + "\n"
        temporary = self.path.with_name(f".trust-{secrets.token_hex(6)}")
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            with os.fdopen(descriptor, "w") as opened:
                opened.write(text)
                opened.flush()
                os.fsync(opened.fileno())
            os.replace(temporary, self.path)
        except OSError as error:
            temporary.unlink(missing_ok=True)
            raise UserError(f"{self.path} cannot be written: {error.strerror}") from None


def _checked(entry: Any) -> dict[str, Any]:
    bytes.fromhex(entry["salt"])
    if not isinstance(entry["file"], str):
        raise TypeError
    for item in entry["asks"]:
        if not isinstance(item["digest"], str) or not isinstance(item["where"], str):
            raise TypeError
    checked: dict[str, Any] = entry
    return checked


def _place(ask: Ask) -> str:
    return f"{ask.what}: {ask.where}"


def _digest(salt: bytes, ask: Ask) -> str:
    message = json.dumps([ask.what, ask.where, ask.exactly]).encode()
    return hmac.new(salt, message, hashlib.sha256).hexdigest()
