"""A secret value, and the references that can be resolved on this machine alone."""

from collections.abc import Mapping
from pathlib import Path
from typing import NoReturn

from prodproof.facts import Reason, Unseen

MAX_SECRET = 64 * 1024
"""Bytes; what is longer is taken for no secret, never cut."""


class Secret:
    """A secret value that does not show itself, and is not pickled or copied into anything that could."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The value, for the one call that needs it."""
        return self._value

    def __repr__(self) -> str:
        return "Secret(...)"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret is not written anywhere")


def resolve(reference: str, root: str | None, environment: Mapping[str, str] | None = None) -> Secret | Unseen:
    """The value that `env:NAME`, `file:PATH` or `docker:NAME` names. `secrets.stores` resolves those of managers, too.

    Args:
        reference: as written in the system file; the caller has made sure that there is trust to resolve it.
        root: directory that relative paths start from.
        environment: the environment variables; the process's own if None.
    """
    from prodproof.reach.secrets.local import DOCKER, EnvironmentStore, FileStore

    scheme = reference.partition(":")[0]
    if scheme == "env":
        return EnvironmentStore(environment).read(reference)
    if scheme == "file":
        return FileStore(Path(root or ".")).read(reference)
    if scheme == "docker":
        return FileStore(DOCKER, "docker").read(reference)
    return Unseen(Reason.NOT_CONFIGURED, f"references of the kind {scheme}: name no secret of this machine")
