"""Which ports the TLS probe looks at, and how it carries history forward."""

import asyncio
import socket
from collections.abc import Awaitable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from prodproof.facts import Observation, Proof, Reason, Subject, Survey, Unseen
from prodproof.facts.codec import decode, encode
from prodproof.facts.declared import Declared, EntryPoint, Environment, Host, Port
from prodproof.facts.ports import AddressPorts, HostPorts, OpenPort
from prodproof.facts.tls import TlsEndpoint
from prodproof.probes.tls import observe, places_of
from prodproof.reach.world import Settings, World
from tests.probes.running import survey_of
from tests.servers.tls_server import ADDRESS, HOST, TlsServer

NOW = datetime(2026, 6, 1, tzinfo=UTC)
SHOP = Declared(system="shop", environment=Environment(name="production"))


@pytest.fixture
def server(tmp_path: Path) -> Iterator[TlsServer]:
    made = TlsServer(tmp_path)
    yield made
    made.stop()


def looked(world: World) -> tuple[Observation[object], ...]:
    return survey_of(observe, world.declared, world)


def in_loop(declared: Declared) -> object:
    async def run() -> object:
        answer = observe.observe(declared, World(declared=declared, now=NOW))
        assert isinstance(answer, Awaitable)
        return await answer

    return asyncio.run(run())


def test_without_a_place_it_says_what_is_missing() -> None:
    plain = replace(SHOP, entry_points=(EntryPoint(url="http://shop.example"),))
    for declared in (SHOP, plain):
        survey = in_loop(declared)
        assert isinstance(survey, Survey)
        assert survey.observations == ()
        assert [gap.why for gap in survey.gaps] == [Reason.NOT_DECLARED]


def test_the_places() -> None:
    declared = Declared(
        system="shop",
        environment=Environment(name="production"),
        entry_points=(
            EntryPoint(url="https://shop.example/"),
            EntryPoint(url="https://shop.example/api"),
            EntryPoint(url="https://shop.example:8443"),
            EntryPoint(url="http://shop.example"),
        ),
        hosts=(
            Host(
                name="shop.example",
                addresses=("203.0.113.7",),
                ports=(Port(number=443), Port(number=5432), Port(number=6379, public=False)),
            ),
            Host(name="2001:db8::7", ports=(Port(number=443), Port(number=25))),
        ),
    )
    scan = HostPorts(
        host="shop.example",
        addresses=(
            AddressPorts(
                address="203.0.113.7",
                open=(OpenPort(number=5433, service="postgresql"), OpenPort(number=143, service="http", tls=True)),
            ),
        ),
    )

    def previous(fact: type[object], subject: Subject) -> Observation[object] | None:
        seen = Observation(Subject("host", "shop.example"), scan, NOW, "outside", Proof.OUTSIDE)
        return seen if (fact, subject) == (HostPorts, seen.subject) else None

    places = places_of(declared, World(declared=declared, now=NOW, previous=previous))
    assert {place.subject.name: (place.starttls, place.must_be_tls) for place in places} == {
        "shop.example": (None, True),
        "shop.example:8443": (None, True),
        "shop.example:5432": ("postgres", False),
        "shop.example:5433": ("postgres", False),
        "shop.example:143": (None, False),
        "[2001:db8::7]": (None, False),
        "[2001:db8::7]:25": ("smtp", False),
    }


def test_history_is_carried_forward(server: TlsServer) -> None:
    declared = Declared(system="pier", environment=Environment(name="production"), entry_points=(server.entry_point,))
    settings = server.settings(Settings())
    first = looked(World(declared=declared, now=NOW, settings=settings))[0]
    server.certify(days=80, age=1)
    second = looked(
        World(declared=declared, now=NOW + timedelta(days=1), settings=settings, previous=lambda fact, subject: first)
    )[0]
    assert isinstance(second.seen, TlsEndpoint)
    serials = [item.serial for item in second.seen.seen_certificates]
    assert len(set(serials)) == 2
    assert [item.first_seen for item in second.seen.seen_certificates] == [NOW, NOW + timedelta(days=1)]
    assert second.vantage == "outside (lab)"
    assert decode(TlsEndpoint, encode(second.seen)) == second.seen


def test_every_address_is_looked_at(server: TlsServer) -> None:
    host = Host(name=HOST, addresses=(ADDRESS, "127.0.0.4"), ports=(Port(number=server.port),))
    declared = Declared(system="pier", environment=Environment(name="production"), hosts=(host,))
    (observation,) = looked(World(declared=declared, now=NOW, settings=server.settings(Settings())))
    assert isinstance(observation.seen, TlsEndpoint)
    good, gone = observation.seen.addresses
    assert good.unseen is None
    assert gone.unseen is not None


def test_an_entry_point_that_is_not_there() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    declared = Declared(
        system="shop",
        environment=Environment(name="production"),
        entry_points=(EntryPoint(url=f"https://127.0.0.1:{port}"), EntryPoint(url="https://shop.invalid")),
    )
    observations = looked(World(declared=declared, now=NOW))
    assert [item.seen.why for item in observations if isinstance(item.seen, Unseen)] == [Reason.UNREACHABLE] * 2


def test_nothing_declared_is_nothing_seen() -> None:
    assert looked(World(declared=SHOP, now=NOW)) == ()
