"""Work that reaches one place alone: that place, and no other; and the same for the programs that it starts."""

import os
import socket
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from prodproof.reach import one_way
from prodproof.reach.one_way import Place, only_reaching
from prodproof.reach.world import Settings

NAME = "store.shop.example"
BODY = os.urandom(1 << 20)


class Store(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(BODY)))
        self.end_headers()
        self.wfile.write(BODY)

    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""


@pytest.fixture
def port() -> Iterator[int]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Store) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_address[1]
        server.shutdown()


@pytest.fixture
def other() -> Iterator[int]:
    """Another server of this machine: production."""
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        yield server.getsockname()[1]


def got(port: int) -> bytes:
    with urllib.request.urlopen(f"http://{NAME}:{port}/", timeout=20) as answer:
        body: bytes = answer.read()
    return body


def refused(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=5).close()
    except OSError:
        return True
    return False


needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root makes a network for one thread")


@needs_root
def test_the_store_is_reached_and_nothing_else(port: int, other: int) -> None:
    """By name; and what a program reaches that is started there is the same."""
    settings = Settings(resolve={NAME: "127.0.0.1"})
    script = f"import urllib.request as u; print(len(u.urlopen('http://{NAME}:{port}/', timeout=20).read()))"

    def work() -> tuple[bytes, bool, str]:
        child = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False)
        return got(port), refused(other), child.stdout.strip() or child.stderr

    seen = only_reaching([Place(NAME, port)], settings, work)
    if seen is None:
        pytest.skip("this machine lets no thread have a network of its own")
    body, away, child = seen
    assert body == BODY and away and child == str(len(BODY))
    assert not refused(other), "the machine itself has its network as before"
    with open("/etc/hosts", encoding="utf-8") as hosts:
        assert NAME not in hosts.read()


@needs_root
def test_addresses_beyond_this_machine_are_put_on_that_network() -> None:
    """Nobody answers there outside, so the connection ends at once, and is not refused by a missing route."""
    settings = Settings(resolve={NAME: "192.0.2.7", "six.shop.example": "2001:db8::7"})

    def work() -> list[str]:
        found = []
        for family, address in ((socket.AF_INET, "192.0.2.7"), (socket.AF_INET6, "2001:db8::7")):
            with socket.socket(family) as tried:
                tried.settimeout(5)
                tried.connect((address, 8443))
                found.append(tried.getpeername()[0])
        return found

    seen = only_reaching([Place(NAME, 8443), Place("six.shop.example", 8443)], settings, work)
    assert seen in (None, ["192.0.2.7", "2001:db8::7"])


@needs_root
def test_a_machine_without_ipv6_reaches_a_host_by_its_other_address(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """And a host that has no other is not reached at all: the work is not done, and nothing is left open."""
    listener = one_way._listener

    def without_ipv6(address: str, port: int) -> socket.socket:
        if ":" in address:
            raise OSError("Cannot assign requested address")
        return listener(address, port)

    monkeypatch.setattr(one_way, "_listener", without_ipv6)
    done: list[bytes] = []

    def work() -> bytes:
        done.append(got(port))
        return done[-1]

    both = {NAME: ("127.0.0.1", "2001:db8::7")}
    monkeypatch.setattr(one_way, "_addresses", lambda host, settings: both.get(host, ("2001:db8::8",)))
    seen = only_reaching([Place(NAME, port)], Settings(), work)
    if seen is None:
        pytest.skip("this machine lets no thread have a network of its own")
    assert seen == BODY and len(done) == 1
    assert only_reaching([Place(NAME, port), Place("six.shop.example", port)], Settings(), work) is None
    assert len(done) == 1


@needs_root
def test_what_the_work_raises_is_raised() -> None:
    def fails() -> None:
        raise ValueError("it did not work")

    with pytest.raises(ValueError, match="it did not work"):
        only_reaching([Place("127.0.0.1", 9)], Settings(), fails)


def test_without_a_place_that_has_an_address_nothing_is_done() -> None:
    done: list[int] = []
    assert only_reaching([], Settings(), lambda: done.append(1)) is None
    assert done == []


def test_how_a_place_is_written() -> None:
    assert [str(Place("a.example", 443)), str(Place("::1", 22))] == ["a.example:443", "[::1]:22"]


def test_what_goes_wrong_before_the_work_is_raised(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    def made(*_: object) -> None:
        raise ValueError("no address")

    monkeypatch.setattr(one_way, "_made", made)
    monkeypatch.setattr(one_way, "_addresses", lambda *_: ("127.0.0.1",))
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    with pytest.raises(ValueError, match="no address"):
        only_reaching((Place(NAME, port),), Settings(), lambda: None)
