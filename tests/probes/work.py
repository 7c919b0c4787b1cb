"""A git repository to try things in, and a world that looks at it."""

import os
import subprocess
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from prodproof.facts import Survey, Unseen
from prodproof.facts.declared import Declared, Environment, Repository
from prodproof.probes.probe import Probe
from prodproof.reach.git.repository import RepositoryReader
from prodproof.reach.world import Settings, World
from prodproof.trace.patterns import cache_folder

HERE = Repository(path=".", name="shop")
KEY = bytes(range(32))
NOBODY = {
    "PATH": os.environ["PATH"],
    "GIT_AUTHOR_NAME": "a",
    "GIT_AUTHOR_EMAIL": "a@b",
    "GIT_COMMITTER_NAME": "a",
    "GIT_COMMITTER_EMAIL": "a@b",
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_CONFIG_NOSYSTEM": "1",
}


_COMPILED = cache_folder()


@pytest.fixture(name="kept_here")
def kept_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a test has searched is kept in its own folder; the compiled rules are those of the user."""
    monkeypatch.setattr("prodproof.probes._traced.cache_folder", lambda: _COMPILED)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


class Work:
    """A repository."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        directory.mkdir(parents=True, exist_ok=True)
        self.git("init", "--quiet", "--initial-branch=main")

    def git(self, *arguments: str) -> str:
        """Run git; returns what it wrote."""
        done = subprocess.run(["git", *arguments], cwd=self.directory, check=True, env=NOBODY, capture_output=True)
        return done.stdout.decode().strip()

    def put(self, path: str, content: str | bytes) -> None:
        """Write a file and commit nothing."""
        file = self.directory / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content.encode() if isinstance(content, str) else content)

    def write(self, path: str, content: str | bytes) -> None:
        """Write a file and commit it."""
        self.put(path, content)
        self.commit()

    def remove(self, path: str) -> None:
        """Delete a file and commit."""
        (self.directory / path).unlink()
        self.commit()

    def commit(self) -> None:
        """Commit everything."""
        self.git("add", "--all", "--force")
        self.git("commit", "--quiet", "--allow-empty", "--message", "x")


def world_of(directory: Path, tools: Callable[[str], str | None] = lambda name: None, **declared: Any) -> World:
    """A world with one repository, and a fingerprint key."""
    system = Declared(
        system="shop", environment=Environment(name="production"), repositories=(HERE,), root=os.fspath(directory)
    )
    return World(
        replace(system, **declared),
        datetime.now(UTC),
        settings=Settings(fingerprint_key=KEY),
        repositories={".": RepositoryReader.open(directory)},
        tools=tools,
    )


def seen_by(probe: Probe, world: World, about: Any = HERE) -> Any:
    """What a probe saw of its one subject, a fact or Unseen."""
    survey = probe.observe(about, world)
    assert isinstance(survey, Survey)
    if not survey.observations:
        (gap,) = survey.gaps
        return gap
    (observation,) = survey.observations
    return observation.seen


def why(seen: Any) -> Any:
    """The reason of what could not be seen."""
    assert isinstance(seen, Unseen), seen
    return seen.why
