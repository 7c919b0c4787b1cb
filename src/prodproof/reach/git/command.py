"""git as a program, made unable to run anything that a repository's own configuration names."""

import re
import subprocess
from contextlib import AbstractContextManager
from pathlib import Path

from prodproof.facts import Reason, Unseen
from prodproof.reach.process import Child, Filling, Finished, filling, run, started

_ENVIRONMENT = {
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_OPTIONAL_LOCKS": "0",
    # A partial clone would fetch what it lacks: what is missing is reported, never fetched.
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_ALLOW_PROTOCOL": "none",
    "LC_ALL": "C.UTF-8",
}
_HARMLESS = (
    "-c", "safe.directory=*",
    "-c", "core.fsmonitor=false",
    "-c", "core.hooksPath=/dev/null",
    "-c", "core.pager=cat",
    "-c", "core.quotePath=false",
    "-c", "diff.external=",
)  # fmt: skip
_COMMAND_KEYS = re.compile(rb"^(filter|diff|merge)\..+\.(clean|smudge|process|command|textconv|driver)$", re.IGNORECASE)


class Git:
    """One repository, asked through the git program."""

    def __init__(self, directory: Path, index: Path | None = None) -> None:
        """
        Args:
            directory: the repository, or one in its work tree.
            index: another index than the repository's own, as hooks of `git commit FILE` see one.
        """
        self.directory = directory
        self._environment = _ENVIRONMENT if index is None else {**_ENVIRONMENT, "GIT_INDEX_FILE": str(index)}
        self._overrides: tuple[str, ...] | None = None

    def __call__(
        self, *arguments: str, timeout: float = 60.0, stdin: bytes = b"", max_output: int = 256 * 1024 * 1024
    ) -> Finished | Unseen:
        """Run a git command in the repository; a non-zero exit code is the caller's to judge."""
        return run(
            self._command(arguments),
            timeout=timeout,
            cwd=self.directory,
            stdin=stdin,
            env=self._environment,
            max_output=max_output,
        )

    def start(self, *arguments: str, stdin: int = subprocess.DEVNULL) -> AbstractContextManager[Child | Unseen]:
        """Start a git command whose output is read while it runs."""
        return started(self._command(arguments), cwd=self.directory, env=self._environment, stdin=stdin)

    def fill(self, descriptor: int, *arguments: str) -> AbstractContextManager[Filling | Unseen]:
        """Start a git command that writes into a file over and over."""
        return filling(self._command(arguments), descriptor, cwd=self.directory, env=self._environment)

    def lines(self, *arguments: str, timeout: float = 60.0) -> list[bytes] | Unseen:
        """NUL-terminated output of a git command that must succeed, cut into its items."""
        answer = self(*arguments, timeout=timeout)
        if isinstance(answer, Unseen):
            return answer
        if answer.code != 0:
            return Unseen(Reason.INCOMPLETE, f"git {arguments[0]}: {answer.error_line()}")
        return [item for item in answer.stdout.split(b"\0") if item]

    def _command(self, arguments: tuple[str, ...]) -> tuple[str, ...]:
        if self._overrides is None:
            self._overrides = self._without_commands()
        return ("git", *_HARMLESS, *self._overrides, *arguments)

    def _without_commands(self) -> tuple[str, ...]:
        # Filters and drivers from .git/config are commands; each one is overridden with nothing.
        listed = run(
            ("git", *_HARMLESS, "config", "--name-only", "--null", "--list"),
            timeout=10,
            cwd=self.directory,
            env=self._environment,
        )
        if isinstance(listed, Unseen):
            return ()
        overrides: list[str] = []
        for key in set(listed.stdout.split(b"\0")):
            if _COMMAND_KEYS.match(key):
                overrides += ["-c", f"{key.decode('utf-8', 'surrogateescape')}="]
        return tuple(overrides)
