"""What the TLS ports of entry points and hosts accept and serve, at every address of each name."""

import asyncio
from dataclasses import dataclass, replace
from ipaddress import ip_address
from urllib.parse import urlsplit

from prodproof.facts import Observation, Proof, Reason, Subject, Survey, Unseen, lost
from prodproof.facts.declared import Declared, Host
from prodproof.facts.ports import HostPorts
from prodproof.facts.tls import SeenCertificate, TlsAddress, TlsEndpoint
from prodproof.probes.probe import probe
from prodproof.reach.stream import is_loopback
from prodproof.reach.tls.endpoint import Target, examine
from prodproof.reach.tls.starttls import BY_PORT
from prodproof.reach.world import World

MAX_HISTORY = 24
AT_ONCE = 8
"""TLS ports that are looked at at the same time."""

NO_PLACE = "no https:// entry point and no public port of a host is declared for this environment"

_UPGRADES = {"postgresql": "postgres", "smtp": "smtp", "imap": "imap", "pop3": "pop3", "ftp": "ftp"}
"""How TLS begins with a service that a port scan has identified."""


@dataclass(frozen=True)
class Place:
    """A port that is to be looked at."""

    host: str
    port: int
    addresses: tuple[str, ...] = ()
    """Declared addresses; empty: what the name resolves to."""

    starttls: str | None = None
    must_be_tls: bool = False
    """An HTTPS entry point: no TLS there is a failure to look, not an answer."""

    @property
    def subject(self) -> Subject:
        shown = f"[{self.host}]" if ":" in self.host else self.host
        return Subject("host", shown if self.port == 443 else f"{shown}:{self.port}")

    @property
    def name(self) -> str | None:
        """What Server Name Indication says."""
        try:
            ip_address(self.host)
        except ValueError:
            return self.host
        return None


@probe(TlsEndpoint, per=Declared, proof=Proof.OUTSIDE, time_limit=240.0, visitor=True, after=(HostPorts,))
async def observe(about: Declared, world: World) -> Survey[TlsEndpoint]:
    """Look at every HTTPS entry point, every declared public port, and each port that an earlier scan found open."""
    places = places_of(about, world)
    if not places:
        return lost(TlsEndpoint, Reason.NOT_DECLARED, NO_PLACE)
    slots = asyncio.Semaphore(AT_ONCE)

    async def one(place: Place) -> Observation[TlsEndpoint]:
        async with slots:
            world.progress(f"TLS of {place.subject.name}")
            seen, lab = await _look(place, world)
            return world.outside(place.subject, seen, lab)

    return Survey(TlsEndpoint, tuple(await asyncio.gather(*(one(place) for place in places))))


def places_of(declared: Declared, world: World) -> tuple[Place, ...]:
    """Every port that is looked at, one for each subject."""
    found: dict[Subject, Place] = {}
    for entry in declared.entry_points:
        parts = urlsplit(entry.url)
        if parts.scheme == "https" and parts.hostname:
            place = Place(parts.hostname, parts.port or 443, must_be_tls=True)
            found.setdefault(place.subject, place)
    for host in declared.hosts:
        for number, upgrade in sorted(_ports(host, world).items()):
            place = Place(host.name.lower().strip("[]"), number, host.addresses, upgrade)
            found.setdefault(place.subject, place)
    return tuple(found.values())


def _ports(host: Host, world: World) -> dict[int, str | None]:
    ports = {port.number: BY_PORT.get(port.number) for port in host.ports if port.public}
    scan = world.previous(HostPorts, host.subject)
    if scan is not None and isinstance(scan.seen, HostPorts):
        for item in (port for address in scan.seen.addresses for port in address.open):
            ports[item.number] = None if item.tls else _UPGRADES.get(item.service, BY_PORT.get(item.number))
    return ports


async def _look(place: Place, world: World) -> tuple[TlsEndpoint | Unseen, bool]:
    addresses = place.addresses or await world.http.addresses(place.host)
    if isinstance(addresses, Unseen):
        return addresses, False
    lab = all(is_loopback(address) for address in addresses)
    targets = [Target(address, place.port, place.name, place.starttls) for address in addresses]
    looked = tuple(await asyncio.gather(*(examine(target, world.settings) for target in targets)))
    if all(item.unseen is not None for item in looked):
        assert looked[0].unseen is not None
        return looked[0].unseen, lab
    if place.must_be_tls and not any(item.speaks_tls for item in looked if item.unseen is None):
        return Unseen(Reason.UNREACHABLE, "answers, but not in TLS"), lab
    fact = TlsEndpoint(host=place.host, port=place.port, starttls=place.starttls, addresses=looked)
    return with_history(fact, place.subject, world), lab


def with_history(fact: TlsEndpoint, subject: Subject, world: World) -> TlsEndpoint:
    """Carry the leaf certificates of earlier looks forward, and add those of this one."""
    earlier = world.previous(TlsEndpoint, subject)
    known = list(earlier.seen.seen_certificates) if earlier and isinstance(earlier.seen, TlsEndpoint) else []
    for leaf in _leaves(fact.addresses, world):
        if all(leaf.serial != item.serial for item in known):
            known.append(leaf)
    return replace(fact, seen_certificates=tuple(known[-MAX_HISTORY:]))


def _leaves(addresses: tuple[TlsAddress, ...], world: World) -> list[SeenCertificate]:
    return [
        SeenCertificate(
            serial=leaf.serial,
            not_before=leaf.not_before,
            not_after=leaf.not_after,
            issuer_organization=leaf.issuer_organization,
            first_seen=world.now,
        )
        for address in addresses
        for chain in address.chains
        for leaf in chain.certificates[:1]
    ]
