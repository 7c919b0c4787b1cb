"""Programs that run cut off: as a user without rights, without our environment, and without any network.

What is restored is somebody else's data with somebody else's code in it, and the restore must do without the systems
that it is meant to replace. Sources: unshare(1), setpriv(1), network_namespaces(7), user_namespaces(7).
"""

import ctypes
import os
import pwd
import shutil
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from prodproof.facts import Unseen
from prodproof.reach.process import run

SERVANT = "nobody"
"""Whom programs run as where prodproof is root; PostgreSQL refuses to run as root."""

_CLONE_NEWNET = 0x40000000
"""unshare(2)."""

Out = TypeVar("Out")
_NO_NETWORK = ("unshare", "--net")
_NO_NETWORK_AS_USER = ("unshare", "--user", "--map-current-user", "--net")


@dataclass(frozen=True)
class CutOff:
    """How a program is started so that it reaches nothing."""

    words: tuple[str, ...]
    """What stands before its own words."""

    no_network: bool
    """Whether it is in a network namespace of its own; where the machine refuses that, only settings protect."""

    owner: tuple[int, int]
    """User and group that it runs as."""

    servant: tuple[str, ...] = ()
    """The words that make it run as that user; none where we are that user."""

    def own(self, place: Path) -> None:
        """Give a file or folder to whoever it runs as. Raises OSError."""
        if os.geteuid() == 0:
            os.chown(place, *self.owner, follow_symlinks=False)

    def own_all(self, place: Path) -> None:
        """The same for a folder and all that is in it. Raises OSError."""
        self.own(place)
        for folder, folders, files in os.walk(place):
            for name in (*folders, *files):
                self.own(Path(folder) / name)


def cut_off(*, network: bool = False, owner_of: Path | None = None) -> CutOff:
    """How programs are cut off on this machine.

    Args:
        network: True for a program that must reach a store of backups elsewhere: it keeps the network.
        owner_of: run as whom this belongs to, unless that is root.
    """
    owner = os.geteuid(), os.getegid()
    servant: tuple[str, ...] = ()
    away: tuple[str, ...] = _NO_NETWORK_AS_USER
    if os.geteuid() == 0:
        owner = _owner(owner_of)
        servant = ("setpriv", f"--reuid={owner[0]}", f"--regid={owner[1]}", "--clear-groups")
        away = _NO_NETWORK
    if network or shutil.which("unshare") is None:
        return CutOff(servant, False, owner, servant)
    tried = run([*away, *servant, "true"], timeout=10)
    works = not isinstance(tried, Unseen) and tried.code == 0
    return CutOff((*away, *servant) if works else servant, works, owner, servant)


def alone_with_loopback() -> tuple[str, ...] | None:
    """The words before a program that may make a network of its own, with nothing in it but 127.0.0.1; None where the
    machine refuses that.
    """
    words = _NO_NETWORK if os.geteuid() == 0 else (*_NO_NETWORK_AS_USER, "--keep-caps")
    tried = run([*words, "true"], timeout=10)
    return words if not isinstance(tried, Unseen) and tried.code == 0 else None


def without_network(work: Callable[[], Out]) -> tuple[Out, bool]:
    """Do something where it has no network, nor have the programs that it starts, as far as the machine allows that.

    It is done in a thread with a network namespace of its own, which only root may make; else as it is.

    Returns:
        What it gave, and whether it had no network. Raises what it raises.
    """
    results: list[Out] = []
    errors: list[BaseException] = []
    away = False

    def apart() -> None:
        nonlocal away
        try:
            away = os.geteuid() == 0 and ctypes.CDLL(None, use_errno=True).unshare(_CLONE_NEWNET) == 0
            results.append(work())
        except BaseException as error:  # handed on to the caller's thread
            errors.append(error)

    thread = threading.Thread(target=apart, daemon=True)
    thread.start()
    thread.join()
    if errors:
        raise errors[0]
    return results[0], away


def reachable(place: Path) -> bool:
    """Whether programs that are cut off can come to a folder: as root they run as somebody else."""
    if os.geteuid() != 0:
        return os.access(place, os.X_OK)
    tried = run([*cut_off(network=True).words, "test", "-x", os.fspath(place)], timeout=10)
    return not isinstance(tried, Unseen) and tried.code == 0


def _owner(place: Path | None) -> tuple[int, int]:
    if place is not None and (status := place.stat()).st_uid != 0:
        return status.st_uid, status.st_gid
    user = pwd.getpwnam(SERVANT)
    return user.pw_uid, user.pw_gid
