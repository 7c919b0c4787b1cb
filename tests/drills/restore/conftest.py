"""A shop, a dump of it, and a disk to restore it to."""

from pathlib import Path

import pytest

from tests.drills.restore.restoring import Drilling, dump, make_shop
from tests.servers.postgres import PostgresServer


@pytest.fixture(scope="module")
def shop(server: PostgresServer) -> str:
    """The source; no test changes it."""
    return make_shop(server, "shop")


@pytest.fixture(scope="module")
def good(shop: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A good dump of it."""
    return dump(shop, tmp_path_factory.mktemp("dumps") / "shop.dump", "-Fc")


@pytest.fixture
def drilling(shop: str, scratch: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Drilling:
    monkeypatch.setenv("SHOP_URL", shop)
    return Drilling(tmp_path, scratch)
