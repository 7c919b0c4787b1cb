"""Where every name of a declared zone leads, and what a visitor finds there."""

import asyncio
import secrets
from dataclasses import dataclass
from pathlib import Path

from prodproof.facts import Proof, Reason, Survey, Unseen
from prodproof.facts.declared import Zone
from prodproof.facts.dns import Lookup, NameSeen, Takeover, TargetSeen, ZoneNames
from prodproof.probes.probe import probe
from prodproof.reach.dns.resolver import Reply, Resolver
from prodproof.reach.dns.takeover import Service, service_of
from prodproof.reach.dns.zone_file import ListedName, names_of_list, names_of_zone_file, read_bounded
from prodproof.reach.http.client import HttpClient, is_public
from prodproof.reach.stream import is_loopback
from prodproof.reach.world import World

AT_ONCE = 24
MAX_VISITED_BODY = 128 * 1024
MAX_TARGETS = 16


@probe(ZoneNames, per=Zone, proof=Proof.OUTSIDE, time_limit=300.0)
async def observe(about: Zone, world: World) -> Survey[ZoneNames]:
    """Resolve every listed name and make a visitor's request to each that has an address."""
    source = about.file or about.names
    listed = _listed(about, world)
    if isinstance(listed, Unseen):
        return Survey(ZoneNames, (world.outside(about.subject, listed),))
    try:
        resolver = Resolver(world.settings, about.nameserver)
    except ValueError:
        wrong = Unseen(Reason.NOT_CONFIGURED, f"nameserver {about.nameserver!r} is not address:port")
        return Survey(ZoneNames, (world.outside(about.subject, wrong),))
    if not resolver.servers:
        return Survey(ZoneNames, (world.outside(about.subject, Unseen(Reason.NOT_CONFIGURED, "no name server")),))
    look = _Look(about, world, resolver)
    lab = bool(about.nameserver) and resolver.lab
    start = await resolver.ask(about.subject.name, "SOA")
    if start.unseen is not None:
        return Survey(ZoneNames, (world.outside(about.subject, start.unseen, lab),))
    names = await asyncio.gather(*(look.name(name, known) for name, known in sorted(listed.items())))
    fact = ZoneNames(zone=about.subject.name, source=source or "", names=tuple(names))
    return Survey(ZoneNames, (world.outside(about.subject, fact, lab),))


def _listed(zone: Zone, world: World) -> dict[str, ListedName] | Unseen:
    """The names to look at."""
    if world.declared.root is None or not (zone.file or zone.names):
        return Unseen(Reason.NOT_CONFIGURED, f"no zone data for {zone.name}: name a zone file or a list of names")
    root = Path(world.declared.root)
    apex = zone.subject.name
    found: dict[str, ListedName] = {apex: ListedName()}
    if zone.file:
        text = read_bounded(root / zone.file)
        parsed = text if isinstance(text, Unseen) else names_of_zone_file(text, apex)
        if isinstance(parsed, Unseen):
            return parsed
        found |= {name: listed for name, listed in parsed.items() if name == apex or name.endswith("." + apex)}
    if zone.names:
        text = read_bounded(root / zone.names)
        names = text if isinstance(text, Unseen) else names_of_list(text, apex)
        if isinstance(names, Unseen):
            return names
        found = {name: ListedName() for name in names} | found
    return found


@dataclass(frozen=True)
class _Visit:
    answers: bool | None = None
    answer: str = ""
    free: bool = False
    unseen: Unseen | None = None


class _Look:
    def __init__(self, zone: Zone, world: World, resolver: Resolver) -> None:
        self.zone = zone
        self.world = world
        self.resolver = resolver
        self.slots = asyncio.Semaphore(AT_ONCE)
        self.lab = bool(zone.nameserver) and resolver.lab
        self.declared = {address for host in world.declared.hosts for address in host.addresses}

    async def name(self, name: str, listed: ListedName) -> NameSeen:
        """Everything about one name."""
        kinds = listed.kinds
        async with self.slots:
            self.world.progress(f"DNS of {name}")
            asked = name.replace("*", f"prodproof-{secrets.token_hex(4)}", 1) if name.startswith("*.") else name
            apex = name == self.zone.subject.name
            reply = await self.resolver.addresses(asked)
            mail = await self._mail(asked) if apex or not kinds or "MX" in kinds else ()
            delegated = apex or not kinds or "NS" in kinds
            servers = await self._servers(asked, listed.servers) if delegated else ()
            service = service_of(reply.chain)
            visit = await self._visit(asked, reply, service)
        return NameSeen(
            name=name,
            lookup=reply.lookup,
            chain=reply.chain,
            addresses=reply.values,
            mail=mail,
            servers=servers,
            service=service.name if service else "",
            takeover=service.status if service else None,
            claimable_by_nxdomain=service.nxdomain if service else False,
            free=visit.free,
            answers=visit.answers,
            answer=visit.answer,
            visit_unseen=visit.unseen,
        )

    async def _mail(self, name: str) -> tuple[TargetSeen, ...]:
        reply = await self.resolver.ask(name, "MX")
        if reply.unseen:
            return (TargetSeen(name=f"the mail servers of {name}", lookup=reply.lookup),)
        found = []
        # The null MX of RFC 7505 says that the name takes no mail, on purpose.
        for target in sorted(set(reply.values) - {"", "."})[:MAX_TARGETS]:
            where = await self.resolver.addresses(target)
            found.append(TargetSeen(name=target, lookup=where.lookup, addresses=where.values))
        return tuple(found)

    async def _servers(self, name: str, listed: tuple[str, ...]) -> tuple[TargetSeen, ...]:
        # A resolver cannot name the servers of a delegation that is dead; the zone's own data can.
        reply = await self.resolver.ask(name, "NS")
        if reply.unseen and not listed:
            return (TargetSeen(name=f"the name servers of {name}", lookup=reply.lookup),)
        found = []
        for target in sorted({*(() if reply.chain else reply.values), *listed})[:MAX_TARGETS]:
            where = await self.resolver.addresses(target)
            serves = await self._serves(where, name)
            found.append(TargetSeen(name=target, lookup=where.lookup, addresses=where.values, serves=serves))
        return tuple(found)

    async def _serves(self, where: Reply, zone: str) -> Lookup | None:
        port = self.resolver.servers[0][1] if self.lab else 53
        outcomes = [
            await self.resolver.serves(address, zone, port) for address in where.values[:2] if self._allowed(address)
        ]
        if Lookup.FOUND in outcomes:
            return Lookup.FOUND
        return outcomes[0] if outcomes else None

    def _allowed(self, address: str) -> bool:
        return is_public(address) or address in self.declared or (self.lab and is_loopback(address))

    async def _visit(self, name: str, reply: Reply, service: Service | None) -> _Visit:
        """What any visitor gets under the name, over HTTP and HTTPS."""
        if reply.lookup is not Lookup.FOUND or any(label.startswith("_") for label in name.split(".")):
            return _Visit()
        declared = service is None and set(reply.values) <= self.declared
        if declared or (service is not None and service.status is Takeover.NOT_VULNERABLE):
            # Whatever answers there, it is accounted for, or cannot be claimed.
            return _Visit()
        address = next((item for item in reply.values if self._allowed(item)), None)
        if address is None:
            return _Visit()
        outcome = _Visit(answers=False)
        for scheme, port in zip(("http", "https"), self.world.settings.web_ports, strict=True):
            seen = await _get(self.world.http, f"{scheme}://{name}:{port}/", address)
            if isinstance(seen, Unseen):
                if seen.why is not Reason.UNREACHABLE and outcome.answers is False:
                    outcome = _Visit(answers=False, answer=seen.detail, unseen=seen)
                continue
            status, body = seen
            if service and any(text in body for text in service.fingerprints):
                return _Visit(True, f"{status} over {scheme}", free=True)
            outcome = _Visit(True, f"{status} over {scheme}")
        return outcome


async def _get(http: HttpClient, url: str, address: str) -> tuple[int, str] | Unseen:
    answer = await http.ask(url, address=address, unverified=True, max_body=MAX_VISITED_BODY)
    return answer if isinstance(answer, Unseen) else (answer.status, answer.text)
