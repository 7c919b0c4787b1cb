"""A shop, a dump of it, and a disk to restore it to."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.drills.restore.restoring import Drilling, dump, make_shop
from tests.servers.postgres import PostgresServer, running


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresServer]:
    with running() as made:
        yield made


@pytest.fixture(scope="module")
def shop(server: PostgresServer) -> str:
    """The source; no test changes it."""
    return make_shop(server, "shop")


@pytest.fixture(scope="module")
def good(shop: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A good dump of it."""
    return dump(shop, tmp_path_factory.mktemp("dumps") / "shop.dump", "-Fc")


@pytest.fixture
def scratch() -> Iterator[Path]:
    """A disk for the drill's scratch, which the server's user can come to; the tests' own folders are closed to it."""
    with tempfile.TemporaryDirectory(prefix="prodproof-test-", dir="/var/tmp") as name:
        Path(name).chmod(0o711)
        yield Path(name)
        assert not list(Path(name).iterdir()), "nothing of the restored data may stay"


@pytest.fixture
def drilling(shop: str, scratch: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Drilling:
    monkeypatch.setenv("SHOP_URL", shop)
    return Drilling(tmp_path, scratch)
