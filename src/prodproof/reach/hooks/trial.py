"""Tries a hook configuration on commits in a disposable clone."""

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from prodproof.facts import Reason, Unseen
from prodproof.facts.hooks import HookConfiguration, TriedHooks
from prodproof.reach.hooks.clone import Clone
from prodproof.reach.hooks.configurations import reduced
from prodproof.reach.process import Finished
from prodproof.system.errors import inert

ONE_COMMIT = 60.0
"""Seconds for the hooks of one commit."""

HARMLESS = b"Nothing is wrong with this line.\n"
_MESSAGE = "chore: add a note"


@dataclass(frozen=True)
class Attempt:
    """A configuration in a clone, ready to be tried."""

    clone: Clone
    configuration: HookConfiguration
    name: str
    """Of the file that is committed; it must not be one of the repository's."""

    tools: Callable[[str], str | None]
    deadline: float
    """Until when, on the monotonic clock."""

    def carry_out(self, contents: Mapping[str, bytes]) -> TriedHooks:
        """Commit something harmless, then each content by itself.

        Args:
            contents: what is committed, by its kind.
        """
        told = TriedHooks(configuration=self.configuration)
        command = self._command()
        if isinstance(command, Unseen):
            return replace(told, why=command.why, detail=command.detail)
        told = replace(told, left_out=command.left_out, left_out_scanners=command.left_out_scanners)
        if not command.words:
            # Nothing of it runs here, so that nothing stops a commit here.
            return replace(told, harmless=True, passed=tuple(contents))
        harmless = self._commit(command, HARMLESS)
        if isinstance(harmless, Unseen):
            return replace(told, why=harmless.why, detail=harmless.detail)
        if harmless.code != 0:
            return replace(told, why=Reason.INCOMPLETE, detail=f"refuses a harmless commit: {_last(harmless)}")
        stopped: list[str] = []
        for kind, content in contents.items():
            answer = self._commit(command, content)
            if isinstance(answer, Unseen):
                return replace(told, why=answer.why, detail=answer.detail)
            if answer.code != 0:
                stopped.append(kind)
        passed = tuple(kind for kind in contents if kind not in stopped)
        return replace(told, harmless=True, stopped=tuple(stopped), passed=passed)

    def _commit(self, command: "_Command", content: bytes) -> Finished | Unseen:
        left = self.deadline - time.monotonic()
        if left <= 0:
            return Unseen(Reason.TIMED_OUT, "the time for all tries is over")
        head = self.clone.git("rev-parse", "HEAD")
        if isinstance(head, Unseen):
            return head
        self.clone.stage(self.name, content)
        try:
            return self.clone.run(*command.words, timeout=min(ONE_COMMIT, left), path=command.path, env=command.env)
        finally:
            self.clone.restore(head.stdout.decode("ascii").strip())

    def _command(self) -> "_Command | Unseen":
        path, directory = self.configuration.path, self.clone.directory
        file = directory / path
        if not file.is_file() or file.is_symlink():
            return Unseen(Reason.INCOMPLETE, f"{path} is not committed")
        match self.configuration.manager:
            case "pre-commit":
                return self._pre_commit(file.read_text("utf-8", "replace"))
            case "lefthook":
                program = self.tools("lefthook")
                if program is None:
                    return Unseen(Reason.TOOL_MISSING, "lefthook is not installed")
                return _Command((program, "run", "pre-commit"))
            case "husky":
                # Hooks of version 8 source a file that is made when packages are installed; it only sets the scene.
                scene = "mkdir -p .husky/_; [ -e .husky/_/husky.sh ] || : > .husky/_/husky.sh; "
                return _Command(("sh", "-c", f"{scene}exec sh -e {path}"), path=("node_modules/.bin",))
            case "hooks":
                hooks = f"core.hooksPath={os.path.dirname(path)}"
                return _Command(("git", "-c", hooks, "commit", "--quiet", "--message", _MESSAGE))
            case other:
                return Unseen(Reason.NOT_VERIFIABLE_YET, f"hooks of {other} cannot be tried by this version")

    def _pre_commit(self, text: str) -> "_Command | Unseen":
        program = self.tools("pre-commit")
        if program is None:
            return Unseen(Reason.TOOL_MISSING, "pre-commit is not installed")
        less = reduced(text)
        if isinstance(less, Unseen):
            return Unseen(less.why, f"{self.configuration.path} {less.detail}")
        if not less.text:
            return _Command((), less.left_out, less.left_out_scanners)
        config = self.clone.outside / "pre-commit-config.yaml"
        config.write_text(less.text, "utf-8")
        words = (program, "run", "--config", str(config), "--hook-stage", "pre-commit", "--color", "never")
        return _Command(words, less.left_out, less.left_out_scanners)


@dataclass(frozen=True)
class _Command:
    words: tuple[str, ...]
    """Empty if nothing would run."""

    left_out: tuple[str, ...] = ()
    left_out_scanners: tuple[str, ...] = ()
    path: tuple[str, ...] = ()
    env: Mapping[str, str] | None = None


def _last(answer: Finished) -> str:
    """The last line that hooks wrote; pre-commit writes to standard output."""
    lines = (answer.stdout + b"\n" + answer.stderr).decode("utf-8", "replace").split("\n")
    told = [line.strip() for line in lines if line.strip()]
    return inert(told[-1], 200) if told else f"exit code {answer.code}"
