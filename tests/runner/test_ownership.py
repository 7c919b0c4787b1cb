"""Nothing gets more than a visitor's requests before it is proven to be the team's own."""

import asyncio
from datetime import UTC, datetime

import pytest

from prodproof.facts import Reason, Unseen
from prodproof.facts.declared import Declared, EntryPoint, Environment, Host
from prodproof.reach.world import Settings, World
from prodproof.runner import ownership
from prodproof.runner.ownership import owned

TOKEN = "pp-3f9c2a"


def world(resolve: dict[str, str] | None = None) -> World:
    declared = Declared(system="shop", environment=Environment(name="production"), ownership=TOKEN)
    settings = Settings(connect_timeout=0.3, total_timeout=0.5, resolve=resolve or {})
    return World(declared=declared, now=datetime.now(UTC), settings=settings)


def asked(about: object, resolve: dict[str, str] | None = None) -> Unseen | None:
    return asyncio.run(owned(about, world(resolve)))


def test_loopback_is_ones_own() -> None:
    assert asked(Host(name="127.0.0.5")) is None
    assert asked(Host(name="shop.example"), {"shop.example": "127.0.0.5"}) is None
    assert asked(EntryPoint(url="https://shop.example:8443"), {"shop.example": "127.0.0.5"}) is None


def test_a_name_that_leads_nowhere_is_unreachable() -> None:
    refused = asked(Host(name="shop.invalid"))
    assert isinstance(refused, Unseen)
    assert refused.why is Reason.UNREACHABLE


def test_an_address_beside_the_name_must_show_the_token_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[str, ...]] = []

    async def unproven(host: str, addresses: tuple[str, ...], *rest: object) -> Unseen | None:
        seen.append(tuple(addresses))
        return None if addresses == ("127.0.0.5",) else Unseen(Reason.NOT_PERMITTED, "not yours")

    monkeypatch.setattr(ownership, "unproven", unproven)
    host = Host(name="shop.example", addresses=("127.0.0.5", "192.0.2.7"))
    refused = asked(host, {"shop.example": "127.0.0.5"})
    assert isinstance(refused, Unseen)
    assert seen == [("127.0.0.5",), ("192.0.2.7",)]


def test_what_is_no_target_needs_no_proof() -> None:
    assert asked(object()) is None
