"""A healthy repository and what the command says about it, to compare every spoilt one with."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from prodproof.range.components.repo import Repo
from tests.hostile.command import Ran, check_manners, prodproof
from tests.servers.repo import harbour_repo

SYSTEM_FILE = """\
version = 1
name = "harbour"

[[repository]]
path = "."
name = "harbour"

[[person]]
id = "ana"

[[owner]]
of = "*"
person = "ana"
"""


@pytest.fixture(scope="session")
def healthy(tmp_path_factory: pytest.TempPathFactory) -> Repo:
    """The healthy repository, declared without a site, so that nothing outside is asked."""
    repo = harbour_repo(tmp_path_factory.mktemp("healthy"))
    repo.write("prodproof.toml", SYSTEM_FILE)
    return repo


@pytest.fixture(scope="session")
def expected(healthy: Repo, tmp_path_factory: pytest.TempPathFactory) -> Ran:
    """What the command says about the healthy repository."""
    ran = prodproof("verify", healthy.directory, "--format", "json", home=tmp_path_factory.mktemp("home"))
    check_manners(ran)
    shutil.rmtree(healthy.directory / ".prodproof")
    return ran


@pytest.fixture
def repo(healthy: Repo, expected: Ran, tmp_path: Path) -> Iterator[Path]:
    """A copy of the healthy repository, to spoil."""
    copy = tmp_path / "harbour"
    shutil.copytree(healthy.directory, copy, symlinks=True)
    yield copy
    shutil.rmtree(tmp_path, ignore_errors=True)
