"""A disposable clone in which a repository's own programs run: no network, no credentials, a home of its own."""

import os
import shutil
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path

from prodproof.facts import Reason, Unseen
from prodproof.reach.git.repository import RepositoryReader
from prodproof.reach.process import Finished, run

CLONE_TIME = 120.0
MAX_OUTPUT = 4 * 1024 * 1024

_NOBODY = {
    "GIT_AUTHOR_NAME": "prodproof",
    "GIT_AUTHOR_EMAIL": "prodproof@localhost",
    "GIT_COMMITTER_NAME": "prodproof",
    "GIT_COMMITTER_EMAIL": "prodproof@localhost",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_ALLOW_PROTOCOL": "file",
}
_OFFLINE = {
    "PIP_NO_INDEX": "1",
    "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    "npm_config_offline": "true",
    "GOPROXY": "off",
    "CARGO_NET_OFFLINE": "true",
}
"""So that those who look for the network anyway find out at once that there is none."""


@cache
def without_network() -> tuple[str, ...] | Unseen:
    """What is put before a command so that it has no network (unshare(1)); Unseen where this machine refuses it."""
    own = () if os.geteuid() == 0 else ("--user", "--map-root-user")
    before = ("unshare", *own, "--net", "--")
    tried = run((*before, "true"), timeout=10)
    if isinstance(tried, Unseen):
        return tried
    if tried.code != 0:
        return Unseen(
            Reason.NOT_PERMITTED,
            f"hooks are tried without network only, and this machine lets nobody take it away: {tried.error_line()}",
        )
    return before


class Clone:
    """A clone at HEAD. `clone_of` makes it, and removes it."""

    def __init__(self, folder: Path, isolation: Sequence[str]) -> None:
        self.directory = folder / "clone"
        self.outside = folder / "outside"
        """A folder beside it, for files that are no part of it."""

        self._home = folder / "home"
        self._isolation = tuple(isolation)

    def run(
        self, *command: str, timeout: float, path: Sequence[str] = (), env: Mapping[str, str] | None = None
    ) -> Finished | Unseen:
        """Run a program in the clone, without network.

        Args:
            path: folders that are searched for programs first.
            env: variables beside the clone's own.
        """
        # What came with prodproof is found last, so that the machine's own programs come first, as for its user.
        folders = (*path, os.environ.get("PATH", os.defpath), str(Path(sys.executable).parent))
        variables = {
            **_NOBODY,
            **_OFFLINE,
            "HOME": str(self._home),
            "XDG_CACHE_HOME": str(self._home / ".cache"),
            "XDG_CONFIG_HOME": str(self._home / ".config"),
            "XDG_STATE_HOME": str(self._home / ".local" / "state"),
            "TMPDIR": str(self.outside),
            "PRE_COMMIT_HOME": str(self._home / "pre-commit"),
            "PATH": os.pathsep.join(folders),
            **(env or {}),
        }
        return run(
            (*self._isolation, *command), timeout=timeout, cwd=self.directory, env=variables, max_output=MAX_OUTPUT
        )

    def give(self, files: Iterable[Path], folder: str) -> None:
        """Put copies of files into a folder of the clone's own cache directory; those that cannot be read are left out.

        Hooks then need not work out again what is known, and cannot change what the user's own programs find.
        """
        place = self._home / ".cache" / folder
        for file in files:
            with suppress(OSError):
                place.mkdir(parents=True, exist_ok=True)
                shutil.copy2(file, place)

    def git(self, *arguments: str, timeout: float = CLONE_TIME) -> Finished | Unseen:
        """Run git in the clone, without hooks."""
        return self.run("git", "-c", "core.hooksPath=/dev/null", *arguments, timeout=timeout)

    def stage(self, name: str, content: bytes) -> None:
        """Put a file into the clone and stage it, whatever is ignored."""
        (self.directory / name).write_bytes(content)
        self.git("add", "--force", "--", name)

    def restore(self, commit: str) -> None:
        """As it was at a commit, whatever hooks did meanwhile."""
        self.git("reset", "--quiet", "--hard", commit)
        self.git("clean", "--quiet", "-ffdx")

    def make(self, source: Path, commit: str) -> Unseen | None:
        """Clone. Nothing is written where it is cloned from: its objects are read there."""
        for folder in (self._home, self.outside, self.directory):
            folder.mkdir()
        cloned = self.git(
            "-c", "safe.directory=*", "clone", "--quiet", "--shared", "--no-checkout", "--template=", "--",
            str(source), ".",
        )  # fmt: skip
        if not isinstance(cloned, Unseen) and cloned.code == 0:
            cloned = self.git("checkout", "--quiet", "--detach", commit)
        if isinstance(cloned, Unseen):
            return cloned
        return None if cloned.code == 0 else Unseen(Reason.INCOMPLETE, f"it cannot be cloned: {cloned.error_line()}")


@contextmanager
def clone_of(reader: RepositoryReader) -> Iterator[Clone | Unseen]:
    """A clone of a repository at its HEAD, in a folder that only this user can enter."""
    isolation = without_network()
    if isinstance(isolation, Unseen):
        yield isolation
        return
    commit = (reader.commit or "").removesuffix("-dirty")
    if reader.git is None or not commit:
        yield Unseen(Reason.INCOMPLETE, "not a git repository with a commit: there is nothing to clone")
        return
    with tempfile.TemporaryDirectory(prefix="prodproof-hooks-", ignore_cleanup_errors=True) as folder:
        clone = Clone(Path(folder), isolation)
        yield clone.make(_objects_of(reader), commit) or clone


def _objects_of(reader: RepositoryReader) -> Path:
    """What can be cloned: the repository itself, also where the reader is at another work tree of it."""
    answer = reader.git("rev-parse", "--git-common-dir", timeout=10) if reader.git is not None else None
    if answer is None or isinstance(answer, Unseen) or answer.code != 0:
        return reader.directory
    return Path(os.path.realpath(reader.directory / os.fsdecode(answer.stdout.rstrip(b"\n"))))
