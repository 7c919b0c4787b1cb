"""Resolves secret references where they are needed; the value is never printed, stored or put into an exception."""

import os
import stat
from collections.abc import Mapping
from pathlib import Path

from prodproof.facts import Reason, Unseen

MAX_SECRET = 64 * 1024


class Secret:
    """A secret value that does not show itself."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The value, for the one call that needs it."""
        return self._value

    def __repr__(self) -> str:
        return "Secret(...)"


def resolve(reference: str, root: str | None, environment: Mapping[str, str] | None = None) -> Secret | Unseen:
    """The value that `env:NAME` or `file:PATH` names.

    Args:
        reference: as written in the system file; the caller has made sure that there is trust to resolve it.
        root: directory that relative paths start from.
        environment: the environment variables; the process's own if None.
    """
    scheme, _, name = reference.partition(":")
    if scheme == "env":
        value = (os.environ if environment is None else environment).get(name)
        return Secret(value) if value else Unseen(Reason.NOT_CONFIGURED, f"the variable {name} is not set")
    if scheme == "file":
        return _read(Path(root or ".") / name, name)
    return Unseen(Reason.NOT_CONFIGURED, f"references of the kind {scheme}: cannot be resolved by this version")


def _read(path: Path, name: str) -> Secret | Unseen:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        return Unseen(Reason.NOT_CONFIGURED, f"the file {name} does not exist")
    except OSError:
        return Unseen(Reason.DENIED, f"the file {name} may not be read")
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        return Unseen(Reason.NOT_CONFIGURED, f"{name} is not a regular file")
    with os.fdopen(descriptor, "rb") as file:
        value = file.read(MAX_SECRET).decode("utf-8", "replace").strip()
    return Secret(value) if value else Unseen(Reason.NOT_CONFIGURED, f"the file {name} is empty")
