"""Which declared entry points answer, and which names beside them that nobody declared."""

from urllib.parse import urlsplit

from prodproof.facts import Observation, Proof, Reason, Subject, Survey, Unseen, lost
from prodproof.facts.declared import Declared
from prodproof.facts.dns import ZoneNames
from prodproof.facts.entry import EntryPointSeen, Response
from prodproof.facts.names import same_site
from prodproof.probes.probe import probe
from prodproof.reach.http.client import DEFAULT_PORT, Door, Exchange, authority_of
from prodproof.reach.tls.names import names_in
from prodproof.reach.world import World

MAX_FOUND = 60


@probe(EntryPointSeen, per=Declared, proof=Proof.OUTSIDE, visitor=True, time_limit=180, after=(ZoneNames,))
async def observe(about: Declared, world: World) -> Survey[EntryPointSeen]:
    """Ask each declared entry point, and each name that its certificate or a zone adds."""
    if not about.entry_points:
        return lost(EntryPointSeen, Reason.NOT_DECLARED, "no entry point is declared for this environment")
    seen: dict[str, tuple[EntryPointSeen, bool]] = {}
    found: dict[str, str] = {}
    for point in about.entry_points:
        world.progress(point.url)
        answer = await world.http.ask(point.url, unverified=True)
        seen[point.url] = (await _seen(point.url, "declared", answer, world), _lab(answer))
        if isinstance(answer, Exchange) and answer.certificate:
            host = (urlsplit(point.url).hostname or "").lower()
            for name in names_in(answer.certificate):
                if same_site(name, host):
                    port = urlsplit(point.url).port
                    found.setdefault(f"https://{name}{f':{port}' if port else ''}", f"the certificate of {host}")
    found |= _of_zones(world)
    # Whoever types a URL has declared that one, and none of the names beside it.
    others = {} if about.visitor else _undeclared(found, about)
    for url, source in sorted(others.items())[:MAX_FOUND]:
        answer = await world.http.ask(url, unverified=True, max_body=4096)
        seen[url] = (await _seen(url, source, answer, world), _lab(answer))
    return Survey(EntryPointSeen, tuple(_observations(seen, world)))


def _observations(seen: dict[str, tuple[EntryPointSeen, bool]], world: World) -> "list[Observation[EntryPointSeen]]":
    answering = {url for url, (item, _) in seen.items() if item.response is Response.ANSWERS}
    observations = []
    for url, (item, lab) in seen.items():
        controlled = EntryPointSeen(
            url=item.url,
            source=item.source,
            response=item.response,
            detail=item.detail,
            status=item.status,
            control=bool(answering - {url}),
        )
        observations.append(world.outside(Subject("host", authority_of(url)), controlled, lab=lab))
    return observations


async def _seen(url: str, source: str, answer: Exchange | Unseen, world: World) -> EntryPointSeen:
    if isinstance(answer, Exchange):
        return EntryPointSeen(url=url, source=source, response=Response.ANSWERS, status=answer.status)
    response = await _without_answer(url, answer, world)
    return EntryPointSeen(url=url, source=source, response=response, detail=answer.detail)


async def _without_answer(url: str, why: Unseen, world: World) -> Response:
    if world.http.proxied(url):
        return Response.OTHER
    parts = urlsplit(url)
    doors = await world.http.door(parts.hostname or "", parts.port or DEFAULT_PORT[parts.scheme])
    if isinstance(doors, Unseen):
        return Response.NO_NAME if doors.why is Reason.UNREACHABLE else Response.OTHER
    if Door.OPEN in doors.values():
        # Something listens, whatever it speaks: the entry point is there.
        return Response.ANSWERS
    if all(door is Door.REFUSED for door in doors.values()):
        return Response.REFUSED
    return Response.SILENT if Door.SILENT in doors.values() else Response.OTHER


def _of_zones(world: World) -> dict[str, str]:
    found = {}
    for zone in world.declared.zones:
        earlier = world.previous(ZoneNames, zone.subject)
        if earlier is None or not isinstance(earlier.seen, ZoneNames):
            continue
        for name in earlier.seen.names:
            if name.answers and not name.name.startswith("*."):
                found[f"https://{name.name}"] = f"the zone {earlier.seen.zone}"
    return found


def _undeclared(found: dict[str, str], declared: Declared) -> dict[str, str]:
    points = (*declared.all_entry_points, *declared.entry_points)
    known = {(urlsplit(point.url).hostname or "").lower() for point in points}
    known |= {host.name.lower() for host in (*declared.all_hosts, *declared.hosts)}
    return {url: source for url, source in found.items() if (urlsplit(url).hostname or "") not in known}


def _lab(answer: Exchange | Unseen) -> bool:
    return isinstance(answer, Exchange) and answer.lab
