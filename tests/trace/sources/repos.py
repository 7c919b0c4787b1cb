"""Real git repositories, made by the test, and a whole search through them."""

import os
import secrets
import subprocess
from collections.abc import Mapping
from pathlib import Path

from prodproof.trace.search import Outcome, Search
from prodproof.trace.stream import Source
from tests.trace.plain import Literal

IDENTITY = {
    "PATH": os.environ["PATH"],
    "GIT_AUTHOR_NAME": "a",
    "GIT_AUTHOR_EMAIL": "a@example.com",
    "GIT_COMMITTER_NAME": "a",
    "GIT_COMMITTER_EMAIL": "a@example.com",
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_ALLOW_PROTOCOL": "file",
}


def secret() -> bytes:
    """A new value to look for."""
    return f"made-{secrets.token_hex(20)}".encode()


class Repo:
    """A repository with a work tree (or bare), written through git."""

    def __init__(self, directory: Path, *options: str) -> None:
        self.directory = directory
        self.clock = 1_600_000_000
        directory.mkdir(parents=True, exist_ok=True)
        self.git("init", "--quiet", "--initial-branch=main", *options)

    def git(self, *arguments: str, stdin: bytes = b"", env: Mapping[str, str] | None = None) -> str:
        dates = {"GIT_AUTHOR_DATE": f"{self.clock} +0200", "GIT_COMMITTER_DATE": f"{self.clock} +0200"}
        answer = subprocess.run(
            ["git", "-c", "gc.auto=0", *arguments],
            cwd=self.directory,
            check=True,
            env={**IDENTITY, **dates, **(env or {})},
            capture_output=True,
            input=stdin,
        )
        return answer.stdout.decode("utf-8", "surrogateescape").strip()

    def commit(self, files: Mapping[str, bytes | None], message: str = "more") -> str:
        """Write files (None: delete), commit them one hour later; returns the commit."""
        self.clock += 3600
        for name, data in files.items():
            path = self.directory / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if data is None:
                path.unlink()
            else:
                path.write_bytes(data)
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "-m", message)
        return self.git("rev-parse", "HEAD")

    def packed(self) -> None:
        """Everything into one pack."""
        self.git("repack", "-a", "-d", "-q")

    def loose(self, id: str) -> Path:
        """The file of a loose object."""
        path = self.directory / ".git" / "objects" / id[:2] / id[2:]
        path.chmod(0o644)
        return path


def searched(source: Source, value: bytes, threads: int = 2) -> Outcome:
    """A whole search for one value."""
    return Search([source], [Literal(value)], threads=threads).run()
