"""The demo system's git repository: the files of `harbour/`, committed."""

import os
import shutil
import subprocess
from pathlib import Path

HEALTHY = Path(__file__).parent.parent / "harbour"
_IDENTITY = {
    "GIT_AUTHOR_NAME": "Ana Harbour",
    "GIT_AUTHOR_EMAIL": "ana@harbour.example",
    "GIT_COMMITTER_NAME": "Ana Harbour",
    "GIT_COMMITTER_EMAIL": "ana@harbour.example",
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_CONFIG_NOSYSTEM": "1",
}


class Repo:
    """A work tree that a fault may change; every change is committed, so that facts are bound to a commit."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        shutil.copytree(HEALTHY, directory, ignore=shutil.ignore_patterns("__pycache__"))
        self._git("init", "--quiet", "--initial-branch=main")
        self.commit("The healthy shop")

    def write(self, path: str, text: str | bytes) -> None:
        """Write one file and commit it."""
        file = self.directory / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text.encode() if isinstance(text, str) else text)
        self.commit(f"Write {path}", path)

    def replace(self, path: str, old: str, new: str) -> None:
        """Replace a text that must be there, and commit; a fault that changes nothing would prove nothing."""
        file = self.directory / path
        text = file.read_text()
        if old not in text:
            raise ValueError(f"{path} does not contain {old!r}")
        file.write_text(text.replace(old, new))
        self.commit(f"Change {path}", path)

    def remove(self, path: str) -> None:
        """Delete a file or folder and commit."""
        target = self.directory / path
        shutil.rmtree(target) if target.is_dir() else target.unlink()
        self.commit(f"Remove {path}", path)

    def commit(self, message: str, path: str = ".") -> None:
        """Commit a file or folder as it lies, ignored or not; everything if none is named."""
        self._git("add", "--all", "--force", "--", path)
        self._git("commit", "--quiet", "--allow-empty", "--message", message)

    def vanish(self) -> None:
        """Take the whole repository away."""
        shutil.rmtree(self.directory)

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
