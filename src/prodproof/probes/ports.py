"""A full TCP scan, and the usual UDP services, of each address of a host that opted in."""

import asyncio
import time
from collections.abc import Iterable
from datetime import timedelta

from prodproof.facts import Proof, Reason, Survey, Unseen
from prodproof.facts.declared import Host, Permission
from prodproof.facts.ports import AddressPorts, Control, HostPorts, PortRange, UdpState
from prodproof.probes.probe import probe
from prodproof.reach.dns.udp import ask_all
from prodproof.reach.ports.scan import Scanned, Scanner, ranges
from prodproof.reach.ports.services import identify
from prodproof.reach.stream import is_loopback
from prodproof.reach.world import World

LAST = 65535
PARTS = 4
"""The scan is cut into parts; the controls are tried between them."""

SCAN_SECONDS = 540.0
TIME_LIMIT = 900.0
CLOSED_CANDIDATES = (64999, 64123, 63457)
"""Ports that hardly anything uses; the first one that is found closed is the control, if none is declared."""

GOOD_FOR = timedelta(days=1)


@probe(
    HostPorts,
    per=Host,
    proof=Proof.OUTSIDE,
    time_limit=TIME_LIMIT,
    permission=Permission.PORT_SCAN,
    reuse_for=timedelta(days=1),
)
async def observe(about: Host, world: World) -> Survey[HostPorts]:
    """Scan every address of the host, one after the other."""
    seen, lab = await _scan(about, world)
    return Survey(HostPorts, (world.outside(about.subject, seen, lab),))


async def _scan(host: Host, world: World) -> tuple[HostPorts | Unseen, bool]:
    addresses = host.addresses or await world.http.addresses(host.name)
    if isinstance(addresses, Unseen):
        return addresses, False
    lab = all(is_loopback(address) for address in addresses)
    deadline = time.monotonic() + SCAN_SECONDS
    looked = []
    for number, address in enumerate(addresses, 1):
        world.progress(f"ports of {host.name} at {address}")
        # What is left of the time is shared out among the addresses that are left.
        share = time.monotonic() + (deadline - time.monotonic()) / (len(addresses) - number + 1)
        looked.append(await scan_address(host, address, world, share))
    if all(item.unseen for item in looked):
        return looked[0].unseen or Unseen(Reason.UNREACHABLE, "not reached"), lab
    fact = HostPorts(host=host.name, addresses=tuple(looked), lab=lab)
    shown, shown_udp = _shown(fact.addresses)
    for other in world.declared.hosts:
        earlier = world.previous(HostPorts, other.subject)
        vantage = world.outside(other.subject, fact, lab).vantage
        if earlier is None or not isinstance(earlier.seen, HostPorts):
            continue
        if earlier.vantage == vantage and world.now - earlier.at <= GOOD_FOR:
            more, more_udp = _shown(earlier.seen.addresses)
            shown |= more
            shown_udp |= more_udp
    return (
        HostPorts(
            host=host.name,
            addresses=tuple(looked),
            shown=ranges(shown),
            shown_udp=tuple(sorted(shown_udp)),
            lab=lab,
        ),
        lab,
    )


def _shown(addresses: Iterable[AddressPorts]) -> tuple[set[int], set[int]]:
    """The ports on which somebody answered, TCP and UDP."""
    tcp: set[int] = set()
    udp: set[int] = set()
    for item in addresses:
        tcp |= {port.number for port in item.open} | numbers(item.refused)
        udp |= {port.number for port in item.udp if port.state is not UdpState.SILENT}
    return tcp, udp


def numbers(found: Iterable[PortRange]) -> set[int]:
    """The port numbers of ranges."""
    return {port for first, last in found for port in range(first, last + 1)}


async def scan_address(host: Host, address: str, world: World, deadline: float) -> AddressPorts:
    """Scan one address, with the controls before, during and after."""
    settings = world.settings
    scanner = Scanner(address, settings)
    total, controls = await asyncio.to_thread(_sweep, scanner, host, settings.connect_timeout, deadline)
    if not total.open and not total.refused:
        why = total.trouble or "no port answered, not even the control that must be open"
        reason = Reason.UNREACHABLE if total.trouble else Reason.TIMED_OUT
        return AddressPorts(address=address, unseen=Unseen(reason, f"{address}: {why}"))
    wait = 0.3 if is_loopback(address) else 2.0
    name = f"[{host.name}]" if ":" in host.name else host.name
    services, udp = await asyncio.gather(
        identify(address, tuple(sorted(total.open)), name, settings), ask_all(address, settings, wait)
    )
    return AddressPorts(
        address=address,
        open=services,
        refused=ranges(total.refused),
        silent=ranges(total.silent),
        untried=ranges(total.untried),
        udp=udp,
        controls=controls,
    )


def _sweep(scanner: Scanner, host: Host, longest: float, deadline: float) -> tuple[Scanned, tuple[Control, ...]]:
    open_port = host.control_open or min((port.number for port in host.ports if port.public), default=None)
    closed_port = host.control_closed or _closed_control(scanner, host, deadline)
    if open_port and (round_trip := scanner.round_trip(open_port)) is not None:
        scanner.fit_wait(round_trip, longest)
    tries: dict[int, list[bool]] = {port: [] for port in (open_port, closed_port) if port}

    def control() -> bool:
        for port, seen in tries.items():
            seen.append(scanner.is_open(port, deadline))
        return open_port is None or tries[open_port][-1]

    total = Scanned()
    control()
    step = LAST // PARTS + 1
    for start in range(1, LAST + 1, step):
        ports = range(start, min(start + step, LAST + 1))
        part = scanner.scan(ports, deadline)
        if not control() and tries[open_port or 0][0]:
            # The target or a device before it stopped answering: what was silent says nothing, so go slower once.
            scanner.slow_down()
            again = scanner.scan(sorted(part.silent), deadline)
            part.open |= again.open
            part.refused |= again.refused
            part.silent = again.silent | (part.silent & again.untried)
            if control():
                tries[open_port or 0][-2:] = [True]
        total.add(part)
    return total, tuple(
        Control(number=port, expected_open=port == open_port, open=tuple(seen)) for port, seen in tries.items()
    )


def _closed_control(scanner: Scanner, host: Host, deadline: float) -> int:
    declared = {port.number for port in host.ports}
    candidates = [port for port in CLOSED_CANDIDATES if port not in declared]
    return next((port for port in candidates if not scanner.is_open(port, deadline)), candidates[0])
