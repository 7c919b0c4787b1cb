"""The port probe on a host of its own."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from prodproof.facts import Observation, Proof, Reason, Unseen
from prodproof.facts.codec import decode, encode
from prodproof.facts.declared import Declared, Environment, Host
from prodproof.facts.ports import AddressPorts, HostPorts, OpenPort
from prodproof.probes.ports import numbers, observe
from prodproof.reach.world import Settings, World
from tests.probes.running import survey_of
from tests.servers.services import VANTAGE, Services, redis

NOW = datetime(2026, 6, 1, tzinfo=UTC)


@pytest.fixture
def services() -> Iterator[Services]:
    made = Services()
    yield made
    made.stop()


def scan(host: Host, **changes: object) -> HostPorts | Unseen:
    declared = Declared(system="shop", environment=Environment(name="production"), hosts=(host,))
    world = World(declared=declared, now=NOW, settings=Settings(source_address=VANTAGE, connect_timeout=1))
    (observation,) = survey_of(observe, host, replace(world, **changes))  # type: ignore[arg-type]  # any field of it
    assert isinstance(observation.seen, HostPorts | Unseen)
    return observation.seen


def test_a_whole_scan(services: Services) -> None:
    port = services.open(redis)
    seen = scan(services.host)
    assert isinstance(seen, HostPorts)
    (address,) = seen.addresses
    told = {item.number: item.service for item in address.open}
    assert told[services.web_port] == "http"
    assert told[port] == "redis"
    assert services.redis_port not in told or services.redis_port == port
    assert len(told) + len(numbers(address.refused)) == 65535
    assert all(control.passed for control in address.controls)
    assert {control.expected_open for control in address.controls} == {True, False}
    assert all(len(control.open) >= 3 for control in address.controls)
    assert seen.lab
    assert numbers(seen.shown) == set(range(1, 65536))
    assert decode(HostPorts, encode(seen)) == seen


def test_a_control_that_is_not_open_fails(services: Services) -> None:
    seen = scan(replace(services.host, control_open=services.web_port ^ 1))
    assert isinstance(seen, HostPorts)
    (control,) = [item for item in seen.addresses[0].controls if item.expected_open]
    assert not control.passed


@pytest.mark.parametrize(
    ("age", "vantage", "through"),
    [
        (timedelta(hours=2), "outside", {443, *range(70, 91)}),
        (timedelta(days=2), "outside", {443}),
        (timedelta(hours=2), "office", {443}),
    ],
)
def test_where_another_host_answered_the_vantage_gets_through(
    monkeypatch: pytest.MonkeyPatch, age: timedelta, vantage: str, through: set[int]
) -> None:
    async def behind_a_filter(host: Host, address: str, world: World, deadline: float) -> AddressPorts:
        found = (OpenPort(number=443, service="http"),)
        return AddressPorts(address=address, open=found, silent=((1, 442), (444, 65535)))

    monkeypatch.setattr("prodproof.probes.ports.scan_address", behind_a_filter)
    host = Host(name="shop.example", addresses=("192.0.2.7",))
    other = Host(name="other.example", addresses=("192.0.2.9",))
    fact = HostPorts(host="other.example", addresses=(AddressPorts(address="192.0.2.9", refused=((70, 90),)),))
    earlier = Observation[object](other.subject, fact, NOW - age, vantage, Proof.OUTSIDE)
    seen = scan(
        host,
        declared=Declared(system="shop", environment=Environment(name="production"), hosts=(host, other)),
        previous=lambda kind, subject: earlier if subject == earlier.subject else None,
    )
    assert isinstance(seen, HostPorts)
    assert numbers(seen.shown) == through


def test_a_host_that_does_not_resolve() -> None:
    seen = scan(Host(name="shop.invalid"))
    assert isinstance(seen, Unseen)
    assert seen.why is Reason.UNREACHABLE


def test_a_private_address_that_nobody_declared_is_not_scanned(monkeypatch: pytest.MonkeyPatch) -> None:
    async def inside(host: str, settings: Settings) -> tuple[str, ...]:
        return ("10.0.0.7",)

    monkeypatch.setattr("prodproof.reach.http.client.addresses_of", inside)
    seen = scan(Host(name="shop.example"))
    assert isinstance(seen, Unseen)
    assert seen.why is Reason.NOT_PERMITTED
