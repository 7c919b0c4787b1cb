"""Outside is really outside: what the packet filter lets through, and that nothing of it is left."""

import asyncio
import os
import socket
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace

import pytest

from prodproof.range import namespaces
from prodproof.range.component import program_path
from prodproof.range.places import Form, Places, choose_places


def _why_not() -> str:
    if os.geteuid() != 0:
        return "needs root"
    missing = [name for name in ("ip", "nft") if program_path(name) is None]
    if missing:
        return f"not installed: {', '.join(missing)}"
    tried = subprocess.run(["unshare", "--net", "nft", "list", "ruleset"], capture_output=True, check=False)
    return "" if tried.returncode == 0 else "this machine does not allow network namespaces"


WHY_NOT = _why_not()
pytestmark = pytest.mark.skipif(bool(WHY_NOT), reason=WHY_NOT)


def places_of(identity: str) -> Places:
    return choose_places(Form.ISOLATED, identity, lambda network: True, lambda address, port: True)


@pytest.fixture
def places() -> Iterator[Places]:
    made = places_of(f"pp{os.urandom(4).hex()}")
    try:
        namespaces.create(made)
        yield made
    finally:
        namespaces.remove(made)


def listen(places: Places, address: str, port: int) -> socket.socket:
    return namespaces.run_in(places.inside_namespace, lambda: socket.create_server((address, port)))


def reaches(places: Places, source: str, address: str, port: int) -> bool:
    """Whether a connection from outside is taken. A refusal is the other answer; silence raises."""

    def connect() -> bool:
        try:
            socket.create_connection((address, port), timeout=3, source_address=(source, 0)).close()
        except ConnectionRefusedError:
            return False
        return True

    return namespaces.run_in(places.outside_namespace, connect)


def test_the_filter_lets_through_what_is_public_and_nothing_else(places: Places) -> None:
    targets = {
        (places.outside_of, places.https): (True, True),
        (places.outside_of, places.http): (True, True),
        (places.outside_of, places.ssh): (False, True),
        (places.outside_of, 6379): (False, False),
        (places.inside, 5432): (False, True),
        (places.inside, 8200): (False, True),
        (places.inside, places.https): (False, False),
        (places.name_server, places.dns): (True, True),
        (places.name_server, places.https): (False, False),
        (places.providers, places.http): (True, True),
    }
    with ExitStack() as listening:
        for address, port in targets:
            listening.enter_context(listen(places, address, port))
        for (address, port), (for_the_vantage, for_the_office) in targets.items():
            assert reaches(places, places.vantage, address, port) is for_the_vantage, (address, port)
            assert reaches(places, places.office, address, port) is for_the_office, (address, port)

        namespaces.load_filter(places, f"ip daddr {places.outside_of} tcp dport 6379 accept")
        assert reaches(places, places.vantage, places.outside_of, 6379)
        namespaces.load_filter(places)
        assert not reaches(places, places.vantage, places.outside_of, 6379)


def test_datagrams_reach_the_name_server_and_nothing_else(places: Places) -> None:
    def serve(address: str, port: int) -> socket.socket:
        made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        made.bind((address, port))
        made.settimeout(3)
        return made

    def ask(address: str, port: int, wait: float) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
            asking.bind((places.vantage, 0))
            asking.settimeout(wait)
            asking.connect((address, port))
            asking.send(b"hello")
            # The refusal comes back to a connected socket.
            asking.recv(16)

    memcached = (places.outside_of, 11211)
    names = (places.name_server, places.dns)
    with ExitStack() as listening:
        server = listening.enter_context(namespaces.run_in(places.inside_namespace, lambda: serve(*names)))
        listening.enter_context(namespaces.run_in(places.inside_namespace, lambda: serve(*memcached)))
        with pytest.raises(ConnectionRefusedError):
            namespaces.run_in(places.outside_namespace, lambda: ask(*memcached, wait=3))
        with pytest.raises(TimeoutError):
            namespaces.run_in(places.outside_namespace, lambda: ask(*names, wait=0.1))
        assert server.recv(16) == b"hello"


def test_threads_event_loops_and_processes_are_in_the_namespace(places: Places) -> None:
    async def addresses() -> tuple[str, str]:
        process = await asyncio.create_subprocess_exec("ip", "-brief", "address", stdout=asyncio.subprocess.PIPE)
        started, _ = await process.communicate()
        in_thread = await asyncio.to_thread(lambda: os.readlink("/proc/thread-self/ns/net"))
        return started.decode(), in_thread

    seen, thread = namespaces.run_in(places.outside_namespace, lambda: asyncio.run(addresses()))
    assert places.vantage in seen
    assert places.outside_of not in seen
    assert thread == namespaces.run_in(places.outside_namespace, lambda: os.readlink("/proc/thread-self/ns/net"))
    assert thread != os.readlink("/proc/thread-self/ns/net")


def test_what_goes_wrong_inside_arrives_outside(places: Places) -> None:
    def fail() -> None:
        raise ValueError("inside")

    with pytest.raises(ValueError, match="inside"):
        namespaces.run_in(places.inside_namespace, fail)
    with pytest.raises(FileNotFoundError):
        namespaces.run_in(f"{places.inside_namespace}-gone", os.getpid)


def test_two_ranges_do_not_see_each_other_and_leave_nothing() -> None:
    def left() -> set[str]:
        shown = subprocess.run(["ip", "-brief", "link"], capture_output=True, text=True, check=True).stdout
        names = subprocess.run(["ip", "netns", "list"], capture_output=True, text=True, check=True).stdout
        return {line.split()[0] for line in (*shown.splitlines(), *names.splitlines()) if line.split()}

    one, other = places_of(f"pp{os.urandom(4).hex()}"), places_of(f"pp{os.urandom(4).hex()}")
    mine = {one.inside_namespace, one.outside_namespace, other.inside_namespace, other.outside_namespace}
    rules = subprocess.run(["nft", "list", "ruleset"], capture_output=True, text=True, check=True).stdout
    try:
        namespaces.create(one)
        namespaces.create(other)
        assert mine <= left()
        with listen(one, one.outside_of, one.https):
            assert reaches(one, one.vantage, one.outside_of, one.https)
            assert not reaches(other, other.vantage, other.outside_of, other.https)
    finally:
        namespaces.remove(one)
        namespaces.remove(other)
    assert not {name for name in left() if any(str(place).removesuffix("-in")[:10] in name for place in mine)}
    assert subprocess.run(["nft", "list", "ruleset"], capture_output=True, text=True, check=True).stdout == rules
    # Whoever stops a range twice finds nothing to do.
    namespaces.remove(one)


def test_a_half_made_range_is_removed() -> None:
    broken = replace(places_of(f"pp{os.urandom(4).hex()}"), outside_of="no address")
    try:
        with pytest.raises(Exception, match="the network namespaces could not be made"):
            namespaces.create(broken)
    finally:
        namespaces.remove(broken)
    assert not os.path.exists(f"/run/netns/{broken.inside_namespace}")
    assert not os.path.exists(f"/run/netns/{broken.outside_namespace}")
