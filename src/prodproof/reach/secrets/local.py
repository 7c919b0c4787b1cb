"""Secrets of this machine: environment variables, files, Docker's mounted secrets."""

import grp
import os
import pwd
import stat
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path

from prodproof.facts import Reason, Unseen
from prodproof.facts.secrets import ListedSecret, ManagerPosture, SecretDescription, SecretFile, SecretListing
from prodproof.reach.secret import MAX_SECRET, Secret
from prodproof.reach.secrets._file_writer import MAX_FILE, FileWriter, split, variable
from prodproof.reach.secrets.store import MAX_NAMES, SecretStore, rest, value_of
from prodproof.reach.secrets.writer import SecretWriter

DOCKER = Path("/run/secrets")
_NO_MANAGER = Unseen(Reason.NOT_CONFIGURED, "a process's environment and single files are no secret manager")


class EnvironmentStore(SecretStore):
    """The variables of this process: `env:NAME`."""

    kind = "environment"

    def __init__(self, environment: Mapping[str, str] | None = None) -> None:
        """
        Args:
            environment: the variables; the process's own if None.
        """
        self._environment = os.environ if environment is None else environment

    def read(self, reference: str) -> Secret | Unseen:
        value = self._environment.get(rest(reference))
        if value is None:
            return Unseen(Reason.NOT_CONFIGURED, f"the variable {rest(reference)} is not set")
        return value_of(f"the variable {rest(reference)}", value)

    def describe(self, reference: str) -> SecretDescription | Unseen:
        found = bool(self._environment.get(rest(reference), "").strip())
        detail = "" if found else "not set, or empty"
        return SecretDescription(reference=reference, store=self.kind, found=found, detail=detail)

    def names(self) -> SecretListing:
        return _listing(sorted(self._environment))

    def posture(self) -> ManagerPosture | Unseen:
        return _NO_MANAGER


class FileStore(SecretStore):
    """Files with one secret each: `file:PATH` from a root, `docker:NAME` in Docker's folder."""

    def __init__(self, root: Path, kind: str = "files") -> None:
        self.kind = kind
        self._root = root

    def read(self, reference: str) -> Secret | Unseen:
        name, inner = split(reference)
        if inner is not None and (self._root / rest(reference)).exists():
            name, inner = rest(reference), None  # a file whose name has a number sign
        descriptor = self._open(name)
        if isinstance(descriptor, Unseen):
            return descriptor
        with os.fdopen(descriptor, "rb") as file:
            try:
                if inner is not None:
                    return _line(name, inner, file.read(MAX_FILE + 1))
                return value_of(f"the file {name}", file.read(MAX_SECRET + 1))
            except OSError as error:
                return Unseen(Reason.INCOMPLETE, f"the file {name} cannot be read: {error.strerror}")

    def describe(self, reference: str) -> SecretDescription | Unseen:
        name = split(reference)[0]
        descriptor = self._open(name)
        if isinstance(descriptor, Unseen):
            if descriptor.why is not Reason.NOT_CONFIGURED:
                return descriptor
            return SecretDescription(reference=reference, store=self.kind, found=False, detail=descriptor.detail)
        try:
            status = os.fstat(descriptor)
        finally:
            os.close(descriptor)
        return SecretDescription(
            reference=reference,
            store=self.kind,
            found=status.st_size > 0,
            detail="" if status.st_size else "the file is empty",
            created=datetime.fromtimestamp(status.st_mtime, UTC).replace(microsecond=0),
            file=SecretFile(
                mode=stat.S_IMODE(status.st_mode),
                owner=_user(status.st_uid),
                group=_group(status.st_gid),
                readable_by_others=bool(status.st_mode & stat.S_IROTH) and _passable((self._root / name).resolve()),
            ),
        )

    def names(self) -> SecretListing:
        found: list[str] = []
        gaps: list[Unseen] = []

        def lost(error: OSError) -> None:
            gaps.append(
                Unseen(Reason.DENIED, f"{os.path.relpath(error.filename or '.', self._root)}: {error.strerror}")
            )

        for folder, _, files in os.walk(self._root, onerror=lost):
            found += [os.path.relpath(os.path.join(folder, file), self._root) for file in files]
            if len(found) > MAX_NAMES:
                gaps.append(Unseen(Reason.INCOMPLETE, f"more than {MAX_NAMES} files"))
                break
        return _listing(sorted(found)[:MAX_NAMES], gaps)

    def posture(self) -> ManagerPosture | Unseen:
        return _NO_MANAGER

    def writer(self) -> SecretWriter | Unseen:
        return FileWriter(self._root) if self.kind == "files" else super().writer()

    def _open(self, name: str) -> int | Unseen:
        path = self._root / name
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        except (FileNotFoundError, NotADirectoryError, ValueError):
            return Unseen(Reason.NOT_CONFIGURED, f"the file {name} does not exist")
        except OSError:
            return Unseen(Reason.DENIED, f"the file {name} may not be read")
        if stat.S_ISREG(os.fstat(descriptor).st_mode):
            return descriptor
        os.close(descriptor)
        return Unseen(Reason.NOT_CONFIGURED, f"{name} is not a regular file")


def file_of(reference: str) -> str:
    """The path in a `file:` reference, without the line of an env file."""
    return split(reference)[0]


def _line(path: str, name: str, data: bytes) -> Secret | Unseen:
    if len(data) > MAX_FILE:
        return Unseen(Reason.INCOMPLETE, f"the file {path} is too large")
    value = variable(data.decode("utf-8", "replace"), name)
    if value is None:
        return Unseen(Reason.NOT_CONFIGURED, f"the file {path} has no line {name}=…")
    return value_of(f"{name} in the file {path}", value)


def _listing(names: Iterable[str], gaps: Iterable[Unseen] = ()) -> SecretListing:
    return SecretListing(secrets=tuple(ListedSecret(name=name, path=name) for name in names), gaps=tuple(gaps))


def _passable(path: Path) -> bool:
    """Whether anybody can come through to a file: each folder above it lets others pass."""
    try:
        return all(folder.stat().st_mode & stat.S_IXOTH for folder in path.parents)
    except OSError:
        return False


def _user(number: int) -> str:
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return str(number)


def _group(number: int) -> str:
    try:
        return grp.getgrgid(number).gr_name
    except KeyError:
        return str(number)
