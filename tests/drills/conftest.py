"""What drills are exercised on: a real PostgreSQL, and a disk for what they restore."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers.postgres import PostgresServer, running


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresServer]:
    with running() as made:
        yield made


@pytest.fixture
def scratch() -> Iterator[Path]:
    """A disk for a drill's scratch, which the server's user can come to; the tests' own folders are closed to it."""
    with tempfile.TemporaryDirectory(prefix="prodproof-test-", dir="/var/tmp") as name:
        Path(name).chmod(0o711)
        yield Path(name)
        assert not list(Path(name).iterdir()), "nothing of the restored data may stay"
