"""The servers that backups are made of; each is started once."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.reach.backups import lab as labs
from tests.reach.backups.clusters import PROGRAMS, open_folder
from tests.reach.backups.mariadb import MariaDb, running
from tests.servers import aws


@pytest.fixture(scope="session")
def lab() -> Iterator[labs.Lab]:
    for program in ("pgbackrest", "barman"):
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not installed")
    if not PROGRAMS.is_dir():
        pytest.skip("PostgreSQL is not installed")
    with labs.built() as made:
        yield made


@pytest.fixture(scope="session")
def mariadb() -> Iterator[MariaDb]:
    if shutil.which("mariadbd", path="/usr/sbin:/usr/bin") is None:
        pytest.skip("mariadb-server is not installed")
    with open_folder() as base, running(base) as server:
        yield server


@pytest.fixture(scope="session")
def aws_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[aws.AwsServer]:
    with aws.running(tmp_path_factory.mktemp("aws")) as server:
        yield server


@pytest.fixture(scope="session")
def templates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where stores that take long to make lie, to be copied."""
    return tmp_path_factory.mktemp("templates")


@pytest.fixture
def open_path() -> Iterator[Path]:
    """A folder that servers come through to."""
    with open_folder() as made:
        yield made


@pytest.fixture
def into(open_path: Path) -> Path:
    """An empty private folder to restore into."""
    made = open_path / "into"
    made.mkdir(mode=0o700)
    return made
