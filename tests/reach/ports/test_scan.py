"""The connect scan on loopback."""

import resource
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from prodproof.reach.ports.scan import Scanner, ranges
from prodproof.reach.world import Settings
from tests.servers.services import own_address


def later() -> float:
    return time.monotonic() + 60


@pytest.fixture
def address() -> str:
    return own_address()


@pytest.fixture
def opened(address: str) -> Iterator[set[int]]:
    with ExitStack() as stack:
        listeners = [stack.enter_context(socket.create_server((address, 0))) for _ in range(5)]
        yield {listener.getsockname()[1] for listener in listeners}


def test_finds_what_listens_and_nothing_else(address: str, opened: set[int]) -> None:
    ports = {*range(20000, 24000), *opened}
    result = Scanner(address, Settings()).scan(ports, later())
    assert opened <= result.open
    assert result.open | result.refused == ports
    assert not result.silent
    assert not result.untried


def test_the_source_address_stands_for_the_vantage(address: str) -> None:
    with socket.create_server((address, 0)) as listener:
        result = Scanner(address, Settings(source_address="127.0.0.9")).scan([listener.getsockname()[1]], later())
        connection, peer = listener.accept()
        connection.close()
    assert peer[0] == "127.0.0.9"
    assert len(result.open) == 1


def test_a_socket_connected_with_itself_is_no_open_port() -> None:
    low, high = (int(text) for text in Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split())
    # Ports from which the kernel takes source ports, often enough for it to hit the target itself.
    scanner = Scanner("127.0.0.1", Settings())
    taken = set(range(low, min(high, low + 8000), 7))
    for _ in range(3):
        for port in scanner.scan(taken, later()).open:
            with socket.socket() as probe:
                probe.bind(("127.0.0.1", 0))
                assert probe.connect_ex(("127.0.0.1", port)) == 0, f"{port} is not really open"


def test_ipv6() -> None:
    try:
        listener = socket.create_server(("::1", 0), family=socket.AF_INET6)
    except OSError:
        pytest.skip("no IPv6 on this machine")
    with listener:
        port = listener.getsockname()[1]
        result = Scanner("::1", Settings()).scan(range(port - 50, port + 50), later())
    assert port in result.open


def test_few_file_descriptors_are_enough(address: str, opened: set[int]) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(soft, 256), hard))
    try:
        result = Scanner(address, Settings()).scan({*range(30000, 31000), *opened}, later())
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert opened <= result.open
    assert not result.untried


def test_what_is_not_tried_in_time_is_said(address: str) -> None:
    result = Scanner(address, Settings()).scan(range(1, 3000), time.monotonic() - 1)
    assert len(result.untried) == 2999
    assert "time" in result.trouble


def test_a_full_queue_is_silent() -> None:
    # A listener whose queue is full drops connection attempts, as a filter does.
    with socket.socket() as listener, ExitStack() as stack:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        port = listener.getsockname()[1]
        for _ in range(4):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(("127.0.0.1", port))
        scanner = Scanner("127.0.0.1", Settings())
        scanner.wait = 0.2
        result = scanner.scan([port], later())
    assert result.silent == {port}


def test_an_address_without_a_route_is_untried() -> None:
    result = Scanner("2001:db8::1", Settings(connect_timeout=0.3)).scan([80], time.monotonic() + 5)
    assert not result.open
    assert not result.refused


def test_ranges() -> None:
    assert ranges([]) == ()
    assert ranges([5, 1, 2, 3, 9]) == ((1, 3), (5, 5), (9, 9))
