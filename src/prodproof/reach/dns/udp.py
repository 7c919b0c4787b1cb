"""The usual UDP services: each is asked what any client of it asks first."""

import asyncio
import socket
from dataclasses import dataclass

from prodproof.facts.ports import UdpPort, UdpState
from prodproof.reach.stream import family, source_for
from prodproof.reach.world import Settings

TRIES = 2


@dataclass(frozen=True)
class UdpService:
    """A service, and what it is asked."""

    port: int
    name: str
    message: bytes


SERVICES = (
    # A query for the root's name servers, id 0x7070.
    UdpService(53, "dns", bytes.fromhex("70700100000100000000000000000200 01")),
    UdpService(123, "ntp", b"\x23" + bytes(47)),
    # SNMP version 1, community "public", GetRequest for sysDescr.0.
    UdpService(
        161,
        "snmp",
        bytes.fromhex("302602010004067075626c6963a019020101020100020100300e300c06082b060102010101000500"),
    ),
    UdpService(11211, "memcached", bytes.fromhex("7070000000010000") + b"version\r\n"),
)


async def ask_all(address: str, settings: Settings, wait: float) -> tuple[UdpPort, ...]:
    """Ask every usual UDP service of an address.

    Args:
        wait: seconds for each of two tries.
    """
    return tuple(await asyncio.gather(*(_ask(address, service, settings, wait) for service in SERVICES)))


async def _ask(address: str, service: UdpService, settings: Settings, wait: float) -> UdpPort:
    loop = asyncio.get_running_loop()
    state = UdpState.SILENT
    with socket.socket(family(address), socket.SOCK_DGRAM) as sock:
        sock.setblocking(False)
        try:
            if source := source_for(address, settings):
                sock.bind((source, 0))
            sock.connect((address, service.port))
            for _ in range(TRIES):
                await loop.sock_sendall(sock, service.message)
                try:
                    async with asyncio.timeout(wait):
                        await loop.sock_recv(sock, 4096)
                except TimeoutError:
                    continue
                # Any answer shows that the port is served, even one that the service's own clients would refuse.
                state = UdpState.OPEN
                break
        except ConnectionRefusedError:
            state = UdpState.CLOSED
        except OSError:
            state = UdpState.SILENT
    return UdpPort(number=service.port, service=service.name, state=state)
