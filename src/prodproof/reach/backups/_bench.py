"""What every adapter works with: bounds, the wish to give up, and programs that carry the mark."""

import errno
import os
import shutil
import signal
import stat
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from prodproof.facts import Reason, Unseen
from prodproof.reach.backups.backup_store import Ending, Limits, Need, Origin, never
from prodproof.reach.marked import MARK
from prodproof.reach.process import Finished, run
from prodproof.reach.programs import find_program
from prodproof.reach.secret import Secret

_FULL = (errno.ENOSPC, errno.EFBIG, errno.EDQUOT)
_FULL_TEXTS = ("no space left on device", "file too large", "disk quota exceeded", "not enough space")


class GivenUpError(Exception):
    """It was ended, or passed a bound; its text says which."""


@dataclass(frozen=True)
class Bench:
    """How the work of one call is done."""

    limits: Limits
    mark: str = ""
    scratch: Path | None = None
    """A private folder that outlives the call."""

    ending: Ending = never

    def until(self, ending: Ending) -> "Bench":
        """The same for a call that may be ended."""
        return replace(self, ending=ending)

    def check(self) -> None:
        """Raises GivenUpError when it is to end."""
        if self.ending():
            raise GivenUpError("it was ended early")

    def run(
        self,
        program: str,
        *words: str | os.PathLike[str],
        timeout: float,
        env: Mapping[str, str] | None = None,
        inherit: Sequence[int] = (),
        max_output: int = 64 * 1024 * 1024,
        cwd: Path | None = None,
    ) -> Finished | Unseen:
        """Run a program of this machine, in English, with the mark and nothing of our environment."""
        path = find_program(program)
        if path is None:
            return Unseen(Reason.TOOL_MISSING, f"{program} is not installed")
        given = {"LC_ALL": "C.UTF-8", "LANGUAGE": "C", "TZ": "UTC", **(env or {})}
        if self.mark:
            given[MARK] = self.mark
        done = run(
            [path, *words],
            timeout=timeout,
            env=given,
            inherit=inherit,
            ending=self.ending,
            max_output=max_output,
            cwd=cwd,
        )
        if isinstance(done, Finished) and done.code == -signal.SIGXFSZ:
            return full(program)
        if isinstance(done, Finished) and done.code < 0:
            return Unseen(Reason.INCOMPLETE, f"{program} was ended from outside: {signal.strsignal(-done.code)}")
        return done

    @contextmanager
    def folder(self, *, roomy: bool = False) -> Iterator[Path]:
        """A private folder, gone afterwards: in the scratch; without one in memory, or on disk if much goes in."""
        memory = Path("/dev/shm")
        place = self.scratch or (memory if not roomy and os.access(memory, os.W_OK) else None)
        made = Path(tempfile.mkdtemp(prefix="prodproof-", dir=place))
        try:
            yield made
        finally:
            shutil.rmtree(made, ignore_errors=True)


@contextmanager
def handed(*texts: Secret | str) -> Iterator[tuple[int, ...]]:
    """File descriptors with a text each, for a child (`run(inherit=…)`); they are in memory and have no name."""
    made: list[int] = []
    try:
        for text in texts:
            descriptor = os.memfd_create("given", os.MFD_CLOEXEC)
            made.append(descriptor)
            os.write(descriptor, (text.reveal() if isinstance(text, Secret) else text).encode(errors="surrogateescape"))
            os.lseek(descriptor, 0, os.SEEK_SET)
        yield tuple(made)
    finally:
        for descriptor in made:
            os.close(descriptor)


def said(done: Finished) -> str:
    """Everything that a program wrote, for finding out what went wrong."""
    return (done.stderr + b"\n" + done.stdout[-65536:]).decode("utf-8", "replace")


def line_with(text: str, *parts: str) -> str:
    """The first line that holds one of these, without control characters and shortened; the last line if none does."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    found = next((line for line in lines if any(part in line for part in parts)), lines[-1] if lines else "no message")
    return "".join(char for char in found if char.isprintable())[:240]


def usual_trouble(program: str, text: str) -> Unseen | None:
    """What can go wrong with every program and says nothing about the backup."""
    lowered = text.lower()
    if any(part in lowered for part in _FULL_TEXTS):
        return full(program)
    if "permission denied" in lowered or "operation not permitted" in lowered:
        return Unseen(Reason.DENIED, f"{program}: {line_with(text, 'ermission denied', 'not permitted')}")
    for sign in ("could not resolve", "no such host", "connection refused", "network is unreachable", "no route to"):
        if sign in lowered:
            return Unseen(Reason.UNREACHABLE, f"{program} cannot reach the store: {sign}")
    return None


def full(who: str) -> Unseen:
    """There is no space where something was to be written."""
    return Unseen(Reason.INCOMPLETE, f"{who}: no space left where it writes: the disk is full")


def failed(error: OSError, what: str) -> Unseen:
    """What an error of the file system means for somebody who wanted to read or write."""
    if error.errno in _FULL:
        return full(what)
    if isinstance(error, PermissionError):
        return Unseen(Reason.DENIED, f"{what} may not be read")
    return Unseen(Reason.INCOMPLETE, f"{what} cannot be read: {error.strerror or error}")


def ready(into: Path) -> Unseen | None:
    """Why a folder cannot be restored into: it must be an empty one that nobody else can look into."""
    try:
        status = into.lstat()
        empty = not any(into.iterdir())
    except OSError as error:
        return Unseen(Reason.INCOMPLETE, f"the folder to restore into cannot be used: {error.strerror}")
    if not stat.S_ISDIR(status.st_mode) or stat.S_IMODE(status.st_mode) & 0o077:
        return Unseen(Reason.NOT_PERMITTED, "the folder to restore into is open to others: make it with mode 0700")
    if not empty:
        return Unseen(Reason.NOT_PERMITTED, "the folder to restore into is not empty")
    return None


def program_needed(name: str) -> Need:
    """A program as something without which it would not have worked."""
    found = find_program(name)
    return Need(
        what="program",
        name=name,
        came_from=found or "nowhere",
        origin=Origin.MACHINE if found else Origin.NOWHERE,
    )


def credential_needed(reference: str) -> Need:
    """A credential by its reference; it came from what that names."""
    scheme, _, rest = reference.partition(":")
    match scheme:
        case "env":
            came, origin = "the environment of this run", Origin.ENVIRONMENT
        case "file":
            came, origin = f"the file {rest}", Origin.FILE
        case _:
            came, origin = f"{scheme} ({rest})", Origin.MANAGER
    return Need(what="credential", name=reference, came_from=came, origin=origin)


def key_on_disk(name: str, where: str) -> Need:
    """A key that the backup's own program read from a file of this machine."""
    return Need(what="credential", name=name, came_from=f"the file {where}", origin=Origin.FILE)


def place_needed(name: str, came_from: str = "this machine", origin: Origin = Origin.STORE) -> Need:
    """A place that was read from; the store of the backups, unless said otherwise."""
    return Need(what="place", name=name, came_from=came_from, origin=origin)
