"""Ledgers for tests, with keys of their own; those named `ledger` are tried on both databases."""

import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from prodproof.ledger import Ledger, open_ledger
from tests.servers import postgres
from tests.servers.postgres import PostgresServer

Make = Callable[..., Ledger]


@pytest.fixture(autouse=True)
def keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No test touches the user's own keys or database."""
    monkeypatch.setenv("PRODPROOF_KEY_DIR", str(tmp_path / "keys"))
    monkeypatch.delenv("PRODPROOF_DATABASE_URL", raising=False)
    return tmp_path / "keys"


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """A PostgreSQL for the whole session."""
    with postgres.running() as server:
        yield server


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Make]:
    """Opens SQLite ledgers by name of their state directory, and closes them."""
    opened: list[Ledger] = []

    def open_one(name: str = "state", system: str = "shop") -> Ledger:
        opened.append(open_ledger(tmp_path / name, system=system))
        return opened[-1]

    yield open_one
    for ledger in opened:
        ledger.close()


@pytest.fixture(params=["sqlite", "postgres"])
def location(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Path | None, str | None]:
    """State directory and database URL of an empty place for a ledger."""
    if request.param == "sqlite":
        return tmp_path / "state", None
    server: PostgresServer = request.getfixturevalue("postgres_server")
    return None, server.create_database(f"ledger_{uuid.uuid4().hex}")


@pytest.fixture
def ledger(location: tuple[Path | None, str | None]) -> Iterator[Ledger]:
    """An empty ledger, on each database."""
    with open_ledger(*location, system="shop") as opened:
        yield opened
