"""Work that reaches the places it is given, and nothing else: a restore from a store that only the network leads to.

It is done in a thread with a network of its own. The addresses of the places are put on that network's loopback, and
what connects to them there is handed on by threads that stayed outside; names stand in a hosts file that only this
thread and its programs see. Sources: unshare(2), network_namespaces(7), mount_namespaces(7), netdevice(7), hosts(5).
"""

import asyncio
import ctypes
import fcntl
import ipaddress
import os
import queue
import socket
import struct
import tempfile
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TypeVar

from prodproof.facts import Unseen
from prodproof.reach.address import addresses_of
from prodproof.reach.world import Settings

_NEW_NETWORK, _NEW_MOUNTS = 0x40000000, 0x00020000
"""unshare(2)."""

_PRIVATE, _BIND = 0x4000 | 1 << 18, 0x1000
"""mount(2): MS_REC | MS_PRIVATE, MS_BIND."""

_SET_FLAGS, _SET_ADDRESS, _SET_MASK = 0x8914, 0x8916, 0x891C
"""netdevice(7): SIOCSIFFLAGS, SIOCSIFADDR, SIOCSIFNETMASK."""

_UP = 1
_CONNECT_SECONDS = 20.0
_PIECE = 1 << 18
HOSTS = "/etc/hosts"

Out = TypeVar("Out")


@dataclass(frozen=True, order=True)
class Place:
    """One TCP port of one host."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def only_reaching(places: Sequence[Place], settings: Settings, work: Callable[[], Out]) -> Out | None:
    """Do something where it reaches these places alone, and so do the programs that it starts.

    Returns:
        What it gave; None where this machine does not allow it (only root may) or a network cannot be made that way:
        then nothing was done. Raises what `work` raises.
    """
    addresses = {place.host: _addresses(place.host, settings) for place in places}
    if os.geteuid() != 0 or not any(addresses.values()):
        return None
    results: list[Out] = []
    errors: list[BaseException] = []
    ready: queue.Queue[list[tuple[socket.socket, str, int]] | None] = queue.Queue()
    handed_on = threading.Event()

    def apart() -> None:
        listening = None
        try:
            listening = _made(places, addresses)
        except OSError:
            return
        except BaseException as error:  # handed on to the caller's thread
            errors.append(error)
            return
        finally:
            ready.put(listening)
        handed_on.wait()
        try:
            results.append(work())
        except BaseException as error:
            errors.append(error)

    thread = threading.Thread(target=apart, daemon=True)
    thread.start()
    listening = ready.get()
    if listening is None:
        thread.join()
        if errors:
            raise errors[0]
        return None
    opened: list[socket.socket] = []
    for listener, address, port in listening:
        threading.Thread(target=_hand_on, args=(listener, (address, port), opened), daemon=True).start()
    handed_on.set()
    thread.join()
    for one in (*(item[0] for item in listening), *opened):
        _end(one)
    if errors:
        raise errors[0]
    return results[0]


def _addresses(host: str, settings: Settings) -> tuple[str, ...]:
    found = asyncio.run(addresses_of(host, settings))
    return () if isinstance(found, Unseen) else found


# ---- inside


def _made(places: Sequence[Place], addresses: Mapping[str, Sequence[str]]) -> list[tuple[socket.socket, str, int]]:
    """The network and the hosts file of this thread, and a listener for each address. Raises OSError."""
    libc = ctypes.CDLL(None, use_errno=True)
    _checked(libc.unshare(_NEW_NETWORK | _NEW_MOUNTS))
    _checked(libc.mount(b"none", b"/", None, _PRIVATE, None))
    lines = "".join(f"{one} {host}\n" for host, found in addresses.items() for one in found)
    with suppress(OSError), open(HOSTS, encoding="utf-8", errors="replace") as known:
        lines += known.read()  # of two lines with one name, the first counts
    with tempfile.NamedTemporaryFile("w", encoding="utf-8") as file:
        file.write(lines)
        file.flush()
        os.chmod(file.name, 0o644)
        _checked(libc.mount(os.fsencode(file.name), HOSTS.encode(), None, _BIND, None))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as channel:
        fcntl.ioctl(channel, _SET_FLAGS, struct.pack("16sh14x", b"lo", _UP))
        named = sorted({one for found in addresses.values() for one in found})
        for number, address in enumerate(named):
            with suppress(OSError):  # then nothing can listen there, which is seen below
                _put_on(channel, address, number)
    listening: dict[tuple[str, int], socket.socket] = {}
    for wanted in sorted({(address, place.port) for place in places for address in addresses[place.host]}):
        with suppress(OSError):
            listening[wanted] = _listener(*wanted)
    # A host needs one of its addresses only: a machine without IPv6 leaves those out.
    with_address = [(place.port, addresses[place.host]) for place in places if addresses[place.host]]
    if not all(any((one, port) in listening for one in found) for port, found in with_address):
        for listener in listening.values():
            listener.close()
        raise OSError("an address cannot be listened at")
    return [(listener, *where) for where, listener in listening.items()]


def _put_on(channel: socket.socket, address: str, number: int) -> None:
    given = ipaddress.ip_address(address)
    if given.is_loopback:
        return
    if given.version == 6:
        with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as other:
            fcntl.ioctl(other, _SET_ADDRESS, struct.pack("16sIi", given.packed, 128, socket.if_nametoindex("lo")))
        return
    name = f"lo:{number}".encode()
    for order, value in ((_SET_ADDRESS, given.packed), (_SET_MASK, b"\xff" * 4)):
        fcntl.ioctl(channel, order, struct.pack("16sHH4s8x", name, socket.AF_INET, 0, value))


def _listener(address: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    made = socket.socket(family, socket.SOCK_STREAM)
    try:
        made.bind((address, port))
        made.listen(64)
    except OSError:
        made.close()
        raise
    return made


def _checked(result: int) -> None:
    if result != 0:
        raise OSError(ctypes.get_errno(), "this machine does not allow it")


# ---- outside


def _hand_on(listener: socket.socket, to: tuple[str, int], opened: list[socket.socket]) -> None:
    while True:
        try:
            inner, _ = listener.accept()
        except OSError:
            return  # it is over
        opened.append(inner)
        threading.Thread(target=_join, args=(inner, to, opened), daemon=True).start()


def _join(inner: socket.socket, to: tuple[str, int], opened: list[socket.socket]) -> None:
    try:
        outer = socket.create_connection(to, timeout=_CONNECT_SECONDS)
    except OSError:
        _end(inner)
        return
    outer.settimeout(None)
    opened.append(outer)
    back = threading.Thread(target=_copy, args=(outer, inner), daemon=True)
    back.start()
    _copy(inner, outer)
    back.join()
    _end(inner)
    _end(outer)


def _copy(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while piece := source.recv(_PIECE):
            sink.sendall(piece)
    with suppress(OSError):
        sink.shutdown(socket.SHUT_WR)


def _end(one: socket.socket) -> None:
    with suppress(OSError):
        one.shutdown(socket.SHUT_RDWR)  # wakes whoever waits for it
    one.close()
