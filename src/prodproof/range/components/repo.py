"""The demo system's git repository: the files of `range/harbour/`, committed."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path

from prodproof.facts.declared import Declared, Repository
from prodproof.range.component import Component

HEALTHY = Path(__file__).parent.parent / "harbour"
BEFORE = "v1.0"
"""The tag of the release before the healthy shop."""

MIGRATION = "shop/migrations/0002_low_stock.py"
_COLUMN = re.compile(r"(?:    #.*\n)?    low_stock = .*\n")

_IDENTITY = {
    "GIT_AUTHOR_NAME": "Ana Harbour",
    "GIT_AUTHOR_EMAIL": "ana@harbour.example",
    "GIT_COMMITTER_NAME": "Ana Harbour",
    "GIT_COMMITTER_EMAIL": "ana@harbour.example",
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_CONFIG_NOSYSTEM": "1",
}


class Repo(Component):
    """A work tree that a fault may change; every change is committed, so that facts are bound to a commit.

    Nothing is deployed by a commit: `Application.deploy` does that.
    """

    name = "repo"
    seen_by = frozenset({Repository, Declared})

    @property
    def directory(self) -> Path:
        """The work tree."""
        return self.range.directory / "harbour"

    def configure(self) -> None:
        shutil.copytree(HEALTHY, self.directory, ignore=shutil.ignore_patterns("__pycache__"))
        self._git("init", "--quiet", "--initial-branch=main")
        self._release_before()
        self.commit("The healthy shop")

    def _release_before(self) -> None:
        """Commit the version before, which has one column less, as a release; then the files are as they were."""
        migration, models = self.directory / MIGRATION, self.directory / "shop/models.py"
        kept = migration.read_text(), models.read_text()
        migration.unlink()
        models.write_text(_COLUMN.sub("", kept[1]))
        self.commit("The shop before")
        self._git("tag", BEFORE)
        migration.write_text(kept[0])
        models.write_text(kept[1])

    def watched(self) -> Iterable[Path]:
        return (self.directory,)

    def reload(self) -> None:
        """Nothing runs here."""

    def read(self, path: str) -> str:
        """The text of a file."""
        return (self.directory / path).read_text()

    def write(self, path: str, text: str | bytes, author: str = "") -> None:
        """Write one file and commit it. `author`: `Name <address>`, if it is another than of every commit."""
        file = self.directory / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text.encode() if isinstance(text, str) else text)
        self.commit(f"Write {path}", path, author)

    def replace(self, path: str, old: str, new: str) -> None:
        """Replace a text that must be there, and commit; a fault that changes nothing would prove nothing."""
        self.write(path, replaced(self.read(path), old, new, path))

    def remove(self, path: str) -> None:
        """Delete a file or folder and commit."""
        target = self.directory / path
        shutil.rmtree(target) if target.is_dir() else target.unlink()
        self.commit(f"Remove {path}", path)

    def commit(self, message: str, path: str = ".", author: str = "") -> None:
        """Commit a file or folder as it lies, ignored or not; everything if none is named."""
        self._git("add", "--all", "--force", "--", path)
        by = [f"--author={author}"] if author else []
        self._git("commit", "--quiet", "--allow-empty", "--message", message, *by)

    def undo(self) -> None:
        """Take the last commit back, as `git reset` does: its objects stay."""
        self._git("reset", "--quiet", "--hard", "HEAD~1")

    def vanish(self) -> None:
        """Leave the files, the system file among them, and take the history away."""
        shutil.rmtree(self.directory / ".git")

    def garble(self, path: str) -> None:
        """Make one file unparsable, without removing it."""
        self.write(path, b"\x00\x01{[<%\xff\xfe unreadable\n\t- : }")

    def _git(self, *arguments: str) -> None:
        subprocess.run(
            ["git", "-C", os.fspath(self.directory), *arguments],
            check=True,
            env={"PATH": os.environ["PATH"], **_IDENTITY},
            stdout=subprocess.DEVNULL,
        )


def replaced(text: str, old: str, new: str, place: str) -> str:
    """`text` with `old` replaced. Raises ValueError when it does not occur."""
    if old not in text:
        raise ValueError(f"{place} does not contain {old!r}")
    return text.replace(old, new)


COMPONENT = Repo
